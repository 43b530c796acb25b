package dev.sluice.api.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** OpenAI chat completions, and the many vendors that speak it with additions of their own. */
final class OpenAiChat extends DialectView {
    private static final Set<String> IRRELEVANT = Set.of(
            "stream",
            "stream_options",
            "user",
            "metadata",
            "store",
            "service_tier",
            "safety_identifier",
            "prompt_cache_key",
            "prompt_cache_retention");
    private static final Map<String, String> SAMPLING = Map.ofEntries(
            Map.entry("temperature", "temperature"),
            Map.entry("top_p", "top_p"),
            Map.entry("top_k", "top_k"),
            Map.entry("min_p", "min_p"),
            Map.entry("n", "n"),
            Map.entry("seed", "seed"),
            Map.entry("stop", "stop"),
            Map.entry("presence_penalty", "presence_penalty"),
            Map.entry("frequency_penalty", "frequency_penalty"),
            Map.entry("repetition_penalty", "repetition_penalty"),
            Map.entry("logit_bias", "logit_bias"));

    @Override
    boolean modelInBody() {
        return true;
    }

    @Override
    List<ChatMessage> messages(JsonNode request) {
        List<ChatMessage> all = new ArrayList<>();
        for (JsonNode message : request.path("messages")) {
            if (message.isObject()) {
                all.add(message(message));
            }
        }
        return List.copyOf(all);
    }

    private static ChatMessage message(JsonNode message) {
        ChatMessage.Role role = role(message);
        List<ChatMessage.Part> parts = new ArrayList<>();
        String reasoning = reasoningOf(message);
        if (!reasoning.isEmpty()) {
            parts.add(new ChatMessage.Part(ChatMessage.Part.Kind.REASONING, reasoning, message));
        }
        JsonNode content = message.path("content");
        if (content.isTextual()) {
            parts.add(new ChatMessage.Part(textKind(role), content.textValue(), content));
        } else if (content.isArray()) {
            content.forEach(part -> parts.add(part(role, part)));
        }
        for (JsonNode call : message.path("tool_calls")) {
            String arguments = textOf(call.path("function"), "arguments");
            parts.add(new ChatMessage.Part(ChatMessage.Part.Kind.TOOL_CALL, arguments, call));
        }
        return new ChatMessage(role, parts);
    }

    private static ChatMessage.Part part(ChatMessage.Role role, JsonNode part) {
        String text = Content.partText(part);
        if (text != null) {
            return new ChatMessage.Part(textKind(role), text, part);
        }
        ChatMessage.Part.Kind kind = switch (textOf(part, "type")) {
            case "image_url" -> ChatMessage.Part.Kind.IMAGE;
            case "input_audio" -> ChatMessage.Part.Kind.AUDIO;
            case "file" -> ChatMessage.Part.Kind.FILE;
            default -> ChatMessage.Part.Kind.OTHER;
        };
        return new ChatMessage.Part(kind, "", part);
    }

    private static ChatMessage.Part.Kind textKind(ChatMessage.Role role) {
        return role == ChatMessage.Role.TOOL ? ChatMessage.Part.Kind.TOOL_RESULT : ChatMessage.Part.Kind.TEXT;
    }

    private static ChatMessage.Role role(JsonNode message) {
        return switch (textOf(message, "role")) {
            case "system", "developer" -> ChatMessage.Role.SYSTEM;
            case "user" -> ChatMessage.Role.USER;
            case "assistant" -> ChatMessage.Role.ASSISTANT;
            case "tool", "function" -> ChatMessage.Role.TOOL;
            default -> ChatMessage.Role.OTHER;
        };
    }

    @Override
    List<ChatRequest.Tool> tools(JsonNode request) {
        List<ChatRequest.Tool> all = new ArrayList<>();
        for (JsonNode tool : request.path("tools")) {
            JsonNode function = tool.path("function");
            String name = function.isObject() ? textOf(function, "name") : textOf(tool, "type");
            all.add(new ChatRequest.Tool(name, textOf(function, "description"), function.path("parameters")));
        }
        return List.copyOf(all);
    }

    @Override
    @Nullable
    Long maxOutput(JsonNode request) {
        JsonNode now = request.path("max_completion_tokens");
        JsonNode max = now.isIntegralNumber() ? now : request.path("max_tokens");
        return max.isIntegralNumber() && max.canConvertToLong() ? max.longValue() : null;
    }

    @Override
    ObjectNode sampling(JsonNode request) {
        return Fields.renamed(request, SAMPLING);
    }

    @Override
    void addSystem(ObjectNode request, String text) {
        ArrayNode messages = Fields.array(request, "messages");
        for (JsonNode message : messages) {
            if (message instanceof ObjectNode system && role(system) == ChatMessage.Role.SYSTEM) {
                Content.append(system, "content", "\n\n", text);
                return;
            }
        }
        messages.insertObject(0).put("role", "system").put("content", text);
    }

    @Override
    void addTurn(ObjectNode request, String role, String text, boolean first) {
        Fields.addTurn(request, role, text, first);
    }

    @Override
    void replaceLastUserText(ObjectNode request, String text) {
        JsonNode messages = request.path("messages");
        for (int i = messages.size() - 1; i >= 0; i--) {
            if (messages.get(i) instanceof ObjectNode message
                    && role(message) == ChatMessage.Role.USER
                    && !Content.text(message.path("content"), "").isEmpty()) {
                Content.replace(message, "content", text);
                return;
            }
        }
    }

    @Override
    void rewriteTexts(ObjectNode request, BiFunction<ChatMessage.Role, String, String> fn) {
        for (JsonNode node : request.path("messages")) {
            if (node instanceof ObjectNode message) {
                ChatMessage.Role role = role(message);
                Content.rewrite(message, "content", text -> fn.apply(role, text));
            }
        }
    }

    @Override
    ObjectNode canonical(JsonNode request) {
        return Canonical.request("OPENAI", request, IRRELEVANT);
    }

    @Override
    String prefill(ObjectNode request, String said, Chats.Prefill spelling) {
        ArrayNode messages = Fields.array(request, "messages");
        if (said.isEmpty()) {
            return said;
        }
        ObjectNode last = lastAssistant(messages);
        if (last == null) {
            last = messages.addObject().put("role", "assistant").put("content", said);
        } else {
            Content.continueText(last, "content", said);
        }
        switch (spelling) {
            case DEEPSEEK, MISTRAL -> last.put("prefix", true);
            case QWEN -> last.put("partial", true);
            case VLLM -> request.put("continue_final_message", true).put("add_generation_prompt", false);
            case PLAIN -> {}
        }
        return said;
    }

    @Override
    void addTurns(ObjectNode request, String assistant, String user) {
        ArrayNode messages = Fields.array(request, "messages");
        ObjectNode last = lastAssistant(messages);
        if (last == null) {
            messages.addObject().put("role", "assistant").put("content", assistant);
        } else {
            Content.continueText(last, "content", assistant);
        }
        messages.addObject().put("role", "user").put("content", user);
    }

    private static @Nullable ObjectNode lastAssistant(ArrayNode messages) {
        return !messages.isEmpty()
                        && messages.get(messages.size() - 1) instanceof ObjectNode last
                        && role(last) == ChatMessage.Role.ASSISTANT
                        && !last.path("tool_calls").isArray()
                ? last
                : null;
    }

    @Override
    String text(JsonNode reply) {
        return Content.text(reply.path("choices").path(0).path("message").path("content"), "");
    }

    @Override
    String reasoning(JsonNode reply) {
        return reasoningOf(reply.path("choices").path(0).path("message"));
    }

    @Override
    List<ToolCall> toolCalls(JsonNode reply) {
        return calls(reply.path("choices").path(0).path("message"));
    }

    @Override
    @Nullable
    FinishReason finishReason(JsonNode reply) {
        return finish(reply.path("choices").path(0));
    }

    @Override
    @Nullable
    Usage usage(Function<String, JsonNode> reply) {
        return OpenAiUsage.read(reply.apply("usage"));
    }

    @Override
    @Nullable
    JsonNode error(Function<String, JsonNode> reply) {
        JsonNode error = reply.apply("error");
        return error.isObject() || error.isTextual() ? error : null;
    }

    @Override
    boolean rewriteText(ObjectNode reply, UnaryOperator<String> fn) {
        boolean changed = false;
        for (JsonNode choice : reply.path("choices")) {
            if (choice.path("message") instanceof ObjectNode message) {
                changed |= Content.rewrite(message, "content", fn);
            }
        }
        return changed;
    }

    @Override
    int deltaIndex(Event event) {
        return event.json().path("choices").path(0).path("index").asInt(0);
    }

    @Override
    String deltaText(Event event) {
        return lacks(event, "\"content\"") ? "" : Content.text(delta(event).path("content"), "");
    }

    @Override
    String deltaReasoning(Event event) {
        return lacks(event, "\"reasoning") ? "" : reasoningOf(delta(event));
    }

    @Override
    List<ToolCall> deltaToolCalls(Event event) {
        return lacks(event, "\"tool_calls\"") ? List.of() : calls(delta(event));
    }

    @Override
    @Nullable
    FinishReason deltaFinish(Event event) {
        if (lacks(event, "\"finish_reason\"")) {
            return null;
        }
        for (JsonNode choice : event.json().path("choices")) {
            FinishReason finish = finish(choice);
            if (finish != null) {
                return finish;
            }
        }
        return null;
    }

    @Override
    @Nullable
    Usage deltaUsage(Event event) {
        return lacks(event, "\"usage\"") ? null : OpenAiUsage.read(event.json().path("usage"));
    }

    @Override
    @Nullable
    JsonNode deltaError(Event event) {
        return lacks(event, "\"error\"") ? null : error(event.json()::path);
    }

    @Override
    boolean deltaIsLast(Event event) {
        return deltaFinish(event) != null;
    }

    @Override
    boolean deltaHasContent(Event event) {
        for (JsonNode choice : event.json().path("choices")) {
            JsonNode delta = choice.path("delta");
            if (!Content.text(delta.path("content"), "").isEmpty()
                    || !reasoningOf(delta).isEmpty()
                    || !textOf(delta, "refusal").isEmpty()
                    || !delta.path("tool_calls").isEmpty()
                    || delta.path("function_call").isObject()
                    || delta.path("audio").isObject()
                    || finish(choice) == FinishReason.CONTENT_FILTER) {
                return true;
            }
        }
        return false;
    }

    @Override
    Event withText(Event event, String text) {
        if (!delta(event).isObject()) {
            return event;
        }
        return event.edit(root -> {
            if (root.path("choices").path(0).path("delta") instanceof ObjectNode delta) {
                setText(delta, text);
            }
        });
    }

    private static void setText(ObjectNode delta, String text) {
        if (delta.path("content").isArray() && Content.hasText(delta.path("content"))) {
            Content.replace(delta, "content", text);
        } else {
            delta.put("content", text);
        }
    }

    @Override
    Event textEvent(Event like, int index, String text) {
        ObjectNode tree = NODES.objectNode();
        like.json().properties().forEach(field -> {
            if (field.getValue().isValueNode()) {
                tree.set(field.getKey(), field.getValue());
            }
        });
        if (tree.has("usage")) {
            tree.putNull("usage");
        }
        ObjectNode choice = tree.putArray("choices").addObject().put("index", index);
        choice.putObject("delta").put("content", text);
        choice.putNull("finish_reason");
        return like.withJson(tree);
    }

    @Override
    Events rewrite(Event event, TextRewriter windows) {
        JsonNode choices = event.json().path("choices");
        if (choices.isEmpty()) {
            return event;
        }
        List<Event> out = new ArrayList<>();
        List<@Nullable String> texts = new ArrayList<>(choices.size());
        boolean changed = false;
        boolean says = false;
        for (JsonNode choice : choices) {
            int index = choice.path("index").asInt(0);
            JsonNode delta = choice.path("delta");
            String text = Content.text(delta.path("content"), "");
            boolean others = saysMore(choice, delta);
            String now = text.isEmpty() ? "" : windows.add(index, event, text);
            if (others) {
                String rest = windows.flush(index);
                if (text.isEmpty() && !rest.isEmpty()) {
                    out.add(textEvent(event, index, rest));
                } else {
                    now += rest;
                }
            }
            changed |= !now.equals(text);
            says |= others || !now.isEmpty() || text.isEmpty();
            texts.add(now.equals(text) ? null : now);
        }
        Event rewritten = changed ? withTexts(event, texts) : event;
        if (says || event.json().path("usage").isObject()) {
            out.add(rewritten);
        }
        return out.isEmpty() ? Events.held() : Events.of(out);
    }

    /** Whether a choice carries anything before which the text so far must be out. */
    private static boolean saysMore(JsonNode choice, JsonNode delta) {
        if (choice.path("finish_reason").isTextual()) {
            return true;
        }
        for (Map.Entry<String, JsonNode> field : delta.properties()) {
            boolean empty = field.getValue().isNull()
                    || (field.getValue().isContainerNode() && field.getValue().isEmpty())
                    || (field.getValue().isTextual()
                            && field.getValue().textValue().isEmpty());
            if (!empty && !field.getKey().equals("content") && !field.getKey().equals("role")) {
                return true;
            }
        }
        return false;
    }

    private static Event withTexts(Event event, List<@Nullable String> texts) {
        return event.edit(root -> {
            JsonNode choices = root.path("choices");
            for (int i = 0; i < texts.size(); i++) {
                String text = texts.get(i);
                if (text != null && choices.path(i).path("delta") instanceof ObjectNode delta) {
                    setText(delta, text);
                }
            }
        });
    }

    @Override
    ObjectNode write(Chats.Answer answer) {
        ObjectNode tree = NODES.objectNode();
        tree.put("id", "chatcmpl-" + answer.id).put("object", "chat.completion");
        tree.put("created", System.currentTimeMillis() / 1000).put("model", answer.model);
        ObjectNode choice = tree.putArray("choices").addObject().put("index", 0);
        ObjectNode message = choice.putObject("message").put("role", "assistant");
        if (answer.text.isEmpty() && !answer.toolCalls.isEmpty()) {
            message.putNull("content");
        } else {
            message.put("content", answer.text);
        }
        if (!answer.reasoning.isEmpty()) {
            message.put("reasoning_content", answer.reasoning);
        }
        if (!answer.toolCalls.isEmpty()) {
            ArrayNode calls = message.putArray("tool_calls");
            for (ToolCall call : answer.toolCalls) {
                ObjectNode one = calls.addObject().put("id", call.id()).put("type", "function");
                one.putObject("function").put("name", call.name()).put("arguments", call.arguments());
            }
        }
        choice.put("finish_reason", word(answer.ending()));
        Usage usage = answer.usage;
        tree.set("usage", OpenAiUsage.write(usage == null ? Usage.NONE : usage));
        return tree;
    }

    /** Usage is an event of its own, there only for who asked. */
    @Override
    List<Event> writeEvents(Chats.Answer answer) {
        ObjectNode whole = write(answer);
        if (answer.usage == null) {
            whole.remove("usage");
        }
        return stream(whole, List::of);
    }

    private static String word(FinishReason reason) {
        return switch (reason) {
            case LENGTH -> "length";
            case TOOL_CALLS -> "tool_calls";
            case CONTENT_FILTER -> "content_filter";
            case STOP, OTHER -> "stop";
        };
    }

    @Override
    ObjectNode error(int status, String code, String message) {
        ObjectNode tree = NODES.objectNode();
        tree.putObject("error")
                .put("message", message)
                .put("type", errorType(status))
                .put("code", code)
                .putNull("param");
        return tree;
    }

    private static String errorType(int status) {
        return switch (status) {
            case 401 -> "authentication_error";
            case 403 -> "permission_error";
            case 404 -> "not_found_error";
            case 429 -> "rate_limit_error";
            default -> status >= 500 ? "server_error" : "invalid_request_error";
        };
    }

    @Override
    Chats.Assembly assembly() {
        return new OpenAiAssembly();
    }

    @Override
    List<Event> stream(JsonNode reply, Function<String, List<String>> pieces) {
        return OpenAiReplay.events(reply, pieces);
    }

    @Override
    void observe(Chats.FirstStream first, Event event) {
        if (first.head == null && event.json().path("choices").isArray()) {
            ObjectNode head = NODES.objectNode();
            for (String field : List.of("id", "object", "created", "model", "system_fingerprint")) {
                if (event.json().has(field)) {
                    head.set(field, event.json().get(field));
                }
            }
            first.head = head;
        }
    }

    @Override
    Splicer splicer(Chats.FirstStream first, Chats.Continuation continuation, Usage spent) {
        return new OpenAiSplicer(first, continuation, spent);
    }

    static JsonNode delta(Event event) {
        return event.json().path("choices").path(0).path("delta");
    }

    /** {@code reasoning_content} (DeepSeek, Qwen) or {@code reasoning} (OpenRouter, newer vLLM). */
    static String reasoningOf(JsonNode message) {
        String reasoning = textOf(message, "reasoning_content");
        return reasoning.isEmpty() ? textOf(message, "reasoning") : reasoning;
    }

    private static List<ToolCall> calls(JsonNode message) {
        List<ToolCall> all = new ArrayList<>();
        for (JsonNode call : message.path("tool_calls")) {
            JsonNode function = call.path("function");
            all.add(ToolCall.of(
                    call.path("index").asInt(all.size()),
                    call.path("id").textValue(),
                    function.path("name").textValue(),
                    textOf(function, "arguments")));
        }
        return List.copyOf(all);
    }

    private static @Nullable FinishReason finish(JsonNode choice) {
        String reason = choice.path("finish_reason").textValue();
        if (reason == null || reason.isEmpty()) {
            return null;
        }
        return switch (reason) {
            case "stop" -> FinishReason.STOP;
            case "length" -> FinishReason.LENGTH;
            case "tool_calls", "function_call" -> FinishReason.TOOL_CALLS;
            case "content_filter" -> FinishReason.CONTENT_FILTER;
            default -> FinishReason.OTHER;
        };
    }
}
