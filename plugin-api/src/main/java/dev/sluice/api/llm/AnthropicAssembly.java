package dev.sluice.api.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Event;
import java.util.Map;
import java.util.TreeMap;

/** Puts the events of an Anthropic stream together into the message they amount to. */
final class AnthropicAssembly extends Chats.Assembly {
    private final ObjectNode message =
            DialectView.NODES.objectNode().put("type", "message").put("role", "assistant");
    private final Map<Integer, Block> blocks = new TreeMap<>();

    @Override
    public void add(Event event) {
        JsonNode data = event.json();
        switch (AnthropicMessages.type(event)) {
            case "message_start" -> {
                if (data.path("message") instanceof ObjectNode start) {
                    message.setAll(start.deepCopy());
                }
            }
            case "content_block_start" -> {
                if (data.path("content_block") instanceof ObjectNode start) {
                    blocks.put(data.path("index").asInt(0), new Block(start.deepCopy()));
                }
            }
            case "content_block_delta" -> {
                Block block = blocks.get(data.path("index").asInt(0));
                if (block != null) {
                    block.add(data.path("delta"));
                }
            }
            case "message_delta" -> {
                data.path("delta").properties().forEach(field -> message.set(field.getKey(), field.getValue()));
                ObjectNode usage =
                        message.path("usage") instanceof ObjectNode there ? there : message.putObject("usage");
                data.path("usage").properties().forEach(field -> usage.set(field.getKey(), field.getValue()));
            }
            default -> {}
        }
    }

    @Override
    public ObjectNode tree() {
        ArrayNode content = message.putArray("content");
        blocks.values().forEach(block -> content.add(block.tree()));
        return message;
    }

    private static final class Block {
        private final ObjectNode start;
        private final StringBuilder text = new StringBuilder();
        private final StringBuilder input = new StringBuilder();

        Block(ObjectNode start) {
            this.start = start;
            text.append(DialectView.textOf(start, grows()));
        }

        private String grows() {
            return start.path("type").asText("").equals("thinking") ? "thinking" : "text";
        }

        void add(JsonNode delta) {
            text.append(DialectView.textOf(delta, grows()));
            input.append(DialectView.textOf(delta, "partial_json"));
            if (delta.path("signature").isTextual()) {
                start.set("signature", delta.get("signature"));
            }
            if (delta.path("citation").isObject()) {
                Fields.array(start, "citations").add(delta.get("citation"));
            }
        }

        ObjectNode tree() {
            if (start.has(grows())) {
                start.put(grows(), text.toString());
            }
            if (!input.isEmpty()) {
                start.set("input", AnthropicMessages.parse(input.toString()));
            }
            return start;
        }
    }
}
