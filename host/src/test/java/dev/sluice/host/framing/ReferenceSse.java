package dev.sluice.host.framing;

import dev.sluice.api.Event;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** WHATWG's algorithm over a whole stream, word for word and slow; what decides in random tests. */
final class ReferenceSse {
    private ReferenceSse() {}

    static List<Event> parse(byte[] stream) {
        String text = new String(stream, StandardCharsets.UTF_8);
        if (text.startsWith("\uFEFF")) {
            text = text.substring(1);
        }
        List<Event> events = new ArrayList<>();
        StringBuilder data = new StringBuilder();
        String name = "";
        String id = null;
        Duration retry = null;
        for (String line : (text + "\n\n").split("\r\n|\r|\n", -1)) {
            if (line.isEmpty()) {
                if (data.length() > 0) {
                    Event event = Event.data(data.substring(0, data.length() - 1));
                    event = name.isEmpty() ? event : event.name(name);
                    event = id == null ? event : event.id(id);
                    events.add(retry == null ? event : event.retry(retry));
                }
                data.setLength(0);
                name = "";
                id = null;
                retry = null;
                continue;
            }
            int colon = line.indexOf(':');
            String field = colon < 0 ? line : line.substring(0, colon);
            String value = colon < 0 ? "" : line.substring(colon + 1);
            if (value.startsWith(" ")) {
                value = value.substring(1);
            }
            switch (field) {
                case "data" -> data.append(value).append('\n');
                case "event" -> name = value;
                case "id" -> id = value.indexOf('\0') < 0 ? value : id;
                case "retry" -> retry = value.matches("[0-9]{1,15}") ? Duration.ofMillis(Long.parseLong(value)) : retry;
                default -> {}
            }
        }
        return events;
    }
}
