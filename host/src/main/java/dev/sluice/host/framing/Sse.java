package dev.sluice.host.framing;

import dev.sluice.api.Event;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How an event is spelled as a server-sent event. */
final class Sse {
    static final String MEDIA_TYPE = "text/event-stream";

    private Sse() {}

    static void encode(Event event, Buffer out) {
        out.appendString(fields(event.name(), event.id(), event.retry()));
        byte[] bare = event.frame(Framing.BARE);
        byte[] data = bare != null ? bare : event.data().getBytes(StandardCharsets.UTF_8);
        int line = 0;
        for (int i = 0; i < data.length; i++) {
            if (data[i] == '\n' || data[i] == '\r') {
                appendData(out, data, line, i);
                if (data[i] == '\r' && i + 1 < data.length && data[i + 1] == '\n') {
                    i++;
                }
                line = i + 1;
            }
        }
        appendData(out, data, line, data.length);
        out.appendByte((byte) '\n');
    }

    private static void appendData(Buffer out, byte[] data, int from, int to) {
        out.appendString("data: ").appendBytes(data, from, to - from).appendByte((byte) '\n');
    }

    /** The lines of an event that stand before its data; an empty name is none. */
    static String fields(@Nullable String name, @Nullable String id, @Nullable Duration retry) {
        if (name == null && id == null && retry == null) {
            return "";
        }
        StringBuilder fields = new StringBuilder();
        if (name != null && !name.isEmpty()) {
            fields.append("event: ").append(oneLine("name", name)).append('\n');
        }
        if (id != null) {
            fields.append("id: ").append(oneLine("id", id)).append('\n');
        }
        if (retry != null) {
            fields.append("retry: ").append(retry.toMillis()).append('\n');
        }
        return fields.toString();
    }

    private static String oneLine(String what, String value) {
        if (value.indexOf('\n') >= 0 || value.indexOf('\r') >= 0) {
            throw new IllegalArgumentException("an event's " + what + " must hold no line end");
        }
        return value;
    }
}
