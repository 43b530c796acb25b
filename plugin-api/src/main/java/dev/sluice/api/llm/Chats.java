package dev.sluice.api.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Exchange;
import dev.sluice.api.Reply;
import dev.sluice.api.ResponseHooks;
import dev.sluice.api.Said;
import dev.sluice.api.Target;
import dev.sluice.api.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What filters write in the client's dialect: answers, streams, errors; and how an answer that broke off is carried on.
 * A dialect that has no view yet is written in OpenAI's shape.
 *
 * <p>To carry an answer on, an exchange filter remembers the stream that the client sees, and its attempt filter shapes
 * the request and splices the answer of a try that resumes:
 *
 * <pre>{@code
 * private final Chats.FirstStream first = Chats.firstStream(exchange);
 *
 * public Events onEvent(Event event) { return first.onEvent(event); }
 *
 * public AttemptFilter onAttempt(Attempt attempt) {
 *     return attempt.isResume() ? new Resumed(attempt.said()) : AttemptFilter.PASS;
 * }
 *
 * final class Resumed implements AttemptFilter {       // knows said, and spent: the usage of the tries before
 *     private ResponseHooks splice;
 *
 *     public Step onSend(UpstreamRequest request) {
 *         ChatRequest chat = ChatRequest.of(exchange, request.body());
 *         splice = Chats.splice(first, Chats.prefill(chat, said, Chats.Prefill.PLAIN), spent);
 *         return Step.next();
 *     }
 *     public Events onEvent(Event event) { return splice.onEvent(event); }
 *     public Events onEnd() { return splice.onEnd(); }
 * }
 * }</pre>
 */
public final class Chats {
    private static final String GO_ON =
            "Your answer above was cut off in the middle. Continue it exactly where it stops,"
                    + " beginning with the very next character. Repeat nothing of it, add no introduction or comment.";

    private Chats() {}

    /** A whole answer with this text; its model is the exchange's target's. A tree of the caller's own. */
    public static ObjectNode reply(Exchange exchange, String text) {
        return reply(exchange.dialect(), answer(exchange, text));
    }

    /** A whole answer. A tree of the caller's own. */
    public static ObjectNode reply(Dialect dialect, Answer answer) {
        return Dialects.view(dialect).write(answer);
    }

    /** A stream with this text: all events, the opening and the end included; terminators are the host's. */
    public static List<Event> events(Exchange exchange, String text) {
        return events(exchange.dialect(), answer(exchange, text));
    }

    /** A stream of this answer; OpenAI's usage event is there if the answer has a usage. */
    public static List<Event> events(Dialect dialect, Answer answer) {
        return Dialects.view(dialect).writeEvents(answer);
    }

    /** A whole answer that refuses, in the dialect's own way, with this text. */
    public static ObjectNode refusal(Exchange exchange, String text) {
        return reply(exchange.dialect(), answer(exchange, text).finish(FinishReason.CONTENT_FILTER));
    }

    /** A stream that refuses, in the dialect's own way, with this text. */
    public static List<Event> refusalEvents(Exchange exchange, String text) {
        return events(exchange.dialect(), answer(exchange, text).finish(FinishReason.CONTENT_FILTER));
    }

    /**
     * An error of ours.
     *
     * @param code stable, lower case, documented
     * @param message for the caller to read; never a key or an upstream's address
     */
    public static ObjectNode error(Dialect dialect, int status, String code, String message) {
        return Dialects.view(dialect).error(status, code, message);
    }

    /** The same as an event, for a stream that is open already. */
    public static Event errorEvent(Dialect dialect, int status, String code, String message) {
        return Dialects.view(dialect).errorEvent(status, code, message);
    }

    /**
     * What a client gets for an error reply, with the provider's own words where the reply has them.
     *
     * @throws IllegalArgumentException if it is no error
     */
    public static ObjectNode error(Dialect dialect, Reply reply) {
        ObjectNode tree = error(dialect, reply.status(), reply.code(), message(reply));
        spell(tree, reply);
        return tree;
    }

    /** The same as an event, for a stream that is open already. */
    public static Event errorEvent(Dialect dialect, Reply reply) {
        Event event = errorEvent(dialect, reply.status(), reply.code(), message(reply));
        if (!(event.json() instanceof ObjectNode ours)) {
            return event;
        }
        ObjectNode tree = ours.deepCopy();
        spell(tree, reply);
        String name = event.name();
        return name == null ? Event.json(tree) : Event.json(tree).name(name);
    }

    private static String message(Reply reply) {
        String message = reply.text();
        if (reply.kind() != Reply.Kind.ERROR || message == null) {
            throw new IllegalArgumentException(reply + " is no error");
        }
        return message;
    }

    private static void spell(ObjectNode tree, Reply reply) {
        if (tree.path("error") instanceof ObjectNode error) {
            put(error, "type", reply.spelledType());
            put(error, "code", reply.spelledCode());
            put(error, "param", reply.spelledParam());
        }
    }

    private static void put(ObjectNode error, String field, @Nullable String value) {
        if (value != null) {
            error.put(field, value);
        }
    }

    /** The whole answer that these events of one stream amount to; what is malformed among them is left out. */
    public static ObjectNode aggregate(Dialect dialect, List<Event> events) {
        Assembly assembly = assembly(dialect);
        events.forEach(assembly::add);
        return assembly.tree();
    }

    /** Puts the events of one stream together as they come. */
    public static Assembly assembly(Dialect dialect) {
        return Dialects.view(dialect).assembly();
    }

    /** The stream that a whole answer would have been, each text in one piece; usage included if the answer has it. */
    public static List<Event> stream(Dialect dialect, JsonNode reply) {
        return stream(dialect, reply, List::of);
    }

    /**
     * The stream that a whole answer would have been; usage included if the answer has it.
     *
     * @param pieces cuts a text or reasoning into what becomes one event each; the pieces add up to the text
     */
    public static List<Event> stream(Dialect dialect, JsonNode reply, Function<String, List<String>> pieces) {
        return Dialects.view(dialect).stream(reply, pieces);
    }

    /** Puts two reports of one stream together: counters only grow, so the larger one counts. */
    public static Usage latest(@Nullable Usage before, Usage now) {
        if (before == null) {
            return now;
        }
        Usage both = Usage.of(Math.max(before.input(), now.input()), Math.max(before.output(), now.output()))
                .cachedInput(Math.max(before.cachedInput(), now.cachedInput()))
                .cacheWrite(Math.max(before.cacheWrite(), now.cacheWrite()))
                .reasoning(Math.max(before.reasoning(), now.reasoning()));
        return now.estimated() ? both.asEstimated() : both;
    }

    /**
     * Ends the request with an assistant's turn of what was said, for a model that goes on from there. An assistant's
     * turn at its end, the client's own prefill, is continued. Anthropic's dialect gets it without trailing white space.
     *
     * @param spelling how the vendor wants to be told
     */
    public static Continuation prefill(ChatRequest request, Said said, Prefill spelling) {
        String[] given = {""};
        request.edit(root -> given[0] = request.view().prefill(root, said.text(), spelling));
        return new Continuation(Continuation.Kind.PREFILLED, said, given[0]);
    }

    /** Asks in words for a continuation: what was said, then the user's turn that asks to go on right behind it. */
    public static Continuation continuation(ChatRequest request, Said said) {
        if (!said.text().isBlank()) {
            request.edit(root -> request.view().addTurns(root, said.text(), GO_ON));
        }
        return new Continuation(Continuation.Kind.ASKED, said, said.text());
    }

    /** Leaves the request as it is: the answer will start again from its beginning and must repeat what was said. */
    public static Continuation restart(Said said) {
        return new Continuation(Continuation.Kind.RESTARTED, said, said.text());
    }

    /** Remembers of the stream that the client sees what a later {@link #splice} needs. */
    public static FirstStream firstStream(Exchange exchange) {
        return new FirstStream(exchange.dialect());
    }

    /** As {@link #firstStream(Exchange)}. */
    public static FirstStream firstStream(Dialect dialect) {
        return new FirstStream(dialect);
    }

    /**
     * Joins the stream of a resuming try to what the client already has; for one try.
     *
     * <p>Its opening events are dropped; id, model and indices are the first stream's; usage is the sum. What it repeats
     * of the text is removed, at its very start only: an overlap with the end of what was said (at least 12 characters,
     * or all of it), or, unless it was prefilled, an answer that starts again from the beginning. Until that is decided
     * its text is held. Reasoning is dropped: the client has had its own. It fails with {@code upstream_broken}
     * if the answer starts again and diverges from what was said, or if a tool call was open: never a patchwork.
     *
     * @param first what the client saw so far
     * @param continuation how the try's request was shaped
     * @param spent tokens of the tries before this one, reported or estimated
     */
    public static ResponseHooks splice(FirstStream first, Continuation continuation, Usage spent) {
        return first.view.splicer(first, continuation, spent);
    }

    /**
     * Rewrites an answer's text in both modes with one function over text.
     *
     * <p>In a stream, text is held back so that a match cut anywhere is seen whole: a place is passed on once
     * {@code lookBehind} more characters have come, or the text has ended, and never between two that belong to one
     * match or one surrogate pair. Each answer (OpenAI) or content block (Anthropic) has a text of its own. Reasoning
     * and tool calls pass untouched, behind the text that came before them.
     *
     * @param lookBehind the longest match, in characters (UTF-16); a longer one is held until it has ended
     * @param fn pure: is called again and again on overlapping stretches
     */
    public static ResponseHooks rewriteText(Exchange exchange, int lookBehind, UnaryOperator<String> fn) {
        return new TextRewriter(Dialects.view(exchange.dialect()), lookBehind, fn);
    }

    private static Answer answer(Exchange exchange, String text) {
        Target target = exchange.target();
        String model = target == null ? null : target.model();
        Answer answer = Answer.of(exchange.id(), text);
        return model == null ? answer : answer.model(model);
    }

    /**
     * A stream that is being put together: it keeps what the events amount to, not the events. Confined to one thread.
     */
    public abstract static class Assembly {
        Assembly() {}

        /** Adds the next event; one that is malformed is left out. */
        public abstract void add(Event event);

        /** The whole answer that the events so far amount to; only to be read, and before the next event. */
        public abstract ObjectNode tree();
    }

    /** How a vendor wants to be told that the last turn is to be continued. May grow. */
    public enum Prefill {
        /** An assistant's turn at the end says it all. */
        PLAIN,
        /** DeepSeek's beta: {@code prefix: true} on that turn. */
        DEEPSEEK,
        /** Mistral: {@code prefix: true} on that turn. */
        MISTRAL,
        /** Qwen: {@code partial: true} on that turn. */
        QWEN,
        /** vLLM and SGLang: {@code continue_final_message} in place of {@code add_generation_prompt}. */
        VLLM
    }

    /** An answer to be written in some dialect. Immutable. */
    public static final class Answer {
        final String id;
        final String model;
        final String text;
        final String reasoning;
        final List<ToolCall> toolCalls;
        final @Nullable FinishReason finish;
        final @Nullable Usage usage;

        private Answer(
                String id,
                String model,
                String text,
                String reasoning,
                List<ToolCall> toolCalls,
                @Nullable FinishReason finish,
                @Nullable Usage usage) {
            this.id = Objects.requireNonNull(id, "id");
            this.model = Objects.requireNonNull(model, "model");
            this.text = Objects.requireNonNull(text, "text");
            this.reasoning = Objects.requireNonNull(reasoning, "reasoning");
            this.toolCalls = toolCalls;
            this.finish = finish;
            this.usage = usage;
        }

        /**
         * An answer of this text, by the model {@code sluice}.
         *
         * @param id without the dialect's own prefix: the exchange's id
         */
        public static Answer of(String id, String text) {
            return new Answer(id, "sluice", text, "", List.of(), null, null);
        }

        /** The same, by this model. */
        public Answer model(String model) {
            return new Answer(id, model, text, reasoning, toolCalls, finish, usage);
        }

        /** The same, thought over like this. */
        public Answer reasoning(String reasoning) {
            return new Answer(id, model, text, reasoning, toolCalls, finish, usage);
        }

        /** The same, with this tool called too; it then ends for tool calls unless told. */
        public Answer toolCall(ToolCall call) {
            List<ToolCall> more = new ArrayList<>(toolCalls);
            more.add(call);
            return new Answer(id, model, text, reasoning, List.copyOf(more), finish, usage);
        }

        /** The same, ending for this reason. */
        public Answer finish(FinishReason reason) {
            return new Answer(id, model, text, reasoning, toolCalls, reason, usage);
        }

        /** The same, having used these tokens. */
        public Answer usage(Usage usage) {
            return new Answer(id, model, text, reasoning, toolCalls, finish, usage);
        }

        FinishReason ending() {
            FinishReason given = finish;
            return given != null ? given : toolCalls.isEmpty() ? FinishReason.STOP : FinishReason.TOOL_CALLS;
        }
    }

    /** How a resuming try's request was shaped, and so what its answer may begin with. Immutable. */
    public static final class Continuation {

        enum Kind {
            PREFILLED,
            ASKED,
            RESTARTED
        }

        final Kind kind;
        final Said said;
        final String given;

        private Continuation(Kind kind, Said said, String given) {
            this.kind = kind;
            this.said = said;
            this.given = given;
        }

        /** What was said, white space at its end that the model was not given, and so may say again. */
        String trimmed() {
            return said.text().startsWith(given) ? said.text().substring(given.length()) : "";
        }
    }

    /**
     * What a splice must know of the stream that the client sees: id, model, which content block is open. Passes every
     * event on untouched. One per exchange; after a splice it goes on remembering, so that a third try can be spliced too.
     */
    public static final class FirstStream implements ResponseHooks {
        final DialectView view;

        /** Fields of the stream itself, as it states them in each event or in its first. */
        @Nullable
        ObjectNode head;

        int openBlock = -1;
        String openKind = "";
        int nextBlock;

        private FirstStream(Dialect dialect) {
            this.view = Dialects.view(dialect);
        }

        @Override
        public Events onEvent(Event event) {
            view.observe(this, event);
            return event;
        }
    }
}
