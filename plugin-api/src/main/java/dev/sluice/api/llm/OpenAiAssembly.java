package dev.sluice.api.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Event;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Puts the chunks of an OpenAI stream together into the completion they amount to. */
final class OpenAiAssembly extends Chats.Assembly {
    private static final Set<String> GROWING = Set.of("content", "reasoning_content", "reasoning", "refusal");

    private final ObjectNode tree = DialectView.NODES.objectNode();
    private final Map<Integer, Choice> choices = new TreeMap<>();

    @Override
    public void add(Event event) {
        JsonNode chunk = event.json();
        for (Map.Entry<String, JsonNode> field : chunk.properties()) {
            if (field.getKey().equals("choices")) {
                for (JsonNode choice : field.getValue()) {
                    choices.computeIfAbsent(choice.path("index").asInt(0), i -> new Choice())
                            .add(choice);
                }
            } else if (field.getKey().equals("usage")
                    ? field.getValue().isObject()
                    : !tree.hasNonNull(field.getKey())) {
                tree.set(field.getKey(), field.getValue());
            }
        }
    }

    @Override
    public ObjectNode tree() {
        ObjectNode whole = DialectView.NODES.objectNode();
        whole.setAll(tree);
        JsonNode usage = whole.remove("usage");
        whole.put("object", "chat.completion");
        ArrayNode all = whole.putArray("choices");
        choices.forEach((index, choice) -> all.add(choice.tree(index)));
        if (usage != null && usage.isObject()) {
            whole.set("usage", usage);
        }
        return whole;
    }

    private static final class Choice {
        private final Map<String, StringBuilder> texts = new TreeMap<>();
        private final Map<Integer, Call> calls = new TreeMap<>();
        private final ObjectNode others = DialectView.NODES.objectNode();
        private final ObjectNode outer = DialectView.NODES.objectNode();

        void add(JsonNode choice) {
            for (Map.Entry<String, JsonNode> field : choice.path("delta").properties()) {
                addDelta(field.getKey(), field.getValue());
            }
            choice.properties().forEach(field -> {
                if (!field.getKey().equals("delta")
                        && !field.getKey().equals("index")
                        && !field.getValue().isNull()) {
                    merge(outer, field.getKey(), field.getValue());
                }
            });
        }

        private void addDelta(String name, JsonNode value) {
            if (GROWING.contains(name) && (value.isTextual() || value.isArray())) {
                texts.computeIfAbsent(name, n -> new StringBuilder()).append(Content.text(value, ""));
            } else if (name.equals("tool_calls")) {
                for (JsonNode call : value) {
                    int index = call.path("index").asInt(calls.size());
                    calls.computeIfAbsent(index, i -> new Call()).add(call);
                }
            } else if (!value.isNull()) {
                merge(others, name, value);
            }
        }

        /** Lists grow, of everything else the last one counts. */
        private static void merge(ObjectNode into, String name, JsonNode value) {
            if (into.path(name) instanceof ArrayNode list && value.isArray()) {
                value.forEach(list::add);
            } else if (into.path(name) instanceof ObjectNode object && value.isObject()) {
                value.properties().forEach(field -> merge(object, field.getKey(), field.getValue()));
            } else {
                into.set(name, value.deepCopy());
            }
        }

        ObjectNode tree(int index) {
            ObjectNode choice = DialectView.NODES.objectNode().put("index", index);
            ObjectNode message = choice.putObject("message").put("role", "assistant");
            message.setAll(others);
            message.putNull("content");
            texts.forEach((name, text) -> message.put(name, text.toString()));
            if (!calls.isEmpty()) {
                ArrayNode all = message.putArray("tool_calls");
                calls.values().forEach(call -> all.add(call.tree()));
                if (textIsEmpty()) {
                    message.putNull("content");
                }
            }
            choice.putNull("finish_reason");
            choice.setAll(outer);
            return choice;
        }

        private boolean textIsEmpty() {
            StringBuilder content = texts.get("content");
            return content == null || content.isEmpty();
        }
    }

    private static final class Call {
        private final ObjectNode fields = DialectView.NODES.objectNode();
        private String name = "";
        private final StringBuilder arguments = new StringBuilder();

        void add(JsonNode call) {
            call.properties().forEach(field -> {
                if (!field.getKey().equals("function")
                        && !field.getKey().equals("index")
                        && !field.getValue().isNull()) {
                    fields.set(field.getKey(), field.getValue());
                }
            });
            JsonNode function = call.path("function");
            String more = DialectView.textOf(function, "name");
            name = more.isEmpty() ? name : more;
            arguments.append(DialectView.textOf(function, "arguments"));
        }

        ObjectNode tree() {
            ObjectNode call = fields.deepCopy();
            if (!call.has("type")) {
                call.put("type", "function");
            }
            call.putObject("function").put("name", name).put("arguments", arguments.toString());
            return call;
        }
    }
}
