package dev.sluice.api.llm;

import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Reply;
import dev.sluice.api.ResponseHooks;
import dev.sluice.api.Usage;

/** Joins a resuming try's stream to what the client has; what is particular to a dialect is its subclass's. */
abstract class Splicer implements ResponseHooks {
    final Chats.FirstStream first;
    final Joint joint;
    final Usage spent;
    private final boolean toolCallOpen;
    private final boolean fresh;

    Splicer(Chats.FirstStream first, Chats.Continuation continuation, Usage spent) {
        this.first = first;
        this.joint = new Joint(continuation);
        this.spent = spent;
        this.toolCallOpen = continuation.said.toolCallOpen();
        this.fresh = continuation.said.isEmpty();
    }

    @Override
    public final Events onEvent(Event event) {
        if (toolCallOpen) {
            return broken("the answer was cut inside a tool call, which no other model can continue");
        }
        Events out = event.json().isObject() ? spliced(event) : event;
        return joint.diverged() ? diverged() : out;
    }

    @Override
    public final Events onEnd() {
        if (toolCallOpen) {
            return broken("the answer was cut inside a tool call, which no other model can continue");
        }
        Events out = ended();
        return joint.diverged() ? diverged() : out;
    }

    abstract Events spliced(Event event);

    abstract Events ended();

    /** Whether the second stream's reasoning is dropped: the client has had some already, or the text it led to. */
    boolean dropsReasoning() {
        return !fresh;
    }

    private static Events diverged() {
        return broken("the answer was cut, and the next model's differs from the part that was already sent");
    }

    private static Events broken(String message) {
        return Events.fail(Reply.error(502, "upstream_broken", message));
    }
}
