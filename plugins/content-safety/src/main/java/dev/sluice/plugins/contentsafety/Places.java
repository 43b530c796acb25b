package dev.sluice.plugins.contentsafety;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.sluice.plugins.contentsafety.Place.Speaker;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the texts of requests, answers and events by their shape, whatever the path says: what is a chat in any of the
 * known shapes must not slip past a guard because it came by another door.
 *
 * <p>Two walks over equal trees find the same places in the same order.
 */
final class Places {
    private static final List<String> PART_TEXTS = List.of("text", "thinking", "refusal", "transcript");

    private final List<Place> found = new ArrayList<>();

    private Places() {}

    /** The texts of a request, in the order in which the model reads them. */
    static List<Place> request(JsonNode root) {
        Places places = new Places();
        for (String field : List.of("system", "instructions", "systemInstruction", "system_instruction")) {
            places.content(root, field, Speaker.SYSTEM, field);
        }
        for (String field : List.of("messages", "input", "contents")) {
            if (root.path(field).isArray()) {
                int i = 0;
                for (JsonNode message : root.path(field)) {
                    places.message(root.path(field), i, message, field + i);
                    i++;
                }
            } else {
                places.content(root, field, Speaker.USER, field);
            }
        }
        places.content(root, "prompt", Speaker.USER, "prompt");
        places.content(root, "suffix", Speaker.USER, "suffix");
        return places.found;
    }

    private void message(JsonNode holder, int index, JsonNode message, String channel) {
        if (message.isTextual()) {
            element(holder, index, Speaker.USER, channel, false);
            return;
        }
        Speaker speaker = speaker(message);
        for (String field : List.of("reasoning_content", "reasoning")) {
            if (message.path(field).isTextual()) {
                field(message, field, speaker, channel + field, false);
            }
        }
        content(message, "content", speaker, channel);
        content(message, "parts", speaker, channel);
        content(message, "summary", speaker, channel);
        content(message, "output", Speaker.TOOL, channel);
        field(message, "refusal", speaker, channel + "refusal", false);
        field(message, "text", speaker, channel, false);
        field(message, "arguments", Speaker.ASSISTANT, channel + "arguments", true);
        calls(message, speaker, channel);
    }

    private static Speaker speaker(JsonNode message) {
        return switch (message.path("role").asText("")) {
            case "system", "developer" -> Speaker.SYSTEM;
            case "assistant", "model" -> Speaker.ASSISTANT;
            case "tool", "function" -> Speaker.TOOL;
            default -> Speaker.USER;
        };
    }

    private void calls(JsonNode message, Speaker speaker, String channel) {
        int i = 0;
        for (JsonNode call : message.path("tool_calls")) {
            String one = channel + "/tool" + call.path("index").asInt(i);
            field(call.path("function"), "arguments", speaker, one, true);
            field(call.path("custom"), "input", speaker, one, false);
            i++;
        }
        field(message.path("function_call"), "arguments", speaker, channel + "/function", true);
    }

    /** Text, or parts, or one part. */
    private void content(JsonNode holder, String field, Speaker speaker, String channel) {
        JsonNode content = holder.path(field);
        if (content.isTextual()) {
            field(holder, field, speaker, channel, false);
        } else if (content.isArray()) {
            for (int i = 0; i < content.size(); i++) {
                if (content.get(i).isTextual()) {
                    element(content, i, speaker, channel, false);
                } else {
                    part(content.get(i), speaker, channel);
                }
            }
        } else if (content.isObject()) {
            part(content, speaker, channel);
        }
    }

    private void part(JsonNode part, Speaker speaker, String channel) {
        String type = part.path("type").asText("");
        Speaker says = type.endsWith("tool_result") || type.endsWith("_output") ? Speaker.TOOL : speaker;
        for (String field : PART_TEXTS) {
            field(part, field, says, channel + "/" + field, false);
        }
        content(part, "content", says, channel);
        content(part, "parts", says, channel);
        if (type.endsWith("tool_use")) {
            leaves(part, "input", Speaker.ASSISTANT, channel + "/input");
        }
        leaves(part.path("functionCall"), "args", Speaker.ASSISTANT, channel + "/args");
        leaves(part.path("functionResponse"), "response", Speaker.TOOL, channel + "/response");
        JsonNode source = part.path("source");
        if (source.path("type").asText("").equals("text")) {
            field(source, "data", says, channel + "/source", false);
        } else if (source.path("type").asText("").equals("content")) {
            content(source, "content", says, channel + "/source");
        }
        field(part, "title", says, channel + "/title", false);
        field(part, "context", says, channel + "/context", false);
    }

    /** Every text in a tree that a tool is given or gives. */
    private void leaves(JsonNode holder, String field, Speaker speaker, String channel) {
        JsonNode value = holder.path(field);
        if (value.isTextual()) {
            field(holder, field, speaker, channel, false);
        } else if (value.isObject()) {
            List<String> names = new ArrayList<>();
            value.fieldNames().forEachRemaining(names::add);
            names.forEach(name -> leaves(value, name, speaker, channel + "/" + name));
        } else if (value.isArray()) {
            elements(value, speaker, channel);
        }
    }

    private void elements(JsonNode array, Speaker speaker, String channel) {
        for (int i = 0; i < array.size(); i++) {
            String one = channel + "/" + i;
            JsonNode value = array.get(i);
            if (value.isTextual()) {
                element(array, i, speaker, one, false);
            } else if (value.isArray()) {
                elements(value, speaker, one);
            } else {
                List<String> names = new ArrayList<>();
                value.fieldNames().forEachRemaining(names::add);
                names.forEach(name -> leaves(value, name, speaker, one + "/" + name));
            }
        }
    }

    /** The texts of a whole answer. */
    static List<Place> reply(JsonNode root) {
        Places places = new Places();
        int i = 0;
        for (JsonNode choice : root.path("choices")) {
            places.said(choice.path("message"), Integer.toString(i));
            places.field(choice, "text", Speaker.ASSISTANT, Integer.toString(i), false);
            i++;
        }
        places.content(root, "content", Speaker.ASSISTANT, "content");
        for (JsonNode item : root.path("output")) {
            places.content(item, "content", Speaker.ASSISTANT, "output");
            places.content(item, "summary", Speaker.ASSISTANT, "output");
            places.field(item, "arguments", Speaker.ASSISTANT, "output", true);
        }
        for (JsonNode candidate : root.path("candidates")) {
            places.content(candidate.path("content"), "parts", Speaker.ASSISTANT, "candidate");
        }
        return places.found;
    }

    private void said(JsonNode message, String channel) {
        field(message, "reasoning_content", Speaker.ASSISTANT, channel + "/reasoning_content", false);
        field(message, "reasoning", Speaker.ASSISTANT, channel + "/reasoning", false);
        content(message, "content", Speaker.ASSISTANT, channel + "/content");
        field(message, "refusal", Speaker.ASSISTANT, channel + "/refusal", false);
        calls(message, Speaker.ASSISTANT, channel);
    }

    /** The texts that one event of a stream adds. */
    static List<Place> event(JsonNode root) {
        Places places = new Places();
        int i = 0;
        for (JsonNode choice : root.path("choices")) {
            String channel = Integer.toString(choice.path("index").asInt(i++));
            places.said(choice.path("delta"), channel);
            places.field(choice, "text", Speaker.ASSISTANT, channel + "/content", false);
        }
        i = 0;
        for (JsonNode candidate : root.path("candidates")) {
            String channel = "candidate" + candidate.path("index").asInt(i++);
            places.content(candidate.path("content"), "parts", Speaker.ASSISTANT, channel);
        }
        String type = root.path("type").asText("");
        if (type.startsWith("response.")) {
            places.response(type, root);
        } else if (!type.isEmpty()) {
            String channel = "block" + root.path("index").asInt(0);
            places.part(root.path("content_block"), Speaker.ASSISTANT, channel);
            JsonNode delta = root.path("delta");
            places.field(delta, "text", Speaker.ASSISTANT, channel + "/text", false);
            places.field(delta, "thinking", Speaker.ASSISTANT, channel + "/thinking", false);
            places.field(delta, "partial_json", Speaker.ASSISTANT, channel + "/json", true);
        }
        return places.found;
    }

    /** OpenAI's responses: deltas, and the same text again, whole, in the events that end a part. */
    private void response(String type, JsonNode root) {
        String item =
                root.path("item_id").asText("") + root.path("content_index").asInt(0);
        boolean arguments = type.contains("arguments");
        field(root, "delta", Speaker.ASSISTANT, item + type, arguments);
        String whole = "whole" + root.path("sequence_number").asText(type);
        field(root, "text", Speaker.ASSISTANT, whole, false);
        field(root, "arguments", Speaker.ASSISTANT, whole, true);
        part(root.path("part"), Speaker.ASSISTANT, whole);
        content(root.path("item"), "content", Speaker.ASSISTANT, whole);
        field(root.path("item"), "arguments", Speaker.ASSISTANT, whole, true);
        for (JsonNode one : root.path("response").path("output")) {
            content(one, "content", Speaker.ASSISTANT, whole);
            field(one, "arguments", Speaker.ASSISTANT, whole, true);
        }
    }

    private void field(JsonNode holder, String field, Speaker speaker, String channel, boolean json) {
        String text = holder.path(field).textValue();
        if (text != null && !text.isEmpty() && holder instanceof ObjectNode object) {
            found.add(new Place(channel, speaker, text, json, now -> object.put(field, now)));
        }
    }

    private void element(JsonNode holder, int index, Speaker speaker, String channel, boolean json) {
        String text = holder.path(index).textValue();
        if (text != null && !text.isEmpty() && holder instanceof ArrayNode array) {
            found.add(new Place(channel, speaker, text, json, now -> array.set(index, TextNode.valueOf(now))));
        }
    }
}
