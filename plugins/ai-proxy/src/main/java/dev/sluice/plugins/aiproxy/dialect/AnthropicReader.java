package dev.sluice.plugins.aiproxy.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Dialect;
import dev.sluice.api.llm.ChatReply;
import dev.sluice.api.llm.FinishReason;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Anthropic messages, read. */
final class AnthropicReader implements DialectReader {
    private static final Set<String> CARRIED = Set.of(
            "model",
            "messages",
            "output_config",
            "system",
            "max_tokens",
            "metadata",
            "stop_sequences",
            "stream",
            "temperature",
            "thinking",
            "tool_choice",
            "tools",
            "top_p");
    /** Without these the answer would not be what was asked for. */
    private static final Set<String> REFUSED = Set.of("mcp_servers", "container", "output_format");

    @Override
    public Prompt request(JsonNode root, Losses losses) {
        Cursor body = Cursor.of(root);
        for (String field : body.fields()) {
            if (REFUSED.contains(field)) {
                throw body.at(field).unsupported("has no translation");
            }
            if (!CARRIED.contains(field)) {
                losses.add(field);
            }
        }
        List<String> system = new ArrayList<>(system(body.at("system"), losses));
        List<Turn> turns = new ArrayList<>();
        if (!body.at("messages").present()) {
            throw body.at("messages").malformed("is missing");
        }
        for (Cursor message : body.at("messages").elements()) {
            String role = message.object().at("role").text();
            switch (role) {
                case "user" -> turns.add(new Turn(false, content(message.at("content"), losses)));
                case "assistant" -> turns.add(new Turn(true, content(message.at("content"), losses)));
                case "system" -> system.addAll(system(message.at("content"), losses));
                default -> throw message.at("role").malformed("must be user or assistant, not '" + role + "'");
            }
        }
        Cursor metadata = body.at("metadata");
        metadata.optionalObject();
        return new Prompt(
                body.at("model").optionalText(),
                system,
                turns,
                tools(body, losses),
                body.at("max_tokens").optionalCount(),
                body.at("temperature").optionalNumber(),
                body.at("top_p").optionalNumber(),
                body.at("stop_sequences").texts(),
                metadata.at("user_id").optionalText(),
                thinking(body, losses),
                schema(body.at("output_config").at("format")),
                body.at("stream").flag(),
                true);
    }

    private static @Nullable Long thinking(Cursor body, Losses losses) {
        Cursor config = body.at("output_config");
        config.optionalObject();
        Cursor thinking = body.at("thinking");
        if (!thinking.present()) {
            return null;
        }
        String type = thinking.object().at("type").text();
        return switch (type) {
            case "disabled" -> null;
            case "enabled" -> {
                Long budget = thinking.at("budget_tokens").optionalCount();
                if (budget == null) {
                    throw thinking.at("budget_tokens").malformed("is missing");
                }
                yield budget;
            }
            case "adaptive" -> {
                String effort = config.at("effort").optionalText();
                yield Effort.budget(effort == null ? "medium" : effort);
            }
            default -> {
                losses.add("thinking");
                yield null;
            }
        };
    }

    private static @Nullable ObjectNode schema(Cursor format) {
        if (!format.present()) {
            return null;
        }
        String type = format.object().at("type").text();
        if (!type.equals("json_schema")) {
            throw format.at("type").unsupported("is '" + type + "', which has no translation");
        }
        return (ObjectNode) format.at("schema").object().node();
    }

    private static List<String> system(Cursor content, Losses losses) {
        if (content.isText()) {
            return List.of(content.text());
        }
        List<String> texts = new ArrayList<>();
        for (Cursor block : content.elements()) {
            if (!block.object().at("type").text().equals("text")) {
                throw block.at("type").malformed("must be text here");
            }
            cached(block, losses);
            texts.add(block.at("text").text());
        }
        return texts;
    }

    private static void cached(Cursor block, Losses losses) {
        if (block.at("cache_control").present()) {
            losses.add("cache_control");
        }
    }

    private static List<Part> content(Cursor content, Losses losses) {
        List<Part> parts = new ArrayList<>();
        if (content.isText()) {
            parts.add(new Part.Text(content.text()));
            return parts;
        }
        if (content.present() && !content.node().isArray()) {
            throw content.malformed("must be a string or a list of blocks");
        }
        for (Cursor block : content.elements()) {
            cached(block.object(), losses);
            Part part = part(block, losses);
            if (part != null) {
                parts.add(part);
            }
        }
        return parts;
    }

    private static @Nullable Part part(Cursor block, Losses losses) {
        String type = block.at("type").text();
        return switch (type) {
            case "text" -> new Part.Text(block.at("text").text());
            case "image" -> image(block.at("source").object());
            case "thinking" ->
                new Part.Thinking(
                        block.at("thinking").text(), block.at("signature").optionalText());
            case "redacted_thinking" -> {
                losses.add("messages[].content[].redacted_thinking");
                yield null;
            }
            case "tool_use" ->
                new Part.Call(
                        block.at("id").text(),
                        block.at("name").text(),
                        block.at("input").object().node().toString());
            case "tool_result" -> {
                Cursor id = block.at("tool_use_id");
                yield new Part.Result(
                        id.path(),
                        id.text(),
                        content(block.at("content"), losses),
                        block.at("is_error").flag());
            }
            default -> throw block.at("type").unsupported("is '" + type + "', which has no translation");
        };
    }

    private static Part.Image image(Cursor source) {
        String type = source.at("type").text();
        return switch (type) {
            case "base64" -> {
                Cursor media = source.at("media_type");
                if (!media.text().startsWith("image/")) {
                    throw media.malformed("is no type of image");
                }
                yield new Part.Image(media.text(), source.at("data").text(), null);
            }
            case "url" -> Images.ofUrl(source.at("url"));
            default -> throw source.at("type").unsupported("is '" + type + "', which has no translation");
        };
    }

    private static Tools tools(Cursor body, Losses losses) {
        List<Tools.Tool> tools = new ArrayList<>();
        for (Cursor tool : body.at("tools").elements()) {
            String type = tool.object().at("type").optionalText();
            if (type != null && !type.equals("custom")) {
                throw tool.at("type").unsupported("is '" + type + "', a tool of Anthropic's own");
            }
            cached(tool, losses);
            tools.add(new Tools.Tool(
                    tool.at("name").text(),
                    tool.at("description").optionalText(),
                    tool.at("input_schema").optionalObject()));
        }
        Cursor choice = body.at("tool_choice");
        if (!choice.present()) {
            return new Tools(tools, null, null, null);
        }
        Tools.Choice kind = choice(choice.object().at("type"));
        Boolean disabled = choice.at("disable_parallel_tool_use").optionalFlag();
        return new Tools(
                tools,
                kind,
                kind == Tools.Choice.ONE ? choice.at("name").text() : null,
                disabled == null ? null : !disabled);
    }

    private static Tools.Choice choice(Cursor type) {
        return switch (type.text()) {
            case "auto" -> Tools.Choice.AUTO;
            case "none" -> Tools.Choice.NONE;
            case "any" -> Tools.Choice.ANY;
            case "tool" -> Tools.Choice.ONE;
            default -> throw type.malformed("must be auto, any, tool or none");
        };
    }

    @Override
    public Answer answer(JsonNode root) {
        if (!root.path("content").isArray()) {
            throw new AnswerException("the provider's answer is no message: it has no content");
        }
        ChatReply reply = ChatReply.of(Dialect.ANTHROPIC, root);
        List<Part> parts = new ArrayList<>();
        for (JsonNode block : root.path("content")) {
            switch (block.path("type").asText("")) {
                case "text" -> parts.add(new Part.Text(block.path("text").asText("")));
                case "thinking" ->
                    parts.add(new Part.Thinking(
                            block.path("thinking").asText(""),
                            block.path("signature").textValue()));
                case "tool_use" ->
                    parts.add(new Part.Call(
                            block.path("id").asText(""),
                            block.path("name").asText(""),
                            block.path("input").isObject() ? block.get("input").toString() : "{}"));
                default -> {}
            }
        }
        FinishReason finish = reply.finishReason();
        return new Answer(
                root.path("id").asText(""),
                root.path("model").asText(""),
                parts,
                finish == null ? FinishReason.STOP : finish,
                root.path("stop_sequence").textValue(),
                reply.usage());
    }

    @Override
    public StreamReader stream(AnswerSink sink) {
        return new AnthropicStreamReader(sink);
    }
}
