package dev.sluice.api.llm;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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

/** Anthropic messages: system text apart, content in blocks, streams of named events. */
final class AnthropicMessages extends DialectView {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Set<String> IRRELEVANT = Set.of("stream", "metadata", "service_tier");
    private static final Map<String, String> SAMPLING =
            Map.of("temperature", "temperature", "top_p", "top_p", "top_k", "top_k", "stop_sequences", "stop");

    @Override
    boolean modelInBody() {
        return true;
    }

    @Override
    List<ChatMessage> messages(JsonNode request) {
        List<ChatMessage> all = new ArrayList<>();
        JsonNode system = request.path("system");
        if (Content.hasText(system)) {
            all.add(new ChatMessage(ChatMessage.Role.SYSTEM, parts(system)));
        }
        for (JsonNode message : request.path("messages")) {
            if (message.isObject()) {
                all.add(new ChatMessage(role(message), parts(message.path("content"))));
            }
        }
        return List.copyOf(all);
    }

    private static List<ChatMessage.Part> parts(JsonNode content) {
        List<ChatMessage.Part> parts = new ArrayList<>();
        if (content.isTextual()) {
            parts.add(new ChatMessage.Part(ChatMessage.Part.Kind.TEXT, content.textValue(), content));
        } else if (content.isArray()) {
            content.forEach(block -> parts.add(part(block)));
        }
        return parts;
    }

    private static ChatMessage.Part part(JsonNode block) {
        String text = Content.partText(block);
        if (text != null) {
            return new ChatMessage.Part(ChatMessage.Part.Kind.TEXT, text, block);
        }
        return switch (textOf(block, "type")) {
            case "image" -> new ChatMessage.Part(ChatMessage.Part.Kind.IMAGE, "", block);
            case "document" -> new ChatMessage.Part(ChatMessage.Part.Kind.FILE, "", block);
            case "thinking" -> new ChatMessage.Part(ChatMessage.Part.Kind.REASONING, textOf(block, "thinking"), block);
            case "tool_use", "server_tool_use" ->
                new ChatMessage.Part(ChatMessage.Part.Kind.TOOL_CALL, arguments(block), block);
            case "tool_result" ->
                new ChatMessage.Part(
                        ChatMessage.Part.Kind.TOOL_RESULT, Content.text(block.path("content"), "\n"), block);
            default -> new ChatMessage.Part(ChatMessage.Part.Kind.OTHER, "", block);
        };
    }

    private static ChatMessage.Role role(JsonNode message) {
        return switch (textOf(message, "role")) {
            case "system" -> ChatMessage.Role.SYSTEM;
            case "user" -> onlyToolResults(message.path("content")) ? ChatMessage.Role.TOOL : ChatMessage.Role.USER;
            case "assistant" -> ChatMessage.Role.ASSISTANT;
            default -> ChatMessage.Role.OTHER;
        };
    }

    private static boolean onlyToolResults(JsonNode content) {
        if (!content.isArray() || content.isEmpty()) {
            return false;
        }
        for (JsonNode block : content) {
            if (!textOf(block, "type").equals("tool_result")) {
                return false;
            }
        }
        return true;
    }

    @Override
    List<ChatRequest.Tool> tools(JsonNode request) {
        List<ChatRequest.Tool> all = new ArrayList<>();
        for (JsonNode tool : request.path("tools")) {
            String name = textOf(tool, "name");
            all.add(new ChatRequest.Tool(
                    name.isEmpty() ? textOf(tool, "type") : name,
                    textOf(tool, "description"),
                    tool.path("input_schema")));
        }
        return List.copyOf(all);
    }

    @Override
    @Nullable
    Long maxOutput(JsonNode request) {
        JsonNode max = request.path("max_tokens");
        return max.isIntegralNumber() && max.canConvertToLong() ? max.longValue() : null;
    }

    @Override
    ObjectNode sampling(JsonNode request) {
        return Fields.renamed(request, SAMPLING);
    }

    @Override
    void addSystem(ObjectNode request, String text) {
        Content.append(request, "system", "\n\n", text);
    }

    @Override
    void addTurn(ObjectNode request, String role, String text, boolean first) {
        if (!role.equals("system")) {
            Fields.addTurn(request, role, text, first);
        } else if (first) {
            Content.prepend(request, "system", "\n\n", text);
        } else {
            addSystem(request, text);
        }
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
        Content.rewrite(request, "system", text -> fn.apply(ChatMessage.Role.SYSTEM, text));
        for (JsonNode node : request.path("messages")) {
            if (node instanceof ObjectNode message) {
                ChatMessage.Role role = role(message);
                Content.rewrite(message, "content", text -> fn.apply(role, text));
                for (JsonNode block : message.path("content")) {
                    if (block instanceof ObjectNode result
                            && textOf(result, "type").equals("tool_result")) {
                        Content.rewrite(result, "content", text -> fn.apply(ChatMessage.Role.TOOL, text));
                    }
                }
            }
        }
    }

    @Override
    ObjectNode canonical(JsonNode request) {
        return Canonical.request("ANTHROPIC", request, IRRELEVANT);
    }

    /** Anthropic refuses a last turn that ends with white space. */
    @Override
    String prefill(ObjectNode request, String said, Chats.Prefill spelling) {
        String given = said.stripTrailing();
        if (given.isEmpty()) {
            return given;
        }
        ArrayNode messages = Fields.array(request, "messages");
        assistantTurn(messages, given);
        return given;
    }

    @Override
    void addTurns(ObjectNode request, String assistant, String user) {
        ArrayNode messages = Fields.array(request, "messages");
        assistantTurn(messages, assistant);
        messages.addObject().put("role", "user").put("content", user);
    }

    private static void assistantTurn(ArrayNode messages, String text) {
        if (!messages.isEmpty()
                && messages.get(messages.size() - 1) instanceof ObjectNode last
                && role(last) == ChatMessage.Role.ASSISTANT) {
            Content.continueText(last, "content", text);
        } else {
            messages.addObject().put("role", "assistant").put("content", text);
        }
    }

    @Override
    String text(JsonNode reply) {
        return Content.text(reply.path("content"), "");
    }

    @Override
    String reasoning(JsonNode reply) {
        StringBuilder all = new StringBuilder();
        reply.path("content").forEach(block -> all.append(textOf(block, "thinking")));
        return all.toString();
    }

    @Override
    List<ToolCall> toolCalls(JsonNode reply) {
        List<ToolCall> all = new ArrayList<>();
        for (JsonNode block : reply.path("content")) {
            if (textOf(block, "type").equals("tool_use")) {
                all.add(ToolCall.of(
                        all.size(),
                        block.path("id").textValue(),
                        block.path("name").textValue(),
                        arguments(block)));
            }
        }
        return List.copyOf(all);
    }

    private static String arguments(JsonNode block) {
        return block.has("input") ? block.get("input").toString() : "";
    }

    @Override
    @Nullable
    FinishReason finishReason(JsonNode reply) {
        return finish(reply);
    }

    @Override
    @Nullable
    Usage usage(Function<String, JsonNode> reply) {
        return AnthropicUsage.read(reply.apply("usage"));
    }

    @Override
    @Nullable
    JsonNode error(Function<String, JsonNode> reply) {
        JsonNode error = reply.apply("error");
        return error.isObject() || error.isTextual() ? error : null;
    }

    @Override
    boolean rewriteText(ObjectNode reply, UnaryOperator<String> fn) {
        return Content.rewrite(reply, "content", fn);
    }

    @Override
    int deltaIndex(Event event) {
        return event.json().path("index").asInt(0);
    }

    @Override
    String deltaText(Event event) {
        return switch (type(event)) {
            case "content_block_delta" -> textOf(delta(event), "text");
            case "content_block_start" -> textOf(block(event), "text");
            default -> "";
        };
    }

    @Override
    String deltaReasoning(Event event) {
        return switch (type(event)) {
            case "content_block_delta" -> textOf(delta(event), "thinking");
            case "content_block_start" -> textOf(block(event), "thinking");
            default -> "";
        };
    }

    @Override
    List<ToolCall> deltaToolCalls(Event event) {
        String type = type(event);
        if (type.equals("content_block_start") && isToolUse(event)) {
            JsonNode block = block(event);
            return List.of(ToolCall.of(
                    deltaIndex(event),
                    block.path("id").textValue(),
                    block.path("name").textValue(),
                    ""));
        }
        if (type.equals("content_block_delta") && delta(event).has("partial_json")) {
            return List.of(ToolCall.of(deltaIndex(event), null, null, textOf(delta(event), "partial_json")));
        }
        return List.of();
    }

    @Override
    @Nullable
    FinishReason deltaFinish(Event event) {
        return type(event).equals("message_delta") ? finish(delta(event)) : null;
    }

    @Override
    @Nullable
    Usage deltaUsage(Event event) {
        return switch (type(event)) {
            case "message_start" ->
                AnthropicUsage.read(event.json().path("message").path("usage"));
            case "message_delta" -> AnthropicUsage.read(event.json().path("usage"));
            default -> null;
        };
    }

    @Override
    @Nullable
    JsonNode deltaError(Event event) {
        return type(event).equals("error") ? event.json().path("error") : null;
    }

    @Override
    boolean deltaIsLast(Event event) {
        return type(event).equals("message_stop");
    }

    @Override
    boolean deltaHasContent(Event event) {
        return switch (type(event)) {
            case "content_block_start" ->
                isToolUse(event)
                        || textOf(block(event), "type").equals("redacted_thinking")
                        || !deltaText(event).isEmpty()
                        || !deltaReasoning(event).isEmpty();
            case "content_block_delta" ->
                !deltaText(event).isEmpty()
                        || !deltaReasoning(event).isEmpty()
                        || !textOf(delta(event), "partial_json").isEmpty();
            case "message_delta" -> deltaFinish(event) == FinishReason.CONTENT_FILTER;
            default -> false;
        };
    }

    @Override
    Event withText(Event event, String text) {
        String holder = type(event).equals("content_block_start") ? "content_block" : "delta";
        if (!event.json().path(holder).path("text").isTextual()) {
            return event;
        }
        return event.edit(root -> {
            if (root.path(holder) instanceof ObjectNode object) {
                object.put("text", text);
            }
        });
    }

    @Override
    Event textEvent(Event like, int index, String text) {
        ObjectNode tree = NODES.objectNode().put("type", "content_block_delta").put("index", index);
        tree.putObject("delta").put("type", "text_delta").put("text", text);
        return Event.json(tree).name("content_block_delta");
    }

    @Override
    Events rewrite(Event event, TextRewriter windows) {
        switch (type(event)) {
            case "content_block_start", "content_block_delta" -> {
                String text = deltaText(event);
                if (text.isEmpty()) {
                    return event;
                }
                String now = windows.add(deltaIndex(event), event, text);
                if (now.equals(text)) {
                    return event;
                }
                boolean opens = type(event).equals("content_block_start");
                return now.isEmpty() && !opens ? Events.held() : withText(event, now);
            }
            case "content_block_stop" -> {
                String rest = windows.flush(deltaIndex(event));
                return rest.isEmpty() ? event : Events.of(textEvent(event, deltaIndex(event), rest), event);
            }
            case "message_delta" -> {
                List<Event> out = windows.flushAll();
                out.add(event);
                return Events.of(out);
            }
            default -> {
                return event;
            }
        }
    }

    @Override
    ObjectNode write(Chats.Answer answer) {
        ObjectNode tree = NODES.objectNode();
        tree.put("id", "msg_" + answer.id).put("type", "message").put("role", "assistant");
        tree.put("model", answer.model);
        ArrayNode content = tree.putArray("content");
        if (!answer.reasoning.isEmpty()) {
            content.addObject()
                    .put("type", "thinking")
                    .put("thinking", answer.reasoning)
                    .put("signature", "");
        }
        if (!answer.text.isEmpty() || answer.toolCalls.isEmpty()) {
            content.addObject().put("type", "text").put("text", answer.text);
        }
        for (ToolCall call : answer.toolCalls) {
            ObjectNode block = content.addObject().put("type", "tool_use").put("id", call.id());
            block.put("name", call.name()).set("input", parse(call.arguments()));
        }
        tree.put("stop_reason", word(answer.ending())).putNull("stop_sequence");
        Usage usage = answer.usage;
        AnthropicUsage.write(tree.putObject("usage"), usage == null ? Usage.NONE : usage);
        return tree;
    }

    @Override
    List<Event> writeEvents(Chats.Answer answer) {
        return stream(write(answer), List::of);
    }

    private static String word(FinishReason reason) {
        return switch (reason) {
            case LENGTH -> "max_tokens";
            case TOOL_CALLS -> "tool_use";
            case CONTENT_FILTER -> "refusal";
            case STOP, OTHER -> "end_turn";
        };
    }

    /** Arguments as a tree; what a model wrote that is no JSON object becomes an empty one. */
    static JsonNode parse(String arguments) {
        try {
            JsonNode tree = MAPPER.readTree(arguments);
            return tree != null && tree.isObject() ? tree : NODES.objectNode();
        } catch (JsonProcessingException e) {
            return NODES.objectNode();
        }
    }

    @Override
    ObjectNode error(int status, String code, String message) {
        ObjectNode tree = NODES.objectNode().put("type", "error");
        tree.putObject("error")
                .put("type", errorType(status))
                .put("message", message)
                .put("code", code);
        return tree;
    }

    @Override
    Event errorEvent(int status, String code, String message) {
        return Event.json(error(status, code, message)).name("error");
    }

    private static String errorType(int status) {
        return switch (status) {
            case 401 -> "authentication_error";
            case 403 -> "permission_error";
            case 404 -> "not_found_error";
            case 413 -> "request_too_large";
            case 429 -> "rate_limit_error";
            case 503, 529 -> "overloaded_error";
            case 504 -> "timeout_error";
            default -> status >= 500 ? "api_error" : "invalid_request_error";
        };
    }

    @Override
    Chats.Assembly assembly() {
        return new AnthropicAssembly();
    }

    @Override
    List<Event> stream(JsonNode reply, Function<String, List<String>> pieces) {
        return AnthropicReplay.events(reply, pieces);
    }

    @Override
    void observe(Chats.FirstStream first, Event event) {
        switch (type(event)) {
            case "message_start" -> {
                if (first.head == null && event.json().path("message") instanceof ObjectNode message) {
                    first.head = message;
                }
            }
            case "content_block_start" -> {
                first.openBlock = deltaIndex(event);
                first.openKind = textOf(block(event), "type");
                first.nextBlock = Math.max(first.nextBlock, first.openBlock + 1);
            }
            case "content_block_stop" -> {
                first.openBlock = -1;
                first.openKind = "";
            }
            default -> {}
        }
    }

    @Override
    Splicer splicer(Chats.FirstStream first, Chats.Continuation continuation, Usage spent) {
        return new AnthropicSplicer(first, continuation, spent);
    }

    /** By the event's name, which costs no parsing; where a framing gives none, by its tree. */
    static String type(Event event) {
        String name = event.name();
        return name != null ? name : textOf(event.json(), "type");
    }

    static JsonNode block(Event event) {
        return event.json().path("content_block");
    }

    static JsonNode delta(Event event) {
        return event.json().path("delta");
    }

    private static boolean isToolUse(Event event) {
        return textOf(block(event), "type").equals("tool_use");
    }

    private static @Nullable FinishReason finish(JsonNode holder) {
        String reason = holder.path("stop_reason").textValue();
        if (reason == null || reason.isEmpty()) {
            return null;
        }
        return switch (reason) {
            case "end_turn", "stop_sequence" -> FinishReason.STOP;
            case "max_tokens", "model_context_window_exceeded" -> FinishReason.LENGTH;
            case "tool_use" -> FinishReason.TOOL_CALLS;
            case "refusal" -> FinishReason.CONTENT_FILTER;
            default -> FinishReason.OTHER;
        };
    }
}
