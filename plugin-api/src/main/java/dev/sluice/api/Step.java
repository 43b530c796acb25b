package dev.sluice.api;

import java.util.Objects;
import java.util.concurrent.CompletionStage;

/** What a hook on a head or a body returns: go on, answer, or decide later. Made by the factories here. */
public sealed interface Step permits Reply, Step.Next, Step.When {

    /** Goes on to the next filter, with whatever was edited. */
    static Step next() {
        return Next.INSTANCE;
    }

    /**
     * Goes on as the stage says, once it completes; until then nothing of this exchange moves and input is not read.
     *
     * @param stage may complete on any thread; a failure counts as an exception out of the hook; bounded by the
     *     route's {@code timeouts.hook}
     */
    static Step when(CompletionStage<? extends Step> stage) {
        return new When(stage);
    }

    /** See {@link Step#next}. */
    final class Next implements Step {
        private static final Next INSTANCE = new Next();

        private Next() {}

        @Override
        public String toString() {
            return "next";
        }
    }

    /** See {@link Step#when}. */
    final class When implements Step {
        private final CompletionStage<? extends Step> stage;

        private When(CompletionStage<? extends Step> stage) {
            this.stage = Objects.requireNonNull(stage, "stage");
        }

        /** The stage that decides. */
        public CompletionStage<? extends Step> stage() {
            return stage;
        }
    }
}
