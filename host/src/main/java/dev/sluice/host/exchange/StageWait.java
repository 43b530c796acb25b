package dev.sluice.host.exchange;

import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Waits for a filter's stage: brings its end to the loop, once, and gives it a deadline. */
final class StageWait<T> {
    private final Loop loop;
    private final Cancellations cancellations;
    private final Consumer<T> then;
    private final Consumer<Throwable> failed;
    private final Runnable cancel = this::stop;
    private final long timer;
    private boolean settled;

    private StageWait(
            Loop loop,
            Cancellations cancellations,
            Duration limit,
            CompletionStage<? extends T> stage,
            Consumer<T> then,
            Consumer<Throwable> failed) {
        this.loop = loop;
        this.cancellations = cancellations;
        this.then = then;
        this.failed = failed;
        timer = loop.setTimer(
                limit.toMillis(),
                () -> settle(
                        null, new TimeoutException("its stage did not complete within " + limit.toMillis() + " ms")));
        cancellations.add(cancel);
        stage.whenComplete((value, error) -> loop.execute(() -> settle(value, error)));
    }

    /**
     * Waits.
     *
     * @param then called on the loop with the value; not at all once the exchange is over
     * @param failed called instead if the stage fails, gives null, or takes longer than the limit
     */
    static <T> void on(
            Loop loop,
            Cancellations cancellations,
            Duration limit,
            CompletionStage<? extends T> stage,
            Consumer<T> then,
            Consumer<Throwable> failed) {
        var unused = new StageWait<T>(loop, cancellations, limit, stage, then, failed);
    }

    private void stop() {
        settled = true;
        loop.cancelTimer(timer);
    }

    private void settle(@Nullable T value, @Nullable Throwable error) {
        if (settled) {
            return;
        }
        stop();
        cancellations.remove(cancel);
        if (error != null) {
            boolean wrapped = error instanceof CompletionException && error.getCause() != null;
            failed.accept(wrapped ? error.getCause() : error);
        } else if (value == null) {
            failed.accept(new NullPointerException("its stage completed with null"));
        } else {
            then.accept(value);
        }
    }
}
