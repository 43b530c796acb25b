package dev.sluice.testkit;

import dev.sluice.api.Recovery;
import dev.sluice.api.Step;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Looks behind the {@code when} of a hook's verdict; what a stream filter returns is {@link StreamRunner}'s affair. */
public final class Verdicts {
    private Verdicts() {}

    /**
     * What the step has come to.
     *
     * @throws AssertionError if its stage is still pending
     * @throws java.util.concurrent.CompletionException if its stage has failed
     */
    public static Step of(Step step) {
        return step instanceof Step.When when ? of(done(when.stage())) : step;
    }

    /**
     * What the recovery has come to.
     *
     * @throws AssertionError if its stage is still pending
     * @throws java.util.concurrent.CompletionException if its stage has failed
     */
    public static Recovery of(Recovery recovery) {
        return recovery instanceof Recovery.When when ? of(done(when.stage())) : recovery;
    }

    private static <T> T done(CompletionStage<T> stage) {
        CompletableFuture<T> future = stage.toCompletableFuture();
        if (!future.isDone()) {
            throw new AssertionError("the filter has not decided yet: its stage is pending");
        }
        return future.join();
    }
}
