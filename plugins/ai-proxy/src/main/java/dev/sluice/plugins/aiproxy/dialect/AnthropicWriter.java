package dev.sluice.plugins.aiproxy.dialect;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Usage;
import dev.sluice.api.llm.FinishReason;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Anthropic messages, written. */
final class AnthropicWriter implements DialectWriter {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Pattern FOREIGN = Pattern.compile("[^a-zA-Z0-9_-]");

    @Override
    public ObjectNode request(Prompt prompt, RequestOptions options, Losses losses) {
        List<String> system = filled(prompt.system());
        List<Turn> turns = Turn.alternating(prompt.turns().stream()
                .map(turn -> new Turn(turn.assistant(), spoken(turn.parts(), losses)))
                .toList());
        if (turns.isEmpty() && !system.isEmpty()) {
            // A conversation must begin somewhere: instructions alone are what the user says.
            turns = List.of(new Turn(
                    false,
                    system.stream().map(text -> (Part) new Part.Text(text)).toList()));
            system = List.of();
        }
        if (turns.isEmpty()) {
            throw RequestException.malformed("messages", Prompt.SAYS_NOTHING);
        }
        ObjectNode tree = NODES.objectNode();
        if (prompt.model() != null) {
            tree.put("model", prompt.model());
        }
        Long thinking = thinking(prompt, turns, losses);
        Long bound = prompt.maxOutput();
        tree.put("max_tokens", bound != null ? bound : options.defaultMaxTokens() + (thinking == null ? 0 : thinking));
        if (system.size() == 1) {
            tree.put("system", system.get(0));
        } else if (!system.isEmpty()) {
            ArrayNode blocks = tree.putArray("system");
            system.forEach(text -> blocks.addObject().put("type", "text").put("text", text));
        }
        ArrayNode messages = tree.putArray("messages");
        for (int i = 0; i < turns.size(); i++) {
            turn(messages.addObject(), turns.get(i), i == turns.size() - 1);
        }
        sampling(tree, prompt, thinking != null, losses);
        tools(tree, prompt.tools());
        if (prompt.user() != null) {
            tree.putObject("metadata").put("user_id", prompt.user());
        }
        if (thinking != null) {
            tree.putObject("thinking").put("type", "enabled").put("budget_tokens", thinking);
        }
        ObjectNode schema = prompt.schema();
        if (schema != null) {
            tree.putObject("output_config")
                    .putObject("format")
                    .put("type", "json_schema")
                    .set("schema", schema);
        }
        if (prompt.stream()) {
            tree.put("stream", true);
        }
        return tree;
    }

    private static List<String> filled(List<String> texts) {
        return texts.stream().filter(text -> !text.isBlank()).toList();
    }

    /** What Anthropic takes: no text without words, no thought without its signature. */
    private static List<Part> spoken(List<Part> parts, Losses losses) {
        List<Part> kept = new ArrayList<>();
        for (Part part : parts) {
            if (part instanceof Part.Thinking thinking && thinking.signature() == null) {
                losses.add("messages[].reasoning_content");
            } else if (!(part instanceof Part.Text text) || !text.text().isBlank()) {
                kept.add(part);
            }
        }
        return kept;
    }

    /** The budget that the rest of the request leaves room for; null: no thinking. */
    private static @Nullable Long thinking(Prompt prompt, List<Turn> turns, Losses losses) {
        Long budget = prompt.thinking();
        if (budget == null) {
            return null;
        }
        Long bound = prompt.maxOutput();
        boolean fits = bound == null || bound > Effort.LEAST_BUDGET;
        boolean prefilled = turns.get(turns.size() - 1).assistant();
        if (!fits || prefilled || prompt.tools().isForced() || callsWithoutThought(turns)) {
            losses.add("reasoning_effort");
            return null;
        }
        return bound == null || budget < bound ? budget : (Long) Math.max(Effort.LEAST_BUDGET, bound / 2);
    }

    /** A turn of calls that is being answered must begin with its thought, which the client has not kept. */
    private static boolean callsWithoutThought(List<Turn> turns) {
        for (int i = turns.size() - 1; i >= 0; i--) {
            Turn turn = turns.get(i);
            if (turn.assistant()) {
                return turn.parts().stream().anyMatch(Part.Call.class::isInstance)
                        && !(turn.parts().get(0) instanceof Part.Thinking);
            }
        }
        return false;
    }

    private static void sampling(ObjectNode tree, Prompt prompt, boolean thinks, Losses losses) {
        Double temperature = prompt.temperature();
        Double topP = prompt.topP();
        if (thinks) {
            // A model that thinks takes neither.
            if (temperature != null && temperature != 1) {
                losses.add("temperature");
            }
            if (topP != null && topP != 1) {
                losses.add("top_p");
            }
        } else if (temperature != null) {
            tree.put("temperature", Math.max(0, Math.min(1, temperature)));
            // Newer models refuse both at once.
            if (topP != null && topP != 1) {
                losses.add("top_p");
            }
        } else if (topP != null) {
            tree.put("top_p", topP);
        }
        List<String> stop = filled(prompt.stop());
        if (stop.size() < prompt.stop().size()) {
            losses.add("stop");
        }
        if (!stop.isEmpty()) {
            ArrayNode list = tree.putArray("stop_sequences");
            stop.forEach(list::add);
        }
    }

    private static void turn(ObjectNode message, Turn turn, boolean last) {
        message.put("role", turn.assistant() ? "assistant" : "user");
        List<Part> parts = turn.assistant() ? turn.parts() : resultsFirst(turn.parts());
        if (parts.size() == 1 && parts.get(0) instanceof Part.Text only) {
            message.put("content", text(only, turn.assistant() && last));
            return;
        }
        ArrayNode content = message.putArray("content");
        for (int i = 0; i < parts.size(); i++) {
            block(content, parts.get(i), turn.assistant() && last && i == parts.size() - 1);
        }
    }

    /** The last words that the model is to go on from must not end in white space. */
    private static String text(Part.Text text, boolean prefill) {
        return prefill ? text.text().stripTrailing() : text.text();
    }

    private static List<Part> resultsFirst(List<Part> parts) {
        List<Part> sorted = new ArrayList<>(parts);
        sorted.sort((a, b) -> Boolean.compare(b instanceof Part.Result, a instanceof Part.Result));
        return sorted;
    }

    private static void block(ArrayNode content, Part part, boolean prefill) {
        if (part instanceof Part.Text text) {
            content.addObject().put("type", "text").put("text", text(text, prefill));
        } else if (part instanceof Part.Image image) {
            image(content.addObject().put("type", "image").putObject("source"), image);
        } else if (part instanceof Part.Thinking thinking) {
            thinking(content, thinking);
        } else if (part instanceof Part.Call call) {
            call(content, call);
        } else if (part instanceof Part.Result result) {
            result(content.addObject(), result);
        }
    }

    private static void image(ObjectNode source, Part.Image image) {
        if (image.url() != null) {
            source.put("type", "url").put("url", image.url());
        } else {
            source.put("type", "base64").put("media_type", image.mediaType()).put("data", image.data());
        }
    }

    private static void thinking(ArrayNode content, Part.Thinking thinking) {
        String signature = thinking.signature();
        content.addObject()
                .put("type", "thinking")
                .put("thinking", thinking.text())
                .put("signature", signature == null ? "" : signature);
    }

    private static void call(ArrayNode content, Part.Call call) {
        content.addObject()
                .put("type", "tool_use")
                .put("id", id(call.id()))
                .put("name", call.name())
                .set("input", parsed(call.arguments()));
    }

    /** Other vendors put more into the id of a call than Anthropic takes. */
    private static String id(String id) {
        return FOREIGN.matcher(id).replaceAll("_");
    }

    private static void result(ObjectNode block, Part.Result result) {
        block.put("type", "tool_result").put("tool_use_id", id(result.id()));
        List<Part> parts = result.parts();
        if (parts.size() == 1 && parts.get(0) instanceof Part.Text text) {
            block.put("content", text.text());
        } else if (!parts.isEmpty()) {
            ArrayNode content = block.putArray("content");
            parts.forEach(part -> block(content, part, false));
        }
        if (result.failed()) {
            block.put("is_error", true);
        }
    }

    /** Arguments as a tree; what a model wrote that is no JSON object becomes an empty one. */
    private static JsonNode parsed(String arguments) {
        try {
            JsonNode tree = MAPPER.readTree(arguments);
            return tree != null && tree.isObject() ? tree : NODES.objectNode();
        } catch (JsonProcessingException e) {
            return NODES.objectNode();
        }
    }

    /** Whether a call's arguments are complete. */
    static boolean isWhole(String arguments) {
        try {
            JsonNode tree = MAPPER.readTree(arguments);
            return tree != null && tree.isObject();
        } catch (JsonProcessingException e) {
            return false;
        }
    }

    private static void tools(ObjectNode tree, Tools tools) {
        if (tools.all().isEmpty()) {
            return;
        }
        ArrayNode list = tree.putArray("tools");
        for (Tools.Tool tool : tools.all()) {
            ObjectNode written = list.addObject().put("name", tool.name());
            if (tool.description() != null) {
                written.put("description", tool.description());
            }
            ObjectNode schema =
                    tool.schema() == null ? NODES.objectNode() : tool.schema().deepCopy();
            if (!schema.has("type")) {
                schema.put("type", "object");
            }
            written.set("input_schema", schema);
        }
        Tools.Choice choice = tools.choice();
        boolean serial = Boolean.FALSE.equals(tools.parallel());
        if (choice == null && !serial) {
            return;
        }
        ObjectNode written = tree.putObject("tool_choice");
        Tools.Choice kind = choice == null ? Tools.Choice.AUTO : choice;
        switch (kind) {
            case AUTO -> written.put("type", "auto");
            case NONE -> written.put("type", "none");
            case ANY -> written.put("type", "any");
            case ONE -> written.put("type", "tool").put("name", tools.chosen());
        }
        if (serial && kind != Tools.Choice.NONE) {
            written.put("disable_parallel_tool_use", true);
        }
    }

    @Override
    public ObjectNode answer(Answer answer) {
        ObjectNode tree = NODES.objectNode().put("id", answer.id()).put("type", "message");
        tree.put("role", "assistant").put("model", answer.model());
        ArrayNode content = tree.putArray("content");
        answer.parts().forEach(part -> block(content, part, false));
        if (content.isEmpty()) {
            content.addObject().put("type", "text").put("text", "");
        }
        tree.put("stop_reason", word(answer.finish(), answer.stopSequence()));
        tree.put("stop_sequence", answer.stopSequence());
        Usage usage = answer.usage();
        tree.set("usage", usage(usage == null ? Usage.NONE : usage));
        return tree;
    }

    static String word(FinishReason reason, @Nullable String stopSequence) {
        return switch (reason) {
            case LENGTH -> "max_tokens";
            case TOOL_CALLS -> "tool_use";
            case CONTENT_FILTER -> "refusal";
            case STOP, OTHER -> stopSequence == null ? "end_turn" : "stop_sequence";
        };
    }

    /** Input is split into what was read from a cache, written to it, and the rest. */
    static ObjectNode usage(Usage usage) {
        return NODES.objectNode()
                .put("input_tokens", Math.max(0, usage.input() - usage.cachedInput() - usage.cacheWrite()))
                .put("cache_creation_input_tokens", usage.cacheWrite())
                .put("cache_read_input_tokens", usage.cachedInput())
                .put("output_tokens", usage.output());
    }

    @Override
    public StreamWriter stream(Prompt prompt, StreamWriter.Tokens tokens) {
        return new AnthropicStreamWriter(prompt, tokens);
    }
}
