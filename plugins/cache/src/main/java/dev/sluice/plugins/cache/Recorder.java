package dev.sluice.plugins.cache;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Usage;
import dev.sluice.api.llm.ChatDelta;
import dev.sluice.api.llm.ChatReply;
import dev.sluice.api.llm.Chats;
import dev.sluice.api.llm.FinishReason;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Takes down one answer as it passes, and judges at its end whether it may be given again. Of a stream it keeps what the
 * events amount to, not the events. Confined to its exchange's event loop.
 */
final class Recorder {
    private final Dialect dialect;
    private final long maxBytes;
    private final Chats.Assembly assembly;
    private long unweighed;
    private @Nullable Flaw flaw;

    Recorder(Dialect dialect, long maxBytes) {
        this.dialect = dialect;
        this.maxBytes = maxBytes;
        this.assembly = Chats.assembly(dialect);
    }

    /**
     * What became of it.
     *
     * @param flaw why it is not stored; null if it may be
     * @param answer its JSON; empty if it is not stored
     */
    record Taken(@Nullable Flaw flaw, String answer) {
        static Taken not(Flaw flaw) {
            return new Taken(flaw, "");
        }
    }

    /** Takes down an event. */
    void event(Event event) {
        if (flaw != null) {
            return;
        }
        if (ChatDelta.of(dialect, event).error() != null) {
            flaw = Flaw.NO_ANSWER;
            return;
        }
        assembly.add(event);
        unweighed += event.size();
        // Events are mostly framing: only as many bytes as would be too many are worth a look at what they amount to.
        if (unweighed > maxBytes) {
            unweighed = 0;
            if (assembly.tree().toString().length() > maxBytes) {
                flaw = Flaw.TOO_LARGE;
            }
        }
    }

    /**
     * The stream has come to its end.
     *
     * @param usage what the try has reported, which the client may not have asked for; null if nothing
     */
    Taken end(@Nullable Usage usage) {
        if (flaw != null) {
            return Taken.not(flaw);
        }
        ObjectNode tree = JsonNodeFactory.instance.objectNode();
        tree.setAll(assembly.tree());
        if (usage != null && !tree.path("usage").isObject()) {
            JsonNode spelled =
                    Chats.reply(dialect, Chats.Answer.of("", "").usage(usage)).path("usage");
            tree.set("usage", spelled);
        }
        return judged(tree, tree.toString());
    }

    /** A whole answer. */
    Taken whole(Body body) {
        return body.isJson()
                ? judged(body.json(), new String(body.bytes(), StandardCharsets.UTF_8))
                : Taken.not(Flaw.NO_ANSWER);
    }

    private Taken judged(JsonNode tree, String answer) {
        Flaw found = flaw(tree);
        if (found == null && answer.length() > maxBytes) {
            found = Flaw.TOO_LARGE;
        }
        return found == null ? new Taken(null, answer) : Taken.not(found);
    }

    private @Nullable Flaw flaw(JsonNode tree) {
        if (!tree.isObject() || ChatReply.of(dialect, tree).error() != null) {
            return Flaw.NO_ANSWER;
        }
        JsonNode choices = tree.path("choices");
        if (choices.size() < 2) {
            return flaw(ChatReply.of(dialect, tree).finishReason());
        }
        for (JsonNode choice : choices) {
            ObjectNode one = JsonNodeFactory.instance.objectNode();
            one.putArray("choices").add(choice);
            Flaw found = flaw(ChatReply.of(dialect, one).finishReason());
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    private static @Nullable Flaw flaw(@Nullable FinishReason reason) {
        return reason == null
                ? Flaw.UNFINISHED
                : switch (reason) {
                    case STOP, LENGTH, TOOL_CALLS -> null;
                    case CONTENT_FILTER -> Flaw.FILTERED;
                    default -> Flaw.UNFINISHED;
                };
    }
}
