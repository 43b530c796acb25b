package dev.sluice.host.log;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.StringWriter;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The access log: one JSON object a line for each exchange, with what filters noted under {@code ai_log}. Goes to the
 * logger {@value #LOGGER}, whose appender writes off the event loops. Thread-safe.
 */
public final class AccessLog {

    /** The logger's name. */
    public static final String LOGGER = "dev.sluice.access";

    /**
     * One line.
     *
     * @param query never logged as it stands, since keys travel in it: only whether there was one
     * @param provider the last try's; null if there was none
     * @param model the model's name on the wire in the last try; null if there was none
     * @param upstreamRequestId the provider's own id for the request, or null
     * @param notes what filters noted
     * @param fields further fields, none of them of {@link #FIELDS}
     */
    public record Line(
            Instant time,
            String id,
            String remoteAddress,
            String method,
            String path,
            boolean query,
            String route,
            int status,
            boolean cancelled,
            long millis,
            long firstEventMillis,
            long bytesSent,
            int tries,
            String source,
            @Nullable String provider,
            @Nullable String model,
            @Nullable String upstreamRequestId,
            Map<String, Object> notes,
            Map<String, Object> fields) {}

    /** The names of a line's own fields. */
    public static final Set<String> FIELDS = Set.of(
            "time",
            "id",
            "client",
            "method",
            "path",
            "route",
            "status",
            "cancelled",
            "ms",
            "first_event_ms",
            "bytes",
            "tries",
            "source",
            "provider",
            "model",
            "upstream_id",
            "ai_log");

    private static final JsonFactory JSON = new ObjectMapper().getFactory();
    private final Logger logger = LoggerFactory.getLogger(LOGGER);

    /** Whether lines are wanted at all. */
    public boolean isOn() {
        return logger.isInfoEnabled();
    }

    /** Writes a line. */
    public void write(Line line) {
        StringWriter out = new StringWriter(256);
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("time", line.time.toString());
            json.writeStringField("id", line.id);
            json.writeStringField("client", line.remoteAddress);
            json.writeStringField("method", line.method);
            json.writeStringField("path", line.query ? line.path + "?…" : line.path);
            json.writeStringField("route", line.route);
            json.writeNumberField("status", line.status);
            if (line.cancelled) {
                json.writeBooleanField("cancelled", true);
            }
            json.writeNumberField("ms", line.millis);
            if (line.firstEventMillis >= 0) {
                json.writeNumberField("first_event_ms", line.firstEventMillis);
            }
            json.writeNumberField("bytes", line.bytesSent);
            json.writeNumberField("tries", line.tries);
            json.writeStringField("source", line.source);
            if (line.provider != null) {
                json.writeStringField("provider", line.provider);
            }
            if (line.model != null) {
                json.writeStringField("model", line.model);
            }
            if (line.upstreamRequestId != null) {
                json.writeStringField("upstream_id", line.upstreamRequestId);
            }
            if (!line.notes.isEmpty()) {
                json.writeObjectFieldStart("ai_log");
                for (Map.Entry<String, Object> note : line.notes.entrySet()) {
                    json.writeFieldName(note.getKey());
                    writeValue(json, note.getValue());
                }
                json.writeEndObject();
            }
            for (Map.Entry<String, Object> field : line.fields.entrySet()) {
                json.writeFieldName(field.getKey());
                writeValue(json, field.getValue());
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new AssertionError("no I/O on a string", e);
        }
        logger.info(out.toString());
    }

    private static void writeValue(JsonGenerator json, Object value) throws IOException {
        if (value instanceof JsonNode tree) {
            json.writeTree(tree);
        } else if (value instanceof Boolean b) {
            json.writeBoolean(b);
        } else if (value instanceof Double || value instanceof Float) {
            json.writeNumber(((Number) value).doubleValue());
        } else if (value instanceof Number n) {
            json.writeNumber(n.longValue());
        } else {
            json.writeString(String.valueOf(value));
        }
    }
}
