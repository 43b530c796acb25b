package dev.sluice.host.exchange;

import dev.sluice.api.Failure.Reason;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The deadlines of one try, in one: it expires at the earliest, and is set again if that one has moved. All stand
 * still while the host itself does not read.
 */
final class TryDeadlines {
    private static final long NEVER = Long.MAX_VALUE;

    private final DeadlineWheel.Deadline deadline;
    private Consumer<@Nullable Reason> onExpiry = reason -> {};
    private long firstEvent = NEVER;
    private long answer = NEVER;
    private long idle = NEVER;
    private long total = NEVER;
    private long grace = NEVER;

    private boolean running;
    private boolean stream;
    private boolean begun;
    private boolean accepted;
    private long dispatched;
    private long lastActivity;
    private long pausedAt = NEVER;

    TryDeadlines(Loop loop) {
        this.deadline = loop.deadlines().newDeadline(this::expired);
    }

    void firstEventWithin(Duration limit) {
        firstEvent = Math.min(firstEvent, limit.toNanos());
        arm();
    }

    void answerWithin(Duration limit) {
        answer = Math.min(answer, limit.toNanos());
        arm();
    }

    void idleWithin(Duration limit) {
        idle = Math.min(idle, limit.toNanos());
        arm();
    }

    void totalWithin(Duration limit) {
        total = Math.min(total, limit.toNanos());
        arm();
    }

    /**
     * The try is dispatched.
     *
     * @param wantsStream whether the client asked for a stream, so that its first event counts, not the whole answer
     * @param expired told the reason, once; null: the stream had come to its end and only never said so
     */
    void start(boolean wantsStream, Consumer<@Nullable Reason> expired) {
        running = true;
        stream = wantsStream;
        onExpiry = expired;
        dispatched = System.nanoTime();
        lastActivity = dispatched;
        arm();
    }

    /** The answer is a stream, whatever was asked for. */
    void isStream() {
        stream = true;
    }

    /** The answer has begun, though nothing of it flows on yet. */
    void begun() {
        begun = true;
        lastActivity = System.nanoTime();
        arm();
    }

    void accepted() {
        begun = true;
        accepted = true;
        arm();
    }

    void activity() {
        lastActivity = System.nanoTime();
    }

    /** The model has finished: what is still missing gets that long, then the stream counts as ended. */
    void finishing(Duration limit) {
        grace = Math.min(grace, limit.toNanos());
        arm();
    }

    void pause() {
        if (pausedAt == NEVER) {
            pausedAt = System.nanoTime();
        }
    }

    void resume() {
        if (pausedAt != NEVER) {
            long stood = System.nanoTime() - pausedAt;
            pausedAt = NEVER;
            dispatched += stood;
            lastActivity += stood;
            arm();
        }
    }

    void stop() {
        running = false;
        deadline.clear();
    }

    private void arm() {
        if (!running || pausedAt != NEVER) {
            return;
        }
        long at = earliest();
        if (at != NEVER && (!deadline.isSet() || deadline.at() - at > 0)) {
            deadline.set(at);
        }
    }

    private void expired() {
        if (!running || pausedAt != NEVER) {
            return;
        }
        long now = System.nanoTime();
        if (earliest() - now > 0) {
            arm();
            return;
        }
        Reason reason = reason(now);
        stop();
        onExpiry.accept(reason);
    }

    private long earliest() {
        long at = after(dispatched, total);
        if (!begun) {
            at = Math.min(at, after(dispatched, stream ? firstEvent : answer));
        } else if (!accepted && !stream) {
            at = Math.min(at, after(dispatched, answer));
        } else {
            at = Math.min(at, after(lastActivity, Math.min(idle, grace)));
        }
        return at;
    }

    private @Nullable Reason reason(long now) {
        if (after(dispatched, total) - now <= 0) {
            return Reason.TOTAL_TIMEOUT;
        }
        if (!begun) {
            return stream ? Reason.FIRST_EVENT_TIMEOUT : Reason.ANSWER_TIMEOUT;
        }
        if (!accepted && !stream) {
            return Reason.ANSWER_TIMEOUT;
        }
        return grace < idle ? null : Reason.IDLE_TIMEOUT;
    }

    private static long after(long from, long limit) {
        return limit == NEVER ? NEVER : from + limit;
    }
}
