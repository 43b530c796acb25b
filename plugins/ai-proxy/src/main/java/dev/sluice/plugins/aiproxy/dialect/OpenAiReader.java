package dev.sluice.plugins.aiproxy.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Dialect;
import dev.sluice.api.llm.ChatReply;
import dev.sluice.api.llm.FinishReason;
import dev.sluice.api.llm.ToolCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** OpenAI chat completions, read. */
final class OpenAiReader implements DialectReader {
    private static final Set<String> CARRIED = Set.of(
            "model",
            "messages",
            "tools",
            "tool_choice",
            "parallel_tool_calls",
            "stop",
            "max_tokens",
            "max_completion_tokens",
            "temperature",
            "top_p",
            "user",
            "stream",
            "stream_options",
            "reasoning_effort",
            "response_format");
    /** Without these the answer would not be what was asked for. */
    private static final Set<String> REFUSED = Set.of("functions", "function_call", "audio", "web_search_options");

    @Override
    public Prompt request(JsonNode root, Losses losses) {
        Cursor body = Cursor.of(root);
        refuse(body, losses);
        List<String> system = new ArrayList<>();
        List<Turn> turns = new ArrayList<>();
        if (!body.at("messages").present()) {
            throw body.at("messages").malformed("is missing");
        }
        for (Cursor message : body.at("messages").elements()) {
            message.object();
            if (message.at("name").present()) {
                losses.add("messages[].name");
            }
            String role = message.at("role").text();
            switch (role) {
                case "system", "developer" -> system.addAll(texts(message.at("content")));
                case "user" -> turns.add(new Turn(false, content(message.at("content"))));
                case "assistant" -> turns.add(new Turn(true, assistant(message)));
                case "tool" -> turns.add(new Turn(false, List.of(result(message))));
                default -> throw message.at("role").unsupported("is '" + role + "', which has no translation");
            }
        }
        Long bound = body.at("max_completion_tokens").optionalCount();
        String effort = body.at("reasoning_effort").optionalText();
        Cursor options = body.at("stream_options");
        options.optionalObject();
        return new Prompt(
                body.at("model").optionalText(),
                system,
                turns,
                tools(body, losses),
                bound == null ? body.at("max_tokens").optionalCount() : bound,
                body.at("temperature").optionalNumber(),
                body.at("top_p").optionalNumber(),
                stop(body.at("stop")),
                body.at("user").optionalText(),
                effort == null ? null : Effort.budget(effort),
                schema(body.at("response_format"), losses),
                body.at("stream").flag(),
                options.at("include_usage").flag());
    }

    private static void refuse(Cursor body, Losses losses) {
        for (String field : body.fields()) {
            if (REFUSED.contains(field)) {
                throw body.at(field).unsupported("has no translation");
            }
            switch (field) {
                case "n" -> {
                    if (body.node().path("n").asInt(1) != 1) {
                        throw body.at("n").unsupported("asks for several answers, and this model gives one");
                    }
                }
                case "logprobs" -> {
                    if (body.at("logprobs").flag()) {
                        throw body.at("logprobs").unsupported("has no translation");
                    }
                }
                case "modalities" -> {
                    if (body.at(field).texts().stream().anyMatch(kind -> !kind.equals("text"))) {
                        throw body.at(field).unsupported("asks for more than text");
                    }
                }
                default -> {
                    if (!CARRIED.contains(field)) {
                        losses.add(field);
                    }
                }
            }
        }
    }

    private static @Nullable ObjectNode schema(Cursor format, Losses losses) {
        if (!format.present()) {
            return null;
        }
        String type = format.object().at("type").text();
        if (type.equals("json_schema")) {
            Cursor schema = format.at("json_schema").object().at("schema");
            return (ObjectNode) schema.object().node();
        }
        if (!type.equals("text")) {
            losses.add("response_format");
        }
        return null;
    }

    private static List<String> stop(Cursor stop) {
        return stop.isText() ? List.of(stop.text()) : stop.texts();
    }

    private static List<String> texts(Cursor content) {
        if (content.isText() || !content.present()) {
            return content.present() ? List.of(content.text()) : List.of();
        }
        List<String> texts = new ArrayList<>();
        for (Cursor part : list(content)) {
            if (!part.object().at("type").text().equals("text")) {
                throw part.at("type").malformed("must be text here");
            }
            texts.add(part.at("text").text());
        }
        return texts;
    }

    private static List<Cursor> list(Cursor content) {
        if (!content.node().isArray()) {
            throw content.malformed("must be a string or a list of parts");
        }
        return content.elements();
    }

    private static List<Part> content(Cursor content) {
        List<Part> parts = new ArrayList<>();
        if (content.isText()) {
            parts.add(new Part.Text(content.text()));
        } else if (content.present()) {
            list(content).forEach(part -> parts.add(part(part.object())));
        }
        return parts;
    }

    private static Part part(Cursor part) {
        String type = part.at("type").text();
        return switch (type) {
            case "text" -> new Part.Text(part.at("text").text());
            case "refusal" -> new Part.Text(part.at("refusal").text());
            case "image_url" -> Images.ofUrl(part.at("image_url").object().at("url"));
            default -> throw part.at("type").unsupported("is '" + type + "', which has no translation");
        };
    }

    private static List<Part> assistant(Cursor message) {
        if (message.at("function_call").present()) {
            throw message.at("function_call").unsupported("has no translation");
        }
        List<Part> parts = new ArrayList<>();
        String reasoning = message.at("reasoning_content").optionalText();
        if (reasoning != null && !reasoning.isEmpty()) {
            parts.add(new Part.Thinking(reasoning, null));
        }
        parts.addAll(content(message.at("content")));
        String refusal = message.at("refusal").optionalText();
        if (refusal != null) {
            parts.add(new Part.Text(refusal));
        }
        for (Cursor call : message.at("tool_calls").elements()) {
            Cursor function = call.object().at("function");
            if (!function.present()) {
                throw call.unsupported("is no call of a function, and has no translation");
            }
            String arguments = function.object().at("arguments").optionalText();
            parts.add(new Part.Call(
                    call.at("id").text(), function.at("name").text(), arguments == null ? "" : arguments));
        }
        return parts;
    }

    private static Part result(Cursor message) {
        Cursor id = message.at("tool_call_id");
        return new Part.Result(id.path(), id.text(), content(message.at("content")), false);
    }

    private static Tools tools(Cursor body, Losses losses) {
        List<Tools.Tool> tools = new ArrayList<>();
        for (Cursor tool : body.at("tools").elements()) {
            String type = tool.object().at("type").text();
            if (!type.equals("function")) {
                throw tool.at("type").unsupported("is '" + type + "', which has no translation");
            }
            Cursor function = tool.at("function").object();
            if (function.at("strict").flag()) {
                losses.add("tools[].function.strict");
            }
            tools.add(new Tools.Tool(
                    function.at("name").text(),
                    function.at("description").optionalText(),
                    function.at("parameters").optionalObject()));
        }
        Cursor choice = body.at("tool_choice");
        return new Tools(
                tools,
                choice(choice),
                chosen(choice),
                body.at("parallel_tool_calls").optionalFlag());
    }

    private static Tools.@Nullable Choice choice(Cursor choice) {
        if (!choice.present()) {
            return null;
        }
        if (!choice.isText()) {
            return Tools.Choice.ONE;
        }
        return switch (choice.text()) {
            case "auto" -> Tools.Choice.AUTO;
            case "none" -> Tools.Choice.NONE;
            case "required" -> Tools.Choice.ANY;
            default -> throw choice.malformed("must be auto, none, required or a function");
        };
    }

    private static @Nullable String chosen(Cursor choice) {
        if (!choice.present() || choice.isText()) {
            return null;
        }
        String type = choice.object().at("type").text();
        if (!type.equals("function")) {
            throw choice.at("type").unsupported("is '" + type + "', which has no translation");
        }
        return choice.at("function").object().at("name").text();
    }

    @Override
    public Answer answer(JsonNode root) {
        JsonNode choice = root.path("choices").path(0);
        if (!choice.path("message").isObject()) {
            throw new AnswerException("the provider's answer is no chat completion: it has no choices[0].message");
        }
        ChatReply reply = ChatReply.of(Dialect.OPENAI, root);
        List<Part> parts = new ArrayList<>();
        if (!reply.reasoning().isEmpty()) {
            parts.add(new Part.Thinking(reply.reasoning(), null));
        }
        String refusal = choice.path("message").path("refusal").asText("");
        String text = reply.text().isEmpty() ? refusal : reply.text();
        if (!text.isEmpty()) {
            parts.add(new Part.Text(text));
        }
        for (ToolCall call : reply.toolCalls()) {
            String id = call.id();
            String name = call.name();
            parts.add(new Part.Call(
                    id == null || id.isEmpty() ? "call_" + call.index() : id,
                    name == null ? "" : name,
                    call.arguments()));
        }
        return new Answer(
                root.path("id").asText(""),
                root.path("model").asText(""),
                parts,
                ending(reply.finishReason(), !reply.toolCalls().isEmpty()),
                null,
                reply.usage());
    }

    /** Some vendors say {@code stop} where tools are called. */
    static FinishReason ending(@Nullable FinishReason said, boolean calls) {
        if (calls && (said == null || said == FinishReason.STOP || said == FinishReason.OTHER)) {
            return FinishReason.TOOL_CALLS;
        }
        return said == null ? FinishReason.STOP : said;
    }

    @Override
    public StreamReader stream(AnswerSink sink) {
        return new OpenAiStreamReader(sink);
    }
}
