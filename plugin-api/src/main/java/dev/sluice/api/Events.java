package dev.sluice.api;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;

/**
 * What {@link ResponseHooks#onEvent} and {@link ResponseHooks#onEnd} return: the events that flow on, or what becomes of
 * the stream. An {@link Event} is one. Made by the factories here.
 */
public sealed interface Events
        permits Event,
                Events.Several,
                Events.Held,
                Events.End,
                Events.Fail,
                Events.When,
                Events.Meanwhile,
                Events.Instead {

    /** Nothing flows on: the event is dropped. */
    static Events none() {
        return Several.NONE;
    }

    /** These events flow on, in this order. */
    static Events of(Event... events) {
        return of(List.of(events));
    }

    /** These events flow on, in this order. */
    static Events of(List<Event> events) {
        return events.isEmpty() ? Several.NONE : events.size() == 1 ? events.get(0) : new Several(List.copyOf(events));
    }

    /**
     * The event is kept by the filter, not dropped: nothing flows on yet, but the answer has begun, and the first-event
     * timer stops.
     */
    static Events held() {
        return Held.INSTANCE;
    }

    /**
     * These events flow on, then the stream ends here as if the upstream had ended it: the filters above see
     * {@link ResponseHooks#onEnd}, the try is cancelled.
     */
    static Events end(Event... events) {
        return new End(List.of(events));
    }

    /** As {@link #end(Event...)}. */
    static Events end(List<Event> events) {
        return new End(List.copyOf(events));
    }

    /**
     * The answer is bad after all: as if the upstream had sent this error. In an {@link AttemptFilter} the try has
     * failed; in a {@link Filter} before the head is written the client gets the reply, after it an error event in its
     * dialect and an aborted connection.
     */
    static Events fail(Reply reply) {
        return new Fail(reply);
    }

    /**
     * Decides later; until then nothing more arrives at this hook, and the upstream is not read beyond a bounded
     * buffer.
     *
     * @param stage may complete on any thread; bounded by the route's {@code timeouts.hook}
     */
    static Events when(CompletionStage<? extends Events> stage) {
        return new When(stage);
    }

    /**
     * Keeps a slot in the order of output: events keep arriving here, and what they become queues behind the slot until
     * the stage completes. Slots are bounded in number, bytes and time.
     *
     * @param stage may complete on any thread; with {@link #end} or {@link #fail}, what queues behind it is dropped
     */
    static Events meanwhile(CompletionStage<? extends Events> stage) {
        return new Meanwhile(stage);
    }

    /**
     * Not a stream after all, but this whole answer, which goes on as one: the filters above see its head and body. Legal
     * while nothing of the stream has left this filter; the try is cancelled if it still runs.
     */
    static Events instead(Reply reply) {
        return new Instead(reply);
    }

    /** See {@link Events#of}. */
    final class Several implements Events {
        private static final Several NONE = new Several(List.of());
        private final List<Event> events;

        private Several(List<Event> events) {
            this.events = events;
        }

        /** The events, in order; unmodifiable. */
        public List<Event> events() {
            return events;
        }

        @Override
        public String toString() {
            return events.toString();
        }
    }

    /** See {@link Events#held}. */
    final class Held implements Events {
        private static final Held INSTANCE = new Held();

        private Held() {}

        @Override
        public String toString() {
            return "held";
        }
    }

    /** See {@link Events#end}. */
    final class End implements Events {
        private final List<Event> events;

        private End(List<Event> events) {
            this.events = events;
        }

        /** What goes out before the end; unmodifiable. */
        public List<Event> events() {
            return events;
        }
    }

    /** See {@link Events#fail}. */
    final class Fail implements Events {
        private final Reply reply;

        private Fail(Reply reply) {
            this.reply = Objects.requireNonNull(reply, "reply");
        }

        /** The error. */
        public Reply reply() {
            return reply;
        }
    }

    /** See {@link Events#when}. */
    final class When implements Events {
        private final CompletionStage<? extends Events> stage;

        private When(CompletionStage<? extends Events> stage) {
            this.stage = Objects.requireNonNull(stage, "stage");
        }

        /** The stage that decides. */
        public CompletionStage<? extends Events> stage() {
            return stage;
        }
    }

    /** See {@link Events#meanwhile}. */
    final class Meanwhile implements Events {
        private final CompletionStage<? extends Events> stage;

        private Meanwhile(CompletionStage<? extends Events> stage) {
            this.stage = Objects.requireNonNull(stage, "stage");
        }

        /** The stage that fills the slot. */
        public CompletionStage<? extends Events> stage() {
            return stage;
        }
    }

    /** See {@link Events#instead}. */
    final class Instead implements Events {
        private final Reply reply;

        private Instead(Reply reply) {
            this.reply = Objects.requireNonNull(reply, "reply");
        }

        /** The answer. */
        public Reply reply() {
            return reply;
        }
    }
}
