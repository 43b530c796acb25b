package dev.sluice.host.exchange;

import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The deadlines of one event loop, in a hashed wheel. Every request sets some and nearly none expires, so setting and
 * clearing one is a link in a list, where a timer costs as much as all of a request's filters. A deadline is late by a
 * tick at most, and never early. Confined to its loop.
 */
final class DeadlineWheel {
    private static final long TICK_MILLIS = 10;
    private static final long TICK_NANOS = TICK_MILLIS * 1_000_000;
    private static final int SLOTS = 1024;
    private static final long NOT_TICKING = -1;

    private final Vertx vertx;
    private final Deadline[] slots = new Deadline[SLOTS];
    private final long origin = System.nanoTime();
    private long ticker = NOT_TICKING;
    private long lastTick;
    private int size;

    DeadlineWheel(Vertx vertx) {
        this.vertx = vertx;
    }

    /** A deadline, not set yet. */
    Deadline newDeadline(Runnable onExpiry) {
        return new Deadline(onExpiry);
    }

    /** The timer holds the wheel, and never the deadline that was set first: it may tick for as long as there is traffic. */
    private void keepTicking() {
        if (ticker == NOT_TICKING) {
            lastTick = (System.nanoTime() - origin) / TICK_NANOS;
            ticker = vertx.setPeriodic(TICK_MILLIS, ignored -> tick());
        }
    }

    private void tick() {
        long now = System.nanoTime();
        long tick = (now - origin) / TICK_NANOS;
        List<Deadline> due = null;
        for (long t = Math.max(lastTick + 1, tick - SLOTS + 1); t <= tick; t++) {
            Deadline deadline = slots[(int) (t & (SLOTS - 1))];
            while (deadline != null) {
                Deadline next = deadline.next;
                if (deadline.at - now <= 0) {
                    deadline.unlink();
                    deadline.due = true;
                    due = due == null ? new ArrayList<>() : due;
                    due.add(deadline);
                }
                deadline = next;
            }
        }
        lastTick = tick;
        if (size == 0) {
            vertx.cancelTimer(ticker);
            ticker = NOT_TICKING;
        }
        if (due != null) {
            due.forEach(Deadline::expire);
        }
    }

    /** One deadline, which can be set, moved and cleared any number of times. */
    final class Deadline {
        private final Runnable onExpiry;
        private long at;
        private int slot = -1;
        private boolean due;
        private @Nullable Deadline previous;
        private @Nullable Deadline next;

        private Deadline(Runnable onExpiry) {
            this.onExpiry = onExpiry;
        }

        boolean isSet() {
            return slot >= 0 || due;
        }

        /** When it expires, by {@link System#nanoTime}; meaningless while it is not set. */
        long at() {
            return at;
        }

        /** Sets or moves it to a reading of {@link System#nanoTime}. */
        void set(long nanoTime) {
            clear();
            at = nanoTime;
            long tick = (nanoTime - origin + TICK_NANOS - 1) / TICK_NANOS;
            keepTicking();
            slot = (int) (Math.max(tick, lastTick + 1) & (SLOTS - 1));
            Deadline first = slots[slot];
            next = first;
            if (first != null) {
                first.previous = this;
            }
            slots[slot] = this;
            size++;
        }

        void clear() {
            due = false;
            if (slot >= 0) {
                unlink();
            }
        }

        private void unlink() {
            if (previous == null) {
                slots[slot] = next;
            } else {
                previous.next = next;
            }
            if (next != null) {
                next.previous = previous;
            }
            previous = null;
            next = null;
            slot = -1;
            size--;
        }

        private void expire() {
            if (due) {
                due = false;
                onExpiry.run();
            }
        }
    }
}
