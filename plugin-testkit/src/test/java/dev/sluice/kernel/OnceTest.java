package dev.sluice.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Dialect;
import dev.sluice.api.Failure;
import dev.sluice.api.Filter;
import dev.sluice.api.Outcome;
import dev.sluice.api.Recovery;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.TestGateway;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Invariant 2: exchange hooks run at most once whatever the number of tries, onComplete exactly once. */
class OnceTest extends Kernel {

    private static final List<String> ONCE = List.of(
            "a.newFilter", "a.onRequest", "a.onRequestBody", "a.onResponse", "a.onResponseBody", "a.onComplete");

    private TestGateway retrying() {
        return TestGateway.with().filter("a", exchange -> new Recording(journal, "a") {
            @Override
            public Recovery onFailure(Failure failure) {
                super.onFailure(failure);
                return Recovery.retry();
            }
        });
    }

    @Test
    void threeTriesRunTheExchangeHooksOnceAndTheTrysThreeTimes() {
        upstream.next(Answer.json(500, "{}"), Answer.json(503, "{}"), Answer.json(200, Streams.openAiJson("third")));
        route(retrying(), "a");

        assertThat(json().finish().text(Dialect.OPENAI)).isEqualTo("third");

        journal.await("a.onComplete");
        assertThat(ONCE)
                .allSatisfy(hook -> assertThat(journal.count(hook)).as(hook).isEqualTo(1));
        assertThat(journal.count("a.onAttempt")).isEqualTo(3);
        assertThat(journal.count("a.try.onSend")).isEqualTo(3);
        assertThat(journal.count("a.onFailure")).isEqualTo(2);
    }

    @Test
    void everyFilterThatWasMadeIsToldOfTheEndWhenMakingAnotherFails() {
        route(
                TestGateway.with()
                        .filter("a", exchange -> new Recording(journal, "a"))
                        .filter("b", exchange -> {
                            throw new IllegalStateException("cannot be made");
                        })
                        .filter("c", exchange -> new Recording(journal, "c")),
                "a",
                "b",
                "c");

        assertThat(json().finish().status()).isEqualTo(500);

        journal.await("a.onComplete");
        assertThat(journal.all()).containsExactly("a.newFilter", "a.onComplete");
    }

    @Test
    void anOnCompleteThatThrowsKeepsNoOtherFromRunning() {
        upstream.next(Answer.json(200, "{}"));
        route(
                TestGateway.with()
                        .filter("a", exchange -> new Recording(journal, "a"))
                        .filter("b", exchange -> new Recording(journal, "b") {
                            @Override
                            public void onComplete(Outcome outcome) {
                                super.onComplete(outcome);
                                throw new IllegalStateException("in onComplete");
                            }
                        }),
                "a",
                "b");

        assertThat(json().finish().status()).isEqualTo(200);

        journal.await("a.onComplete");
        assertThat(journal.count("b.onComplete")).isEqualTo(1);
    }

    @Test
    void theOutcomeTellsOfEachTry() throws Exception {
        LinkedBlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();
        upstream.next(Answer.json(500, "{}"), Answer.json(200, "{}"));
        route(
                TestGateway.with().filter("a", exchange -> new Filter() {
                    @Override
                    public Recovery onFailure(Failure failure) {
                        return Recovery.retry();
                    }

                    @Override
                    public void onComplete(Outcome outcome) {
                        outcomes.add(outcome);
                    }
                }),
                "a");

        json().finish();

        Outcome outcome = outcomes.poll(30, TimeUnit.SECONDS);
        assertThat(outcome.status()).isEqualTo(200);
        assertThat(outcome.succeeded()).isTrue();
        assertThat(outcome.cancelled()).isFalse();
        assertThat(outcome.source()).isEqualTo("upstream");
        assertThat(outcome.attempts()).hasSize(2);
        assertThat(outcome.attempts().get(0).failure().status()).isEqualTo(500);
        assertThat(outcome.attempts().get(1).failure()).isNull();
    }

    @Test
    void aTryThatWasAnsweredWithAnErrorHasFailedInTheOutcomeThoughNoFilterRecovers() throws Exception {
        LinkedBlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();
        upstream.next(Answer.json(503, "{}"));
        route(
                TestGateway.with().filter("a", exchange -> new Filter() {
                    @Override
                    public void onComplete(Outcome outcome) {
                        outcomes.add(outcome);
                    }
                }),
                "a");

        assertThat(json().finish().status()).isEqualTo(503);

        Outcome outcome = outcomes.poll(30, TimeUnit.SECONDS);
        assertThat(outcome.succeeded()).isFalse();
        assertThat(outcome.attempts().get(0).failure()).isNotNull();
        assertThat(outcome.attempts().get(0).failure().status()).isEqualTo(503);
    }
}
