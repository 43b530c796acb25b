package dev.sluice.api.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
import dev.sluice.api.Exchange;
import dev.sluice.api.Usage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A whole answer to a chat request, seen alike in every dialect: a view over the tree in the client's own dialect.
 *
 * <p>Reading never throws: what is missing or malformed reads as empty. Where a request asked for several answers, this
 * is the first of them.
 */
public final class ChatReply {
    private final DialectView view;
    private final @Nullable Body body;
    private final JsonNode tree;

    private ChatReply(DialectView view, @Nullable Body body, JsonNode tree) {
        this.view = view;
        this.body = body;
        this.tree = tree;
    }

    /** A view over an answer of this exchange, in the client's dialect. */
    public static ChatReply of(Exchange exchange, Body body) {
        return of(exchange.dialect(), body);
    }

    /** A view over an answer of that dialect. */
    public static ChatReply of(Dialect dialect, Body body) {
        return new ChatReply(Dialects.view(dialect), body, MissingNode.getInstance());
    }

    /** A view over a tree of that dialect, only to be read: as {@code ask} returns it, in OpenAI's. */
    public static ChatReply of(Dialect dialect, JsonNode tree) {
        return new ChatReply(Dialects.view(dialect), null, tree);
    }

    /** The model that answered, by its own account; null if it gives none. */
    public @Nullable String model() {
        return field("model").textValue();
    }

    /** The answer's text; empty if there is none. */
    public String text() {
        return view.text(root());
    }

    /** What the model thought before it spoke, as far as it shows it; empty if it does not. */
    public String reasoning() {
        return view.reasoning(root());
    }

    /** The tools that the model calls; unmodifiable. */
    public List<ToolCall> toolCalls() {
        return view.toolCalls(root());
    }

    /** Why the answer ended; null if it does not say. */
    public @Nullable FinishReason finishReason() {
        return view.finishReason(root());
    }

    /** The tokens used; null if it does not say. */
    public @Nullable Usage usage() {
        return view.usage(this::field);
    }

    /** The error that stands here in place of an answer, only to be read; null if it is an answer. */
    public @Nullable JsonNode error() {
        return view.error(this::field);
    }

    private JsonNode field(String name) {
        Body b = body;
        return b == null ? tree.path(name) : b.field(name);
    }

    private JsonNode root() {
        Body b = body;
        return b == null ? tree : b.isJson() ? b.json() : MissingNode.getInstance();
    }
}
