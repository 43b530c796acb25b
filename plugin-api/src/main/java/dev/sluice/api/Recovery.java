package dev.sluice.api;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What {@link Filter#onFailure} returns: whether and how the exchange goes on after a failed try. */
public sealed interface Recovery permits Reply, Recovery.Pass, Recovery.Retry, Recovery.Resume, Recovery.When {

    /** Not mine: the filter above is asked. If all pass, the client gets the first try's failure. */
    static Recovery pass() {
        return Pass.INSTANCE;
    }

    /** Another try of the same target. Legal while the answer is not accepted and {@link Failure#canRetry()}. */
    static Recovery retry() {
        return new Retry(null, Duration.ZERO);
    }

    /** Another try, of this target. Legal as {@link #retry()}. */
    static Recovery retry(Target target) {
        return new Retry(Objects.requireNonNull(target, "target"), Duration.ZERO);
    }

    /**
     * Another try, of this target, after a delay.
     *
     * @param target null: the same again
     */
    static Recovery retry(@Nullable Target target, Duration delay) {
        return new Retry(target, delay);
    }

    /**
     * A new try whose events are spliced on to what the client already has; its head is not sent again. Legal once the
     * answer is {@linkplain Failure#accepted accepted}.
     */
    static Recovery resume(Target target) {
        return new Resume(target);
    }

    /** Decides later; bounded by the route's {@code timeouts.hook}. */
    static Recovery when(CompletionStage<? extends Recovery> stage) {
        return new When(stage);
    }

    /** See {@link Recovery#pass}. */
    final class Pass implements Recovery {
        private static final Pass INSTANCE = new Pass();

        private Pass() {}

        @Override
        public String toString() {
            return "pass";
        }
    }

    /** See {@link Recovery#retry()}. */
    final class Retry implements Recovery {
        private final @Nullable Target target;
        private final Duration delay;

        private Retry(@Nullable Target target, Duration delay) {
            this.target = target;
            this.delay = Objects.requireNonNull(delay, "delay");
        }

        /** Where to; null: the same again. */
        public @Nullable Target target() {
            return target;
        }

        /** How long to wait first; may be zero. */
        public Duration delay() {
            return delay;
        }

        @Override
        public String toString() {
            return "retry(" + target + ", " + delay + ")";
        }
    }

    /** See {@link Recovery#resume}. */
    final class Resume implements Recovery {
        private final Target target;

        private Resume(Target target) {
            this.target = Objects.requireNonNull(target, "target");
        }

        /** Where to. */
        public Target target() {
            return target;
        }

        @Override
        public String toString() {
            return "resume(" + target + ")";
        }
    }

    /** See {@link Recovery#when}. */
    final class When implements Recovery {
        private final CompletionStage<? extends Recovery> stage;

        private When(CompletionStage<? extends Recovery> stage) {
            this.stage = Objects.requireNonNull(stage, "stage");
        }

        /** The stage that decides. */
        public CompletionStage<? extends Recovery> stage() {
            return stage;
        }
    }
}
