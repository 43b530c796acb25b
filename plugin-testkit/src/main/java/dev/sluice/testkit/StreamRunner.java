package dev.sluice.testkit;

import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Reply;
import dev.sluice.api.ResponseHooks;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends the events of one stream through the hooks of one filter and keeps what flows out, as the host would: behind a
 * pending {@code when} the input waits, behind a pending {@code meanwhile} the output does. A stage that completes moves
 * the stream on by itself. Deadlines and bounds are the host's and do not exist here.
 *
 * <p>An exception out of a hook, and one that failed a stage, comes out of the call that moved the stream on, or else
 * out of the next one. Usable from several threads, where a filter completes its stages on others.
 */
public final class StreamRunner {

    /** What has become of the stream. */
    public enum State {
        /** More may flow out. */
        OPEN,
        /** It has come to its end, the upstream's or the filter's own. */
        ENDED,
        /** The filter has failed it; see {@link #reply}. */
        FAILED,
        /** The filter has put a whole answer in its place; see {@link #reply}. */
        REPLACED
    }

    private final ResponseHooks hooks;
    private final Deque<Event> input = new ArrayDeque<>();
    private final Deque<Slot> output = new ArrayDeque<>();
    private final List<Event> out = new ArrayList<>();
    private State state = State.OPEN;
    private @Nullable Reply reply;
    private @Nullable Throwable error;
    private boolean began;
    private boolean waiting;
    private boolean inputEnded;
    private boolean outputEnded;
    private boolean pumping;

    private StreamRunner(ResponseHooks hooks) {
        this.hooks = hooks;
    }

    /** A stream through those hooks, of which nothing has arrived yet. */
    public static StreamRunner of(ResponseHooks hooks) {
        return new StreamRunner(hooks);
    }

    /**
     * What flows out of those hooks if these events arrive and then the end.
     *
     * @throws AssertionError if it does not end, because it fails, is replaced or waits for a stage
     */
    public static List<Event> through(ResponseHooks hooks, List<Event> events) {
        StreamRunner runner = of(hooks).send(events).end();
        if (runner.state() != State.ENDED) {
            throw new AssertionError("the stream has not ended but is " + runner.state() + " after " + runner.out());
        }
        return runner.out();
    }

    /** These events arrive. */
    public StreamRunner send(Event... events) {
        return send(List.of(events));
    }

    /** These events arrive. */
    public synchronized StreamRunner send(List<Event> events) {
        if (inputEnded) {
            throw new IllegalStateException("nothing can arrive after the end");
        }
        input.addAll(events);
        pump();
        return this;
    }

    /** The stream comes to its proper end: {@code onEnd} is called once no {@code when} is pending. */
    public synchronized StreamRunner end() {
        inputEnded = true;
        pump();
        return this;
    }

    /** What has flowed out so far. */
    public synchronized List<Event> out() {
        rethrow();
        return List.copyOf(out);
    }

    /** What has become of the stream. */
    public synchronized State state() {
        rethrow();
        return state;
    }

    /** The reply with which the filter failed or replaced the stream; null if it did neither. */
    public synchronized @Nullable Reply reply() {
        return reply;
    }

    /** Whether the answer has begun: something has flowed out, or was {@linkplain Events#held held}. */
    public synchronized boolean began() {
        return began;
    }

    /** How many events have arrived and wait behind a pending {@code when}. */
    public synchronized int unread() {
        return input.size();
    }

    /** How many slots in the order of output are still to be filled. */
    public synchronized int openSlots() {
        return (int) output.stream().filter(slot -> slot.verdict == null).count();
    }

    private void pump() {
        if (pumping) {
            return;
        }
        pumping = true;
        try {
            boolean moving = true;
            while (moving && state == State.OPEN && error == null) {
                boolean read = readOne();
                moving = writeReady() || read;
            }
        } catch (RuntimeException | Error e) {
            error = e;
        } finally {
            pumping = false;
        }
        rethrow();
    }

    private boolean readOne() {
        if (waiting || outputEnded) {
            return false;
        }
        if (!input.isEmpty()) {
            take(hooks.onEvent(input.remove()));
            return true;
        }
        if (inputEnded) {
            outputEnded = true;
            take(hooks.onEnd());
            return true;
        }
        return false;
    }

    private void take(Events verdict) {
        if (verdict instanceof Events.When when) {
            waiting = true;
            whenDone(when.stage(), decided -> {
                waiting = false;
                take(decided);
            });
        } else if (verdict instanceof Events.Meanwhile meanwhile) {
            Slot slot = new Slot();
            output.add(slot);
            fill(slot, meanwhile.stage());
        } else if (verdict instanceof Events.Fail fail) {
            // A failure waits for no slot.
            finish(State.FAILED, fail.reply());
        } else {
            outputEnded |= verdict instanceof Events.End;
            Slot slot = new Slot();
            slot.verdict = verdict;
            output.add(slot);
        }
    }

    private void fill(Slot slot, CompletionStage<? extends Events> stage) {
        whenDone(stage, verdict -> {
            if (verdict instanceof Events.When when) {
                fill(slot, when.stage());
            } else if (verdict instanceof Events.Meanwhile meanwhile) {
                fill(slot, meanwhile.stage());
            } else {
                slot.verdict = verdict;
            }
        });
    }

    private boolean writeReady() {
        boolean moved = false;
        for (Slot slot = output.peek(); slot != null && slot.verdict != null; slot = output.peek()) {
            output.remove();
            write(slot.verdict);
            moved = true;
        }
        if (state == State.OPEN && outputEnded && output.isEmpty() && !waiting) {
            finish(State.ENDED, null);
        }
        return moved;
    }

    private void write(Events verdict) {
        if (verdict instanceof Event event) {
            out.add(event);
            began = true;
        } else if (verdict instanceof Events.Several several) {
            out.addAll(several.events());
            began |= !several.events().isEmpty();
        } else if (verdict instanceof Events.Held) {
            began = true;
        } else if (verdict instanceof Events.End end) {
            out.addAll(end.events());
            finish(State.ENDED, null);
        } else if (verdict instanceof Events.Fail fail) {
            finish(State.FAILED, fail.reply());
        } else if (verdict instanceof Events.Instead instead) {
            if (!out.isEmpty()) {
                throw new IllegalStateException("a stream of which " + out.size()
                        + " events have left the filter cannot be replaced by " + instead.reply());
            }
            finish(State.REPLACED, instead.reply());
        }
    }

    private void finish(State how, @Nullable Reply with) {
        state = how;
        reply = with;
        input.clear();
        output.clear();
    }

    private void whenDone(CompletionStage<? extends Events> stage, Consumer<Events> then) {
        var unused = stage.whenComplete((verdict, failure) -> {
            synchronized (this) {
                if (state != State.OPEN) {
                    return;
                }
                if (failure != null) {
                    error = failure;
                    return;
                }
                then.accept(verdict);
                try {
                    pump();
                } catch (IllegalStateException e) {
                    // Kept for the test's own next call: a foreign thread would swallow it.
                }
            }
        });
    }

    private void rethrow() {
        if (error != null) {
            throw new IllegalStateException("the filter failed: " + error.getMessage(), error);
        }
    }

    private static final class Slot {
        private @Nullable Events verdict;
    }
}
