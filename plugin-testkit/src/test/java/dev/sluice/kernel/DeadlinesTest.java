package dev.sluice.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Exchange;
import dev.sluice.api.Failure;
import dev.sluice.api.Filter;
import dev.sluice.api.Recovery;
import dev.sluice.api.Step;
import dev.sluice.api.UpstreamRequest;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.TestGateway;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Invariant 5: what each deadline of a try counts, what it does not, and that the try fails of it. */
class DeadlinesTest extends Kernel {
    private static final Duration LONGER = Duration.ofMillis(900);

    private TestGateway withTry(BiFunction<Exchange, Attempt, AttemptFilter> made) {
        return TestGateway.with().filter("tries", exchange -> new Filter() {
            @Override
            public AttemptFilter onAttempt(Attempt attempt) {
                return made.apply(exchange, attempt);
            }

            @Override
            public Recovery onFailure(Failure failure) {
                journal.add(failure.reason() + (failure.isTransient() ? " transient" : ""));
                return failure.accepted() ? Recovery.pass() : Recovery.retry(elsewhere());
            }
        });
    }

    private TestGateway plain() {
        return withTry((exchange, attempt) -> AttemptFilter.PASS);
    }

    @Test
    void aStreamThatDoesNotBeginInTimeIsAFailedTry() {
        upstream.next(Streams.parts(Streams.role(), ": a comment\n\n").silence());
        other.next(Streams.whole(Streams.openAi("second")));
        routeWith(plain(), "timeouts: { firstEvent: 600ms }", "tries");

        assertThat(stream().finish().text(Dialect.OPENAI)).isEqualTo("second");
        assertThat(journal.all()).containsExactly("FIRST_EVENT_TIMEOUT transient");
    }

    @Test
    void aDroppedPingIsNoFirstEvent() {
        upstream.next(Streams.parts(Streams.messageStart(), Streams.ping(), Streams.ping())
                .silence());
        other.next(Streams.whole(Streams.anthropic("second")));
        routeWith(
                withTry((exchange, attempt) -> new AttemptFilter() {
                    @Override
                    public Events onEvent(Event event) {
                        return "ping".equals(event.name()) ? Events.none() : event;
                    }
                }),
                "timeouts: { firstEvent: 600ms }",
                "tries");

        assertThat(anthropic().finish().text(Dialect.ANTHROPIC)).isEqualTo("second");
        assertThat(journal.all()).containsExactly("FIRST_EVENT_TIMEOUT transient");
    }

    @Test
    void aHeldEventStopsTheFirstEventTimer() {
        upstream.next(Streams.parts(Streams.delta("kept"))
                .pause(LONGER)
                .chunk(Streams.delta("told"))
                .end());
        routeWith(
                withTry((exchange, attempt) -> new AttemptFilter() {
                    @Override
                    public Events onEvent(Event event) {
                        return event.mentions("kept") ? Events.held() : event;
                    }
                }),
                "timeouts: { firstEvent: 600ms }",
                "tries");

        assertThat(stream().finish().text(Dialect.OPENAI)).isEqualTo("told");
        assertThat(journal.all()).isEmpty();
    }

    @Test
    void theStrictestOfAllCallersAndTheRouteWins() {
        upstream.next(Answer.status(200).silence());
        other.next(Streams.whole(Streams.openAi("second")));
        routeWith(
                withTry((exchange, attempt) -> {
                    if (attempt.number() == 1) {
                        attempt.firstEventWithin(Duration.ofMillis(400));
                    }
                    attempt.firstEventWithin(Duration.ofHours(1));
                    return AttemptFilter.PASS;
                }),
                "timeouts: { firstEvent: 20s }",
                "tries");

        assertThat(stream().finish().text(Dialect.OPENAI)).isEqualTo("second");
        assertThat(journal.all()).containsExactly("FIRST_EVENT_TIMEOUT transient");
    }

    @Test
    void aWholeAnswerThatIsLateIsAFailedTry() {
        upstream.next(Answer.status(200)
                .header("content-type", "application/json")
                .chunk("{")
                .silence());
        other.next(Answer.json(200, Streams.openAiJson("second")));
        routeWith(plain(), "timeouts: { answer: 600ms }", "tries");

        assertThat(json().finish().text(Dialect.OPENAI)).isEqualTo("second");
        assertThat(journal.all()).containsExactly("ANSWER_TIMEOUT transient");
    }

    @Test
    void aTryThatTakesTooLongAltogetherFails() {
        upstream.next(Answer.status(200).silence());
        other.next(Answer.json(200, Streams.openAiJson("second")));
        route(
                withTry((exchange, attempt) -> {
                    if (attempt.number() == 1) {
                        attempt.totalWithin(Duration.ofMillis(400));
                    }
                    return AttemptFilter.PASS;
                }),
                "tries");

        assertThat(json().finish().text(Dialect.OPENAI)).isEqualTo("second");
        assertThat(journal.all()).containsExactly("TOTAL_TIMEOUT transient");
    }

    @Test
    void silenceBetweenEventsFailsTheTryAndTheClientLearnsThatItsAnswerIsCut() {
        upstream.next(Streams.parts(Streams.role(), Streams.delta("one")).silence());
        routeWith(plain(), "timeouts: { idle: 600ms }", "tries");

        Client client = stream().finish();

        assertThat(client.whole()).isFalse();
        assertThat(client.body()).contains("one", "upstream_timeout").doesNotContain("[DONE]");
        assertThat(journal.all()).containsExactly("IDLE_TIMEOUT transient");
    }

    @Test
    void pingsAreNoSilence() {
        Answer answer = Streams.parts(Streams.messageStart(), Streams.textDelta("x"));
        for (int i = 0; i < 8; i++) {
            answer = answer.pause(Duration.ofMillis(250)).chunk(Streams.ping());
        }
        upstream.next(answer.chunk(Streams.messageStop()).end());
        routeWith(plain(), "timeouts: { idle: 1500ms }", "tries");

        assertThat(anthropic().finish().whole()).isTrue();
        assertThat(journal.all()).isEmpty();
    }

    /** Takes its time in one hook, longer than any deadline of the try. */
    private static Step later(Exchange exchange) {
        return Step.when(exchange.after(LONGER).thenApply(ignored -> Step.next()));
    }

    @Test
    void theClockOfATryStartsWhenItIsSent() {
        upstream.next(Streams.whole(Streams.openAi("x")));
        routeWith(
                withTry((exchange, attempt) -> new AttemptFilter() {
                    @Override
                    public Step onSend(UpstreamRequest request) {
                        return later(exchange);
                    }
                }),
                "timeouts: { firstEvent: 600ms }",
                "tries");

        assertThat(stream().finish().text(Dialect.OPENAI)).isEqualTo("x");
        assertThat(journal.all()).isEmpty();
    }

    @Test
    void allStandStillWhileAHookOfTheTryTakesItsTimeWithAnEvent() {
        upstream.next(Streams.whole(Streams.openAi("x", "y")));
        routeWith(
                withTry((exchange, attempt) -> new AttemptFilter() {
                    @Override
                    public Events onEvent(Event event) {
                        return Events.when(exchange.after(LONGER).thenApply(ignored -> event));
                    }
                }),
                "timeouts: { firstEvent: 1200ms, idle: 600ms }",
                "tries");

        assertThat(stream().finish().text(Dialect.OPENAI)).isEqualTo("xy");
        assertThat(journal.all()).isEmpty();
    }

    @Tag("long")
    @Test
    void orWithAWholeBody() {
        upstream.next(Answer.json(200, Streams.openAiJson("x")));
        routeWith(
                withTry((exchange, attempt) -> new AttemptFilter() {
                    @Override
                    public Step onResponseBody(Body body) {
                        return later(exchange);
                    }
                }),
                "timeouts: { answer: 600ms }",
                "tries");

        assertThat(json().finish().text(Dialect.OPENAI)).isEqualTo("x");
        assertThat(journal.all()).isEmpty();
    }

    @Tag("long")
    @Test
    void orWithTheEnd() {
        upstream.next(Streams.whole(Streams.openAi("x")));
        routeWith(
                withTry((exchange, attempt) -> new AttemptFilter() {
                    @Override
                    public Events onEnd() {
                        return Events.when(exchange.after(LONGER).thenApply(ignored -> Events.none()));
                    }
                }),
                "timeouts: { idle: 600ms }",
                "tries");

        assertThat(stream().finish().whole()).isTrue();
        assertThat(journal.all()).isEmpty();
    }

    @Test
    void allStandStillWhileAFilterOfTheExchangeTakesItsTime() {
        upstream.next(Streams.whole(Streams.openAi("x", "y")));
        routeWith(
                plain().filter("slow", exchange -> new Filter() {
                    @Override
                    public Events onEvent(Event event) {
                        return Events.when(exchange.after(LONGER).thenApply(ignored -> event));
                    }
                }),
                "timeouts: { idle: 600ms }",
                "slow",
                "tries");

        assertThat(stream().finish().text(Dialect.OPENAI)).isEqualTo("xy");
        assertThat(journal.all()).isEmpty();
    }

    @Test
    void allStandStillWhileTheClientDoesNotRead() {
        String big = Streams.delta("x".repeat(64 * 1024));
        Answer answer = Streams.parts(Streams.role());
        for (int i = 0; i < 300; i++) {
            answer = answer.chunk(big);
        }
        upstream.next(answer.chunk(Streams.finish()).end());
        routeWith(plain(), "timeouts: { idle: 600ms, firstEvent: 5s }", "tries");
        Client client = closed(Client.unread(uri(Streams.OPENAI_PATH), Streams.OPENAI_STREAM));

        CompletableFuture.runAsync(client::read, CompletableFuture.delayedExecutor(1500, TimeUnit.MILLISECONDS))
                .join();

        client.awaitBytes(300 * 64 * 1024);
        assertThat(journal.all()).isEmpty();
    }

    @Test
    void aModelThatHasFinishedAndNeverSaysSoIsTakenAsEnded() {
        upstream.next(Streams.parts(Streams.role(), Streams.delta("x"), Streams.finish())
                .silence());
        route(plain(), "tries");

        Client client = stream().finish();

        assertThat(client.whole()).isTrue();
        assertThat(client.body()).endsWith("data: [DONE]\n\n");
        assertThat(journal.all()).isEmpty();
    }
}
