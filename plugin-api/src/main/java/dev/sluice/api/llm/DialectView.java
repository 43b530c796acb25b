package dev.sluice.api.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Usage;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Where a dialect keeps what the views show. One subclass per dialect, without state; this class itself is the view of a
 * dialect that has none yet: everything is empty, nothing changes, and what must be written is written in OpenAI's shape.
 */
class DialectView {
    static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    // Requests

    boolean modelInBody() {
        return false;
    }

    List<ChatMessage> messages(JsonNode request) {
        return List.of();
    }

    List<ChatRequest.Tool> tools(JsonNode request) {
        return List.of();
    }

    @Nullable
    Long maxOutput(JsonNode request) {
        return null;
    }

    ObjectNode sampling(JsonNode request) {
        return NODES.objectNode();
    }

    void addSystem(ObjectNode request, String text) {}

    /** Adds a turn of text at one end; the role in the words that both dialects share. */
    void addTurn(ObjectNode request, String role, String text, boolean first) {}

    void replaceLastUserText(ObjectNode request, String text) {}

    void rewriteTexts(ObjectNode request, BiFunction<ChatMessage.Role, String, String> fn) {}

    ObjectNode canonical(JsonNode request) {
        return NODES.objectNode();
    }

    /** Ends the request with a turn of the assistant's; returns the text that it ends with. */
    String prefill(ObjectNode request, String said, Chats.Prefill spelling) {
        return "";
    }

    void addTurns(ObjectNode request, String assistant, String user) {}

    // Whole answers

    String text(JsonNode reply) {
        return "";
    }

    String reasoning(JsonNode reply) {
        return "";
    }

    List<ToolCall> toolCalls(JsonNode reply) {
        return List.of();
    }

    @Nullable
    FinishReason finishReason(JsonNode reply) {
        return null;
    }

    @Nullable
    Usage usage(Function<String, JsonNode> reply) {
        return null;
    }

    @Nullable
    JsonNode error(Function<String, JsonNode> reply) {
        return null;
    }

    /** Each text of each answer through the function; returns whether any changed. */
    boolean rewriteText(ObjectNode reply, UnaryOperator<String> fn) {
        return false;
    }

    // Events

    int deltaIndex(Event event) {
        return 0;
    }

    String deltaText(Event event) {
        return "";
    }

    String deltaReasoning(Event event) {
        return "";
    }

    List<ToolCall> deltaToolCalls(Event event) {
        return List.of();
    }

    @Nullable
    FinishReason deltaFinish(Event event) {
        return null;
    }

    @Nullable
    Usage deltaUsage(Event event) {
        return null;
    }

    @Nullable
    JsonNode deltaError(Event event) {
        return null;
    }

    boolean deltaIsLast(Event event) {
        return false;
    }

    boolean deltaHasContent(Event event) {
        return false;
    }

    Event withText(Event event, String text) {
        return event;
    }

    /** An event that adds this text and nothing else, otherwise like the given one of the same stream. */
    Event textEvent(Event like, int index, String text) {
        return Dialects.OPENAI.textEvent(like, index, text);
    }

    /** What flows on of an event whose texts pass through these windows. */
    Events rewrite(Event event, TextRewriter windows) {
        return event;
    }

    // What is written

    ObjectNode write(Chats.Answer answer) {
        return Dialects.OPENAI.write(answer);
    }

    List<Event> writeEvents(Chats.Answer answer) {
        return Dialects.OPENAI.writeEvents(answer);
    }

    ObjectNode error(int status, String code, String message) {
        return Dialects.OPENAI.error(status, code, message);
    }

    Event errorEvent(int status, String code, String message) {
        return Event.json(error(status, code, message));
    }

    Chats.Assembly assembly() {
        return Dialects.OPENAI.assembly();
    }

    List<Event> stream(JsonNode reply, Function<String, List<String>> pieces) {
        return Dialects.OPENAI.stream(reply, pieces);
    }

    // Splicing

    void observe(Chats.FirstStream first, Event event) {}

    Splicer splicer(Chats.FirstStream first, Chats.Continuation continuation, Usage spent) {
        return new OpenAiSplicer(first, continuation, spent);
    }

    /** Whether the data surely lacks this: a look at its bytes, where the tree is not there yet. */
    static boolean lacks(Event event, String ascii) {
        return !event.isParsed() && !event.mentions(ascii);
    }

    static String textOf(JsonNode node, String field) {
        String text = node.path(field).textValue();
        return text == null ? "" : text;
    }
}
