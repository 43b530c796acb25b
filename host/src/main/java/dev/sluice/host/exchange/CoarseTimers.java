package dev.sluice.host.exchange;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Timers for what is set with every request and hardly ever happens: deadlines. Setting and cancelling one is a few
 * writes; in return it fires up to two ticks late, never early. Confined to one event loop.
 *
 * <p>A wheel: a timer lies in the slot of its due tick, in a ring of slots; those due in later rounds are passed over.
 */
final class CoarseTimers {
    static final int TICK_MILLIS = 20;

    private static final Logger LOG = LoggerFactory.getLogger(CoarseTimers.class);
    private static final long TICK_NANOS = TICK_MILLIS * 1_000_000L;

    /** Longer than anything runs, and no overflow when it is added to a clock. */
    private static final long LONGEST_MILLIS = 365L * 24 * 3600 * 1000;

    /** A power of two; one round takes ten seconds. */
    private static final int SLOTS = 512;

    private final @Nullable Timer[] slots = new Timer[SLOTS];
    private final LongSupplier nanos;
    private final Consumer<Runnable> afterTick;
    private final long origin;
    private long tick;
    private int pending;
    private boolean ticking;

    /**
     * No timers yet.
     *
     * @param nanos a clock
     * @param afterTick runs a task on this loop once, one tick from now
     */
    CoarseTimers(LongSupplier nanos, Consumer<Runnable> afterTick) {
        this.nanos = nanos;
        this.afterTick = afterTick;
        this.origin = nanos.getAsLong();
    }

    /** One that is set; it forgets its task when it has fired or was cancelled. */
    final class Timer {
        private final long due;
        private @Nullable Runnable task;
        private @Nullable Timer before;
        private @Nullable Timer after;

        private Timer(long due, Runnable task) {
            this.due = due;
            this.task = task;
        }

        /** Makes sure that it does not fire; once it has, does nothing. */
        void cancel() {
            if (task != null) {
                task = null;
                unlink(this);
            }
        }
    }

    /** Runs the task that many milliseconds from now, or somewhat later. */
    Timer set(long millis, Runnable task) {
        long elapsed = nanos.getAsLong() - origin;
        if (!ticking) {
            ticking = true;
            tick = elapsed / TICK_NANOS;
            afterTick.accept(this::turn);
        }
        long in = Math.min(Math.max(1, millis), LONGEST_MILLIS) * 1_000_000;
        Timer timer = new Timer((elapsed + in + TICK_NANOS - 1) / TICK_NANOS, task);
        int slot = slot(timer.due);
        Timer next = slots[slot];
        timer.after = next;
        if (next != null) {
            next.before = timer;
        }
        slots[slot] = timer;
        pending++;
        return timer;
    }

    private static int slot(long due) {
        return (int) (due & (SLOTS - 1));
    }

    private void unlink(Timer timer) {
        Timer before = timer.before;
        Timer after = timer.after;
        if (before == null) {
            slots[slot(timer.due)] = after;
        } else {
            before.after = after;
        }
        if (after != null) {
            after.before = before;
        }
        timer.before = null;
        timer.after = null;
        pending--;
    }

    private void turn() {
        long now = (nanos.getAsLong() - origin) / TICK_NANOS;
        long from = Math.max(tick + 1, now - SLOTS + 1);
        tick = now;
        List<Timer> due = null;
        for (long t = from; t <= now; t++) {
            for (Timer timer = slots[slot(t)]; timer != null; timer = timer.after) {
                if (timer.due <= now) {
                    if (due == null) {
                        due = new ArrayList<>(4);
                    }
                    due.add(timer);
                }
            }
        }
        if (due != null) {
            due.forEach(this::fire);
        }
        if (pending > 0) {
            afterTick.accept(this::turn);
        } else {
            ticking = false;
        }
    }

    private void fire(Timer timer) {
        Runnable task = timer.task;
        if (task == null) {
            // One that fired in this turn has cancelled it.
            return;
        }
        timer.cancel();
        try {
            task.run();
        } catch (RuntimeException e) {
            LOG.error("what follows a deadline has failed", e);
        }
    }
}
