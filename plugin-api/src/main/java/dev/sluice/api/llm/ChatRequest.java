package dev.sluice.api.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
import dev.sluice.api.Exchange;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A chat request, seen alike in every dialect: a view over the client's own tree, which is read and edited in place, so
 * that fields unknown here survive.
 *
 * <p>Reading never throws: what is missing or malformed reads as empty, and a body that is no JSON object, or of a
 * dialect that has no view yet, as an empty conversation; edits of such a body do nothing. Each call reads the tree as
 * it stands. Edits go through {@link Body#edit}, so only on the exchange's event loop.
 */
public final class ChatRequest {
    private final DialectView view;
    private final Body body;

    private ChatRequest(DialectView view, Body body) {
        this.view = view;
        this.body = body;
    }

    /** A view over a request of this exchange, which speaks the client's dialect. */
    public static ChatRequest of(Exchange exchange, Body body) {
        return of(exchange.dialect(), body);
    }

    /** A view over a request of that dialect. */
    public static ChatRequest of(Dialect dialect, Body body) {
        return new ChatRequest(Dialects.view(dialect), body);
    }

    /** The model as the request's body names it; null if it does not. */
    public @Nullable String model() {
        return body.field("model").textValue();
    }

    /** Whether the body asks for a stream; a dialect that asks by its path says no here. */
    public boolean stream() {
        return body.field("stream").asBoolean(false);
    }

    /** The conversation in order, system text first where the dialect keeps it apart; unmodifiable. */
    public List<ChatMessage> messages() {
        return view.messages(root());
    }

    /** The text of the last user message that has any; empty if none has. Tool results are not the user's text. */
    public String lastUserText() {
        List<ChatMessage> messages = messages();
        for (int i = messages.size() - 1; i >= 0; i--) {
            ChatMessage message = messages.get(i);
            if (message.role() == ChatMessage.Role.USER && !message.text().isEmpty()) {
                return message.text();
            }
        }
        return "";
    }

    /** All system text, one message or block per line; empty if there is none. */
    public String systemText() {
        StringBuilder all = new StringBuilder();
        for (ChatMessage message : messages()) {
            if (message.role() == ChatMessage.Role.SYSTEM) {
                all.append(all.isEmpty() ? "" : "\n").append(message.text());
            }
        }
        return all.toString();
    }

    /** The tools that the model may call; unmodifiable. */
    public List<Tool> tools() {
        return view.tools(root());
    }

    /** The most tokens that the answer may have; null if the request sets no bound. */
    public @Nullable Long maxOutput() {
        return view.maxOutput(root());
    }

    /**
     * The parameters by which the answer is drawn, values as the client sent them, under OpenAI's names
     * ({@code temperature}, {@code top_p}, {@code stop}, {@code seed} …); a tree of the caller's own.
     */
    public ObjectNode sampling() {
        return view.sampling(root());
    }

    /** Names another model in the body; does nothing where the dialect names it elsewhere, or if it is that one. */
    public void setModel(String model) {
        if (view.modelInBody() && !model.equals(model())) {
            edit(root -> root.put("model", model));
        }
    }

    /** Adds to the system text, behind what is there. */
    public void addSystem(String text) {
        edit(root -> view.addSystem(root, text));
    }

    /**
     * Adds a turn before all others; system text before the system text that is there. A request without a conversation
     * stays as it is.
     *
     * @param speaker the system, the user or the assistant
     * @throws IllegalArgumentException if it is anybody else, whose turns are never text alone
     */
    public void prepend(ChatMessage.Role speaker, String text) {
        addTurn(speaker, text, true);
    }

    /**
     * Adds a turn after all others. System text stands where the dialect wants it: in a dialect that keeps it apart,
     * behind the system text that is there, else as the last turn. Otherwise as {@link #prepend}.
     */
    public void append(ChatMessage.Role speaker, String text) {
        addTurn(speaker, text, false);
    }

    private void addTurn(ChatMessage.Role speaker, String text, boolean first) {
        String role = switch (speaker) {
            case SYSTEM -> "system";
            case USER -> "user";
            case ASSISTANT -> "assistant";
            default ->
                throw new IllegalArgumentException("a turn of text is the system's, the user's or the assistant's");
        };
        if (!messages().isEmpty()) {
            edit(root -> view.addTurn(root, role, text, first));
        }
    }

    /**
     * Puts this text in the place of {@link #lastUserText()}; images and other parts of that message stay.
     *
     * @return whether there was a user text to replace
     */
    public boolean replaceLastUserText(String text) {
        if (lastUserText().isEmpty()) {
            return false;
        }
        edit(root -> view.replaceLastUserText(root, text));
        return true;
    }

    /**
     * Passes every text of the conversation through the function and puts what it returns in its place: system text,
     * messages, text parts and tool results, not arguments of tool calls.
     *
     * @param fn the speaker and one text; called in order, and also for texts it leaves as they are
     */
    public void rewriteTexts(BiFunction<ChatMessage.Role, String, String> fn) {
        edit(root -> view.rewriteTexts(root, fn));
    }

    /**
     * The request in one form for all that mean the same, for cache keys: keys sorted, nulls as if absent, without
     * what does not shape the answer ({@code stream}, {@code user}, {@code metadata} …). Fields unknown here count, as
     * does the dialect. A tree of the caller's own; its {@code toString()} is stable.
     */
    public ObjectNode canonical() {
        return view.canonical(root());
    }

    /** Changes the tree where there is one to change. */
    void edit(Consumer<ObjectNode> change) {
        if (root().isObject()) {
            body.edit(change);
        }
    }

    DialectView view() {
        return view;
    }

    private JsonNode root() {
        return body.isJson() ? body.json() : MissingNode.getInstance();
    }

    /** A tool that the model may call. Immutable. */
    public static final class Tool {
        private final String name;
        private final String description;
        private final JsonNode parameters;

        Tool(String name, String description, JsonNode parameters) {
            this.name = name;
            this.description = description;
            this.parameters = parameters;
        }

        /** Its name; of a tool that the vendor brings, its type. */
        public String name() {
            return name;
        }

        /** What the model is told of it; may be empty. */
        public String description() {
            return description;
        }

        /** JSON Schema of its arguments, only to be read; a missing node if there is none. */
        public JsonNode parameters() {
            return parameters;
        }

        @Override
        public String toString() {
            return name;
        }
    }
}
