package dev.sluice.host.exchange;

import io.micrometer.core.instrument.MeterRegistry;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the event loops from outside for hooks that hold one too long: logged and counted with plugin and hook named,
 * and interrupted if they go on, which ends a sleep, a lock or blocking I/O with an exception out of the hook.
 *
 * <p>A hook pays two plain writes for this.
 */
public final class HookWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HookWatch.class);
    private static final Duration PERIOD = Duration.ofMillis(50);

    private final List<Seat> seats = new CopyOnWriteArrayList<>();
    private final ScheduledExecutorService watcher;
    private final MeterRegistry meters;
    private final long warnNanos;
    private final long interruptNanos;

    /**
     * A watch.
     *
     * @param warn how long a hook may hold its loop before it is logged
     * @param interrupt how long before its thread is interrupted
     */
    public HookWatch(MeterRegistry meters, Duration warn, Duration interrupt) {
        this.meters = meters;
        this.warnNanos = warn.toNanos();
        this.interruptNanos = interrupt.toNanos();
        watcher = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "sluice-hook-watch");
            thread.setDaemon(true);
            return thread;
        });
        var unused =
                watcher.scheduleWithFixedDelay(this::look, PERIOD.toMillis(), PERIOD.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** The seat of the event loop that calls this. */
    public Seat seat() {
        Seat seat = new Seat(Thread.currentThread());
        seats.add(seat);
        return seat;
    }

    private void look() {
        long now = System.nanoTime();
        for (Seat seat : seats) {
            seat.look(now, this);
        }
    }

    @Override
    public void close() {
        watcher.shutdownNow();
    }

    /** Where an event loop says which hook it is in. */
    public static final class Seat {
        private static final VarHandle FILTER;
        private static final VarHandle CALLS;

        static {
            try {
                MethodHandles.Lookup lookup = MethodHandles.lookup();
                FILTER = lookup.findVarHandle(Seat.class, "filter", String.class);
                CALLS = lookup.findVarHandle(Seat.class, "calls", long.class);
            } catch (ReflectiveOperationException e) {
                throw new ExceptionInInitializerError(e);
            }
        }

        private final Thread loop;
        // Read and written through FILTER and CALLS alone.
        @SuppressWarnings("unused")
        private @Nullable String filter;

        private String hook = "";
        private long calls;
        private volatile boolean interrupted;

        private @Nullable String seenFilter;
        private String seenHook = "";
        private long seenCalls;
        private long seenSince;
        private boolean warned;

        private Seat(Thread loop) {
            this.loop = loop;
        }

        // Release writes are plain stores on common processors: the watcher sees them soon enough, no fence is paid.
        void enter(String filterName, String hookName) {
            hook = hookName;
            CALLS.setRelease(this, calls + 1);
            FILTER.setRelease(this, filterName);
        }

        void exit() {
            FILTER.setRelease(this, (String) null);
            if (interrupted) {
                interrupted = false;
                // The interrupt was meant for the hook; what runs next on this loop must not see it.
                boolean ignored = Thread.interrupted();
            }
        }

        private void look(long now, HookWatch watch) {
            String current = (String) FILTER.getAcquire(this);
            if (current == null) {
                seenFilter = null;
                return;
            }
            if (seenFilter == null || seenCalls != (long) CALLS.getAcquire(this)) {
                seenFilter = current;
                seenHook = hook;
                seenCalls = (long) CALLS.getAcquire(this);
                seenSince = now;
                warned = false;
                return;
            }
            long held = now - seenSince;
            if (!warned && held >= watch.warnNanos) {
                warned = true;
                watch.warn(this, held);
            }
            if (held >= watch.interruptNanos && !interrupted) {
                interrupted = true;
                loop.interrupt();
            }
        }
    }

    private void warn(Seat seat, long held) {
        meters.counter("sluice_hook_held_loop_total", "filter", String.valueOf(seat.seenFilter), "hook", seat.seenHook)
                .increment();
        if (LOG.isWarnEnabled()) {
            StringBuilder stack = new StringBuilder();
            for (StackTraceElement frame : seat.loop.getStackTrace()) {
                stack.append("\n\tat ").append(frame);
            }
            LOG.warn(
                    "{}.{} has held an event loop for {} ms; blocking work belongs into exchange.blocking(…){}",
                    seat.seenFilter,
                    seat.seenHook,
                    TimeUnit.NANOSECONDS.toMillis(held),
                    stack);
        }
    }
}
