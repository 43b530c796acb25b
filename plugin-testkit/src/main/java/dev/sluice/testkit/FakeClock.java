package dev.sluice.testkit;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Time that stands still until the test {@linkplain #advance advances} it. What is due then runs on the test's own
 * thread, in order of time, and sees the time at which it was due. Confined to one thread.
 */
public final class FakeClock implements InstantSource {
    /** When every fake clock begins. */
    public static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final PriorityQueue<Due> due =
            new PriorityQueue<>(Comparator.comparing(Due::at).thenComparing(Due::order));
    private Instant now = START;
    private Duration skew = Duration.ZERO;
    private long order;

    @Override
    public Instant instant() {
        return now.plus(skew);
    }

    /** Sets the time of day forth, or back; no time passes, and nothing becomes due. */
    public void set(Duration difference) {
        skew = skew.plus(difference);
    }

    /** Nanoseconds since {@link #START}; for whatever wants a ticker. */
    public long nanos() {
        return Duration.between(START, now).toNanos();
    }

    /** Lets that time pass and runs what becomes due, what that in turn makes due included. */
    public void advance(Duration time) {
        Instant until = now.plus(time);
        for (Due next = due.peek(); next != null && !next.at().isAfter(until); next = due.peek()) {
            due.remove();
            now = next.at();
            next.task().run();
        }
        now = until;
    }

    /** A stage that completes once that time has passed. */
    public CompletableFuture<@Nullable Void> after(Duration delay) {
        CompletableFuture<@Nullable Void> stage = new CompletableFuture<>();
        Due at = at(now.plus(delay), () -> stage.complete(null));
        CompletableFuture<@Nullable Void> unused = stage.whenComplete((done, error) -> due.remove(at));
        return stage;
    }

    /** Runs the task after each period, until what is returned is closed. */
    public AutoCloseable every(Duration period, Runnable task) {
        if (period.isZero() || period.isNegative()) {
            throw new IllegalArgumentException("a period must be positive, not " + period);
        }
        Repeated repeated = new Repeated(period, task);
        repeated.next();
        return repeated;
    }

    /** How many tasks and stages are waiting for their time. */
    public int pending() {
        return due.size();
    }

    private Due at(Instant time, Runnable task) {
        Due entry = new Due(time, order++, task);
        due.add(entry);
        return entry;
    }

    private record Due(Instant at, long order, Runnable task) {}

    private final class Repeated implements AutoCloseable {
        private final Duration period;
        private final Runnable task;
        private @Nullable Due next;

        Repeated(Duration period, Runnable task) {
            this.period = period;
            this.task = task;
        }

        void next() {
            next = at(now.plus(period), () -> {
                next();
                task.run();
            });
        }

        @Override
        public void close() {
            due.remove(next);
        }
    }
}
