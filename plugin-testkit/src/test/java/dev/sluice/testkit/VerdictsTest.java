package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.Recovery;
import dev.sluice.api.Reply;
import dev.sluice.api.Step;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class VerdictsTest {
    private static final Reply REPLY = Reply.chat("hello");

    @Test
    void looksBehindEveryWhen() {
        Step step = Step.when(CompletableFuture.completedFuture(Step.when(CompletableFuture.completedFuture(REPLY))));
        assertThat(Verdicts.of(step)).isSameAs(REPLY);
        assertThat(Verdicts.of(Step.next())).isSameAs(Step.next());
        Recovery recovery = Recovery.when(CompletableFuture.completedFuture(Recovery.pass()));
        assertThat(Verdicts.of(recovery)).isSameAs(Recovery.pass());
    }

    @Test
    void tellsPendingFromFailed() {
        assertThatThrownBy(() -> Verdicts.of(Step.when(new CompletableFuture<>())))
                .isInstanceOf(AssertionError.class)
                .hasMessage("the filter has not decided yet: its stage is pending");
        assertThatThrownBy(() ->
                        Verdicts.of(Recovery.when(CompletableFuture.failedFuture(new IllegalStateException("no")))))
                .isInstanceOf(CompletionException.class)
                .hasRootCauseMessage("no");
    }
}
