package dev.sluice.plugins.cache;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.sluice.api.ConfigException;
import dev.sluice.api.Event;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Higress's answers from the cache: a frame of the config's own around the text. Immutable. */
final class Templates {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final @Nullable String whole;
    private final @Nullable String stream;

    private Templates(@Nullable String whole, @Nullable String stream) {
        this.whole = whole;
        this.stream = stream;
    }

    /** Those templates; null if neither is given. */
    static @Nullable Templates of(@Nullable String whole, @Nullable String stream) {
        if (whole == null && stream == null) {
            return null;
        }
        Templates made = new Templates(whole, stream);
        String sample = "\"quoted\" \\ \n text";
        if (whole != null) {
            check("responseTemplate", made.whole(sample));
        }
        if (stream != null) {
            List<Event> events = made.events(sample);
            if (events == null || events.isEmpty()) {
                throw new ConfigException(
                        "streamResponseTemplate", "it has no event: begin a line with 'data:' and end it with two \\n");
            }
            events.forEach(event -> check("streamResponseTemplate", event.data()));
        }
        return made;
    }

    private static void check(String field, @Nullable String json) {
        try {
            JsonNode unused = MAPPER.readTree(json);
        } catch (JsonProcessingException e) {
            throw new ConfigException(
                    field,
                    "with a text in place of %s it is no JSON (" + e.getOriginalMessage()
                            + "): put the %s between quotes, they are not added");
        }
    }

    /** The JSON of a whole answer with this text; null: no template for it. */
    @Nullable
    String whole(String text) {
        return whole == null ? null : whole.replace("%s", escaped(text));
    }

    /** The events of a streamed answer with this text; null: no template for it. */
    @Nullable
    List<Event> events(String text) {
        if (stream == null) {
            return null;
        }
        List<Event> events = new ArrayList<>();
        stream.lines()
                .filter(line -> line.startsWith("data:"))
                .map(line -> line.substring("data:".length()).strip())
                .filter(data -> !data.equals("[DONE]"))
                .forEach(data -> events.add(Event.data(data.replace("%s", escaped(text)))));
        return events;
    }

    private static String escaped(String text) {
        String quoted = TextNode.valueOf(text).toString();
        return quoted.substring(1, quoted.length() - 1);
    }
}
