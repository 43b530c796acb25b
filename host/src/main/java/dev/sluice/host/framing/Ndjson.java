package dev.sluice.host.framing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.sluice.api.Event;
import io.vertx.core.buffer.Buffer;

/** How an event is spelled as a line of NDJSON. */
final class Ndjson {
    static final String MEDIA_TYPE = "application/x-ndjson";

    private Ndjson() {}

    static void encode(Event event, Buffer out) {
        String data = event.data();
        if (!data.isBlank()) {
            out.appendString(isOneLine(data) ? data : inOneLine(event)).appendByte((byte) '\n');
        }
    }

    private static boolean isOneLine(String data) {
        return data.indexOf('\n') < 0 && data.indexOf('\r') < 0;
    }

    private static String inOneLine(Event event) {
        JsonNode tree = event.json();
        return tree.isMissingNode() ? TextNode.valueOf(event.data()).toString() : tree.toString();
    }
}
