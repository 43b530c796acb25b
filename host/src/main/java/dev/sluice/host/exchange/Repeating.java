package dev.sluice.host.exchange;

import dev.sluice.host.log.Thrown;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/** A task of a filter that runs again and again, never twice at once, where it may block; interrupted on close. */
final class Repeating implements AutoCloseable {
    private final Loop loop;
    private final Blocking blocking;
    private final long millis;
    private final Runnable task;
    private final Logger log;
    private @Nullable Future<?> running;
    private long timer = -1;
    private boolean closed;

    Repeating(Loop loop, Blocking blocking, Duration period, Runnable task, Logger log) {
        this.loop = loop;
        this.blocking = blocking;
        this.millis = period.toMillis();
        this.task = task;
        this.log = log;
        arm();
    }

    private synchronized void arm() {
        if (!closed) {
            timer = loop.setTimer(millis, this::submit);
        }
    }

    private synchronized void submit() {
        if (closed) {
            return;
        }
        try {
            running = blocking.submit(this::run);
        } catch (RejectedExecutionException busy) {
            arm();
        }
    }

    private void run() {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            boolean stopping;
            synchronized (this) {
                stopping = closed;
            }
            if (!stopping) {
                log.warn("a repeated task failed", Thrown.readable(e));
            }
        }
        arm();
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (timer >= 0) {
            loop.cancelTimer(timer);
        }
        if (running != null) {
            running.cancel(true);
        }
    }
}
