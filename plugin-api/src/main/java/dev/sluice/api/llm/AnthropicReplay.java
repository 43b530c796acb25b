package dev.sluice.api.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Takes an Anthropic message apart into the events of a stream. */
final class AnthropicReplay {
    private final Function<String, List<String>> pieces;
    private final List<Event> events = new ArrayList<>();

    private AnthropicReplay(Function<String, List<String>> pieces) {
        this.pieces = pieces;
    }

    static List<Event> events(JsonNode reply, Function<String, List<String>> pieces) {
        AnthropicReplay replay = new AnthropicReplay(pieces);
        replay.start(reply);
        int index = 0;
        for (JsonNode block : reply.path("content")) {
            if (block instanceof ObjectNode object) {
                replay.block(index++, object);
            }
        }
        replay.end(reply);
        return List.copyOf(replay.events);
    }

    private void start(JsonNode reply) {
        ObjectNode message = DialectView.NODES.objectNode();
        reply.properties().forEach(field -> message.set(field.getKey(), field.getValue()));
        message.putArray("content");
        message.putNull("stop_reason").putNull("stop_sequence");
        ObjectNode usage = message.putObject("usage");
        reply.path("usage").properties().forEach(field -> usage.set(field.getKey(), field.getValue()));
        usage.put("output_tokens", 0);
        event("message_start").set("message", message);
    }

    private void block(int index, ObjectNode block) {
        ObjectNode opening = block.deepCopy();
        event("content_block_start").put("index", index).set("content_block", opening);
        switch (DialectView.textOf(block, "type")) {
            case "text" -> {
                opening.put("text", "");
                JsonNode citations = opening.remove("citations");
                texts(index, DialectView.textOf(block, "text"), "text_delta", "text");
                if (citations != null) {
                    citations.forEach(
                            citation -> delta(index, "citations_delta").set("citation", citation));
                }
            }
            case "thinking" -> {
                opening.put("thinking", "");
                JsonNode signature = opening.remove("signature");
                texts(index, DialectView.textOf(block, "thinking"), "thinking_delta", "thinking");
                if (signature != null) {
                    delta(index, "signature_delta").set("signature", signature);
                }
            }
            case "tool_use", "server_tool_use" -> {
                opening.putObject("input");
                JsonNode input = block.path("input");
                delta(index, "input_json_delta").put("partial_json", input.isObject() ? input.toString() : "{}");
            }
            default -> {}
        }
        event("content_block_stop").put("index", index);
    }

    private void texts(int index, String text, String type, String field) {
        for (String piece : text.isEmpty() ? List.<String>of() : pieces.apply(text)) {
            delta(index, type).put(field, piece);
        }
    }

    private void end(JsonNode reply) {
        ObjectNode end = event("message_delta");
        ObjectNode delta = end.putObject("delta");
        delta.set("stop_reason", reply.path("stop_reason").isTextual() ? reply.get("stop_reason") : null);
        delta.set("stop_sequence", reply.path("stop_sequence").isTextual() ? reply.get("stop_sequence") : null);
        end.putObject("usage").put("output_tokens", Fields.count(reply.path("usage"), "output_tokens"));
        event("message_stop");
    }

    private ObjectNode delta(int index, String type) {
        return event("content_block_delta")
                .put("index", index)
                .putObject("delta")
                .put("type", type);
    }

    /** A new event's tree, still to be filled: it may be changed until somebody else has the event. */
    private ObjectNode event(String type) {
        ObjectNode tree = DialectView.NODES.objectNode().put("type", type);
        events.add(Event.json(tree).name(type));
        return tree;
    }
}
