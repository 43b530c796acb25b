package dev.sluice.plugins.aiproxy.dialect;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Usage;
import dev.sluice.api.llm.FinishReason;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** OpenAI chat completions, written. */
final class OpenAiWriter implements DialectWriter {
    /** OpenAI refuses longer names of users. */
    private static final int LONGEST_USER = 64;

    @Override
    public ObjectNode request(Prompt prompt, RequestOptions options, Losses losses) {
        ObjectNode tree = NODES.objectNode();
        if (prompt.model() != null) {
            tree.put("model", prompt.model());
        }
        ArrayNode messages = tree.putArray("messages");
        if (!prompt.system().isEmpty()) {
            messages.addObject().put("role", "system").put("content", String.join("\n\n", prompt.system()));
        }
        for (Turn turn : prompt.turns()) {
            if (turn.assistant()) {
                assistant(messages.addObject().put("role", "assistant"), turn.parts());
            } else {
                user(messages, turn.parts(), losses);
            }
        }
        Long bound = prompt.maxOutput();
        if (bound != null) {
            tree.put(options.completionTokens() ? "max_completion_tokens" : "max_tokens", bound);
        }
        if (prompt.temperature() != null) {
            tree.put("temperature", prompt.temperature());
        }
        if (prompt.topP() != null) {
            tree.put("top_p", prompt.topP());
        }
        if (!prompt.stop().isEmpty()) {
            ArrayNode stop = tree.putArray("stop");
            prompt.stop().forEach(stop::add);
        }
        tools(tree, prompt.tools());
        String user = prompt.user();
        if (user != null) {
            tree.put("user", user.length() > LONGEST_USER ? hashed(user) : user);
        }
        Long thinking = prompt.thinking();
        if (thinking != null) {
            tree.put("reasoning_effort", Effort.word(thinking));
        }
        ObjectNode schema = prompt.schema();
        if (schema != null) {
            ObjectNode format = tree.putObject("response_format").put("type", "json_schema");
            format.putObject("json_schema")
                    .put("name", "answer")
                    .put("strict", true)
                    .set("schema", schema);
        }
        if (prompt.stream()) {
            tree.put("stream", true).putObject("stream_options").put("include_usage", true);
        }
        return tree;
    }

    /** Still one name for one user. */
    private static String hashed(String user) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(user.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JVM has SHA-256", e);
        }
    }

    private static void assistant(ObjectNode message, List<Part> parts) {
        StringBuilder text = new StringBuilder();
        StringBuilder thoughts = new StringBuilder();
        List<Part.Call> calls = new ArrayList<>();
        for (Part part : parts) {
            if (part instanceof Part.Text said) {
                text.append(said.text());
            } else if (part instanceof Part.Thinking thinking) {
                thoughts.append(thinking.text());
            } else if (part instanceof Part.Call call) {
                calls.add(call);
            }
        }
        message(message, text.toString(), thoughts.toString(), calls);
    }

    private static void message(ObjectNode message, String text, String thoughts, List<Part.Call> calls) {
        if (text.isEmpty() && !calls.isEmpty()) {
            message.putNull("content");
        } else {
            message.put("content", text);
        }
        if (!thoughts.isEmpty()) {
            message.put("reasoning_content", thoughts);
        }
        if (!calls.isEmpty()) {
            ArrayNode list = message.putArray("tool_calls");
            for (Part.Call call : calls) {
                list.addObject()
                        .put("id", call.id())
                        .put("type", "function")
                        .putObject("function")
                        .put("name", call.name())
                        .put("arguments", call.arguments().isEmpty() ? "{}" : call.arguments());
            }
        }
    }

    /** Results are messages of their own, and come first: nothing may stand between a call and its result. */
    private static void user(ArrayNode messages, List<Part> parts, Losses losses) {
        List<Part> rest = new ArrayList<>();
        for (Part part : parts) {
            if (!(part instanceof Part.Result result)) {
                rest.add(part);
                continue;
            }
            if (result.failed()) {
                losses.add("messages[].content[].is_error");
            }
            List<String> texts = new ArrayList<>();
            for (Part piece : result.parts()) {
                if (piece instanceof Part.Text text) {
                    texts.add(text.text());
                } else {
                    rest.add(piece);
                }
            }
            messages.addObject()
                    .put("role", "tool")
                    .put("tool_call_id", result.id())
                    .put("content", String.join("\n", texts));
        }
        if (rest.size() == 1 && rest.get(0) instanceof Part.Text text) {
            messages.addObject().put("role", "user").put("content", text.text());
        } else if (!rest.isEmpty()) {
            content(messages.addObject().put("role", "user").putArray("content"), rest);
        }
    }

    private static void content(ArrayNode content, List<Part> parts) {
        for (Part part : parts) {
            if (part instanceof Part.Text text) {
                content.addObject().put("type", "text").put("text", text.text());
            } else if (part instanceof Part.Image image) {
                content.addObject()
                        .put("type", "image_url")
                        .putObject("image_url")
                        .put("url", Images.url(image));
            }
        }
    }

    private static void tools(ObjectNode tree, Tools tools) {
        if (tools.all().isEmpty()) {
            return;
        }
        ArrayNode list = tree.putArray("tools");
        for (Tools.Tool tool : tools.all()) {
            ObjectNode function = list.addObject()
                    .put("type", "function")
                    .putObject("function")
                    .put("name", tool.name());
            if (tool.description() != null) {
                function.put("description", tool.description());
            }
            if (tool.schema() != null) {
                function.set("parameters", tool.schema());
            }
        }
        Tools.Choice choice = tools.choice();
        if (choice != null) {
            switch (choice) {
                case AUTO -> tree.put("tool_choice", "auto");
                case NONE -> tree.put("tool_choice", "none");
                case ANY -> tree.put("tool_choice", "required");
                case ONE ->
                    tree.putObject("tool_choice")
                            .put("type", "function")
                            .putObject("function")
                            .put("name", tools.chosen());
            }
        }
        if (tools.parallel() != null) {
            tree.put("parallel_tool_calls", tools.parallel());
        }
    }

    @Override
    public ObjectNode answer(Answer answer) {
        ObjectNode tree = NODES.objectNode().put("id", answer.id()).put("object", "chat.completion");
        tree.put("created", Instant.now().getEpochSecond()).put("model", answer.model());
        ObjectNode choice = tree.putArray("choices").addObject().put("index", 0);
        ObjectNode message = choice.putObject("message").put("role", "assistant");
        message(message, answer.joined(false), answer.joined(true), answer.calls());
        message.putNull("refusal");
        choice.putNull("logprobs").put("finish_reason", word(answer.finish()));
        Usage usage = answer.usage();
        if (usage != null) {
            tree.set("usage", usage(usage));
        }
        return tree;
    }

    static String word(FinishReason reason) {
        return switch (reason) {
            case LENGTH -> "length";
            case TOOL_CALLS -> "tool_calls";
            case CONTENT_FILTER -> "content_filter";
            case STOP, OTHER -> "stop";
        };
    }

    static ObjectNode usage(Usage usage) {
        ObjectNode tree = NODES.objectNode()
                .put("prompt_tokens", usage.input())
                .put("completion_tokens", usage.output())
                .put("total_tokens", usage.total());
        tree.putObject("prompt_tokens_details").put("cached_tokens", usage.cachedInput());
        if (usage.reasoning() > 0) {
            tree.putObject("completion_tokens_details").put("reasoning_tokens", usage.reasoning());
        }
        return tree;
    }

    @Override
    public StreamWriter stream(Prompt prompt, StreamWriter.Tokens tokens) {
        return new OpenAiStreamWriter(prompt, tokens);
    }
}
