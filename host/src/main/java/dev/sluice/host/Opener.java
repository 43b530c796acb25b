package dev.sluice.host;

import dev.sluice.host.exchange.Blocking;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Calls code of plugins that may never return, one call at a time, and gives each a limit. All calls run on one thread,
 * which ends with this: neither it nor its thread locals outlive the build that it serves. Not thread-safe.
 */
final class Opener implements AutoCloseable {
    /** It has not returned, and is not waited for any longer; the message says so. */
    static final class OverdueException extends Exception {
        private static final long serialVersionUID = 1L;

        private OverdueException(String message) {
            super(message);
        }
    }

    /** The future is not given what was thrown: it would ask it for its text, which is code of the plugin, too. */
    private record Outcome<T>(
            @Nullable T returned, @Nullable Throwable thrown) {

        static <T> Outcome<T> of(Callable<T> work) {
            try {
                return new Outcome<>(work.call(), null);
            } catch (Throwable t) {
                return new Outcome<>(null, t);
            }
        }

        @Nullable
        T value() throws Throwable {
            if (thrown != null) {
                throw thrown;
            }
            return returned;
        }
    }

    private final Duration limit;
    private @Nullable ExecutorService thread;

    /** An opener without a thread yet. */
    Opener(Duration limit) {
        this.limit = limit;
    }

    /**
     * Calls it, and waits; what it returned, null included.
     *
     * @throws OverdueException if it did not return in time, or this thread was interrupted; its thread is interrupted
     *     and left behind, and the next call gets another
     * @throws Throwable what it threw
     */
    <T> @Nullable T call(Callable<T> work) throws Throwable {
        return outcome(work).value();
    }

    private <T> Outcome<T> outcome(Callable<T> work) throws OverdueException {
        ExecutorService calls = thread;
        if (calls == null) {
            calls = Executors.newSingleThreadExecutor(task -> Blocking.thread(task, "sluice-open"));
            thread = calls;
        }
        Future<Outcome<T>> outcome = calls.submit(() -> Outcome.of(work));
        try {
            return outcome.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw new IllegalStateException("what was thrown is in the outcome", e);
        } catch (TimeoutException e) {
            abandon(calls);
            throw new OverdueException("open did not return within " + text(limit)
                    + ": let it start slow work, with scope.every or scope.call, and not wait for it");
        } catch (InterruptedException e) {
            abandon(calls);
            Thread.currentThread().interrupt();
            throw new OverdueException("open had not returned when the gateway was closed");
        }
    }

    private void abandon(ExecutorService calls) {
        calls.shutdownNow();
        thread = null;
    }

    private static String text(Duration time) {
        return time.toMillis() % 1000 == 0 ? time.toSeconds() + " s" : time.toMillis() + " ms";
    }

    @Override
    public void close() {
        if (thread != null) {
            thread.shutdown();
        }
    }
}
