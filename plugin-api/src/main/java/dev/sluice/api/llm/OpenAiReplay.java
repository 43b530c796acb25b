package dev.sluice.api.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** Takes an OpenAI completion apart into the chunks of a stream. */
final class OpenAiReplay {
    private static final List<String> TEXTS = List.of("reasoning_content", "reasoning", "content", "refusal");
    private static final Set<String> KNOWN =
            Set.of("role", "reasoning_content", "reasoning", "content", "refusal", "tool_calls");
    private static final Set<String> OPENED = Set.of("index", "message", "logprobs");

    private final ObjectNode base = DialectView.NODES.objectNode();
    private final Function<String, List<String>> pieces;
    private final List<Event> events = new ArrayList<>();

    private OpenAiReplay(JsonNode reply, Function<String, List<String>> pieces) {
        this.pieces = pieces;
        reply.properties().forEach(field -> {
            if (!field.getKey().equals("choices") && !field.getKey().equals("usage")) {
                base.set(field.getKey(), field.getValue());
            }
        });
        base.put("object", "chat.completion.chunk");
    }

    static List<Event> events(JsonNode reply, Function<String, List<String>> pieces) {
        OpenAiReplay replay = new OpenAiReplay(reply, pieces);
        for (JsonNode choice : reply.path("choices")) {
            replay.choice(choice.path("index").asInt(0), choice);
        }
        if (reply.path("usage").isObject()) {
            ObjectNode last = replay.base.deepCopy();
            last.putArray("choices");
            last.set("usage", reply.get("usage"));
            replay.events.add(Event.json(last));
        }
        return List.copyOf(replay.events);
    }

    private void choice(int index, JsonNode choice) {
        JsonNode message = choice.path("message");
        delta(chunk(index)).put("role", "assistant").put("content", "");
        JsonNode logprobs = choice.path("logprobs");
        for (String field : TEXTS) {
            String text = Content.text(message.path(field), "");
            for (String piece : text.isEmpty() ? List.<String>of() : pieces.apply(text)) {
                ObjectNode chunk = chunk(index);
                delta(chunk).put(field, piece);
                if (field.equals("content") && logprobs.isObject()) {
                    chunk.set("logprobs", logprobs);
                    logprobs = DialectView.NODES.missingNode();
                }
            }
        }
        toolCalls(index, message.path("tool_calls"));
        for (Map.Entry<String, JsonNode> field : message.properties()) {
            if (!KNOWN.contains(field.getKey()) && !field.getValue().isNull()) {
                delta(chunk(index)).set(field.getKey(), field.getValue());
            }
        }
        ObjectNode end = chunk(index);
        choice.properties().forEach(field -> {
            if (!OPENED.contains(field.getKey())) {
                end.set(field.getKey(), field.getValue());
            }
        });
    }

    private void toolCalls(int index, JsonNode calls) {
        int n = 0;
        for (JsonNode call : calls) {
            JsonNode function = call.path("function");
            ObjectNode opening = call(index, n);
            call.properties().forEach(field -> opening.set(field.getKey(), field.getValue()));
            opening.putObject("function")
                    .put("name", DialectView.textOf(function, "name"))
                    .put("arguments", "");
            call(index, n).putObject("function").put("arguments", DialectView.textOf(function, "arguments"));
            n++;
        }
    }

    private ObjectNode call(int index, int n) {
        return delta(chunk(index)).putArray("tool_calls").addObject().put("index", n);
    }

    /** A new chunk's choice, still to be filled: an event's tree may be changed until somebody else has the event. */
    private ObjectNode chunk(int index) {
        ObjectNode tree = base.deepCopy();
        ObjectNode choice = tree.putArray("choices").addObject().put("index", index);
        choice.putObject("delta");
        choice.putNull("finish_reason");
        events.add(Event.json(tree));
        return choice;
    }

    private static ObjectNode delta(ObjectNode choice) {
        return choice.withObjectProperty("delta");
    }
}
