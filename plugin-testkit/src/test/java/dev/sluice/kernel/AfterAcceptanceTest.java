package dev.sluice.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Failure;
import dev.sluice.api.Filter;
import dev.sluice.api.Recovery;
import dev.sluice.api.Reply;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Said;
import dev.sluice.api.Step;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.Received;
import dev.sluice.testkit.TestGateway;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Invariant 6: a cut answer is resumed, or broken off for all to see, never ended as if it were whole. */
class AfterAcceptanceTest extends Kernel {

    private TestGateway onFailure(Function<Failure, Recovery> recovery) {
        return TestGateway.with().filter("recovers", exchange -> new Filter() {
            @Override
            public Recovery onFailure(Failure failure) {
                journal.add((failure.accepted() ? "accepted " : "not accepted ") + failure.reason());
                return recovery.apply(failure);
            }
        });
    }

    static Stream<Arguments> cuts() {
        Answer openAi = Streams.parts(Streams.role(), Streams.delta("one"));
        Answer anthropic = Streams.parts(Streams.messageStart(), Streams.textDelta("one"));
        return Stream.of(
                Arguments.of(
                        Dialect.OPENAI, openAi.pause(Duration.ofMillis(500)).cut(), "upstream_broken"),
                Arguments.of(Dialect.OPENAI, openAi.close(), "upstream_broken"),
                Arguments.of(Dialect.OPENAI, openAi.silence(), "upstream_timeout"),
                Arguments.of(
                        Dialect.ANTHROPIC,
                        anthropic.pause(Duration.ofMillis(500)).cut(),
                        "upstream_broken"),
                Arguments.of(Dialect.ANTHROPIC, anthropic.close(), "upstream_broken"),
                Arguments.of(Dialect.ANTHROPIC, anthropic.silence(), "upstream_timeout"));
    }

    @ParameterizedTest
    @MethodSource("cuts")
    void whereNobodyResumesTheClientGetsAnErrorEventAndABrokenConnection(Dialect dialect, Answer answer, String code) {
        upstream.next(answer);
        routeWith(onFailure(failure -> Recovery.pass()), "timeouts: { idle: 1500ms }", "recovers");

        Client client = (dialect == Dialect.OPENAI ? stream() : anthropic()).finish();

        assertThat(client.status()).isEqualTo(200);
        assertThat(client.whole()).isFalse();
        assertThat(client.body()).contains("one").doesNotContain("[DONE]", "message_stop");
        Event last = client.events().get(client.events().size() - 1);
        if (dialect == Dialect.OPENAI) {
            assertThat(last.json().at("/error/code").asText()).isEqualTo(code);
        } else {
            assertThat(last.name()).isEqualTo("error");
            assertThat(last.json().path("type").asText()).isEqualTo("error");
            assertThat(last.data()).contains(code);
        }
    }

    @Test
    void aStreamNobodyLooksAtIsBrokenOffToo() {
        upstream.next(Streams.parts(Streams.role(), Streams.delta("one")).close());
        route(TestGateway.with().filter("a", exchange -> Filter.PASS), "a");

        Client client = stream().finish();

        assertThat(client.whole()).isFalse();
        assertThat(client.body()).contains("one").doesNotContain("[DONE]");
    }

    @Test
    void aJsonAnswerThatIsCutAfterItsHeadIsBrokenOff() {
        upstream.next(Answer.status(200)
                .header("content-type", "application/json")
                .chunk("{\"half\":")
                .close());
        route(TestGateway.with().filter("a", exchange -> Filter.PASS), "a");

        Client client = json().finish();

        assertThat(client.whole()).isFalse();
        assertThat(client.body()).isEqualTo("{\"half\":");
    }

    static Stream<Recovery> illegalOnceAccepted() {
        return Stream.of(Recovery.retry(), Reply.chat("instead"));
    }

    @ParameterizedTest
    @MethodSource("illegalOnceAccepted")
    void onceAcceptedAnythingButPassAndResumeBreaksTheAnswerOffNamingTheFilter(Recovery recovery) {
        upstream.next(Streams.parts(Streams.role(), Streams.delta("one")).close());
        route(onFailure(failure -> recovery), "recovers");

        Client client = stream().finish();

        assertThat(client.whole()).isFalse();
        assertThat(client.body()).contains("filter_failed", "the filter recovers", "failed in onFailure");
        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void beforeAcceptanceThereIsNothingToResume() {
        upstream.next(Answer.json(500, "{}"));
        route(onFailure(failure -> Recovery.resume(elsewhere())), "recovers");

        Client client = stream().finish();

        assertThat(client.status()).isEqualTo(500);
        assertThat(client.json().at("/error/code").asText()).isEqualTo("filter_failed");
        assertThat(client.json().at("/error/message").asText()).contains("recovers", "onFailure");
    }

    @Test
    void aResumedTrysEventsFollowThoseTheClientHasUnderOneHead() {
        upstream.next(Streams.parts(Streams.role(), Streams.delta("one ")).close());
        other.next(Streams.whole(Streams.delta("two"), Streams.finish(), "data: [DONE]\n\n"));
        route(
                onFailure(failure -> Recovery.resume(elsewhere())).filter("looks", exchange -> new Filter() {
                    @Override
                    public Step onResponse(ResponseHead head) {
                        journal.add("onResponse");
                        return Step.next();
                    }

                    @Override
                    public AttemptFilter onAttempt(Attempt attempt) {
                        journal.add("resume " + attempt.isResume() + " after '"
                                + attempt.said().text() + "'");
                        return AttemptFilter.PASS;
                    }
                }),
                "recovers",
                "looks");

        Client client = stream().finish();

        assertThat(client.whole()).isTrue();
        assertThat(client.text(Dialect.OPENAI)).isEqualTo("one two");
        assertThat(client.body()).endsWith("data: [DONE]\n\n");
        assertThat(journal.all())
                .containsExactly("resume false after ''", "onResponse", "accepted BROKEN", "resume true after 'one '");
    }

    @Test
    void anErrorAnswerToAResumingTryIsAFailureAfterAcceptance() {
        upstream.next(Streams.parts(Streams.role(), Streams.delta("one ")).close());
        upstream.next(Streams.whole(Streams.delta("three"), Streams.finish()));
        other.next(Answer.json(400, "{}"));
        route(
                onFailure(failure -> failure.attempt().number() == 1
                        ? Recovery.resume(elsewhere())
                        : Recovery.resume(dev.sluice.api.Target.of("chat"))),
                "recovers");

        assertThat(stream().finish().text(Dialect.OPENAI)).isEqualTo("one three");
        assertThat(journal.all()).containsExactly("accepted BROKEN", "accepted STATUS");
    }

    @Test
    void aWholeBodyCannotBeSplicedOnToAStream() {
        upstream.next(Streams.parts(Streams.role(), Streams.delta("one ")).close());
        other.next(Answer.json(200, Streams.openAiJson("two")));
        route(
                onFailure(failure -> failure.attempt().number() == 1 ? Recovery.resume(elsewhere()) : Recovery.pass()),
                "recovers");

        Client client = stream().finish();

        assertThat(client.whole()).isFalse();
        assertThat(journal.all()).containsExactly("accepted BROKEN", "accepted BAD_ANSWER");
    }

    private Said said(TestGateway with, Answer answer, String... filters) throws InterruptedException {
        LinkedBlockingQueue<Said> said = new LinkedBlockingQueue<>();
        upstream.next(answer);
        with.filter("says", exchange -> new Filter() {
            @Override
            public Recovery onFailure(Failure failure) {
                said.add(failure.attempt().said());
                return Recovery.pass();
            }
        });
        route(with, filters);
        stream().finish();
        return said.poll(30, TimeUnit.SECONDS);
    }

    @Test
    void saidHoldsTextAndReasoning() throws InterruptedException {
        Answer answer = Streams.parts(
                Streams.role(),
                Streams.chunk("{\"reasoning_content\":\"hm\"}", "null"),
                Streams.delta("one "),
                Streams.delta("two"));

        assertThat(said(TestGateway.with(), answer.close(), "says")).isEqualTo(Said.of("one two", "hm", false, false));
    }

    @Test
    void saidKnowsOfAnOpenToolCall() throws InterruptedException {
        Answer answer = Streams.parts(
                Streams.role(),
                Streams.chunk(
                        "{\"tool_calls\":[{\"index\":0,\"id\":\"t1\",\"type\":\"function\",\"function\":"
                                + "{\"name\":\"f\",\"arguments\":\"{\\\"a\\\"\"}}]}",
                        "null"));

        assertThat(said(TestGateway.with(), answer.close(), "says").toolCallOpen())
                .isTrue();
    }

    @Test
    void saidIsWhatLeftTheTriesAndNotWhatOuterFiltersMadeOfIt() throws InterruptedException {
        TestGateway with = TestGateway.with()
                .filter("outer", exchange -> new Filter() {
                    @Override
                    public Events onEvent(Event event) {
                        return event.mentions("one")
                                ? event.withData(event.data().replace("one", "unmasked"))
                                : event;
                    }
                })
                .filter("inner", exchange -> new Filter() {
                    @Override
                    public AttemptFilter onAttempt(Attempt attempt) {
                        return new AttemptFilter() {
                            @Override
                            public Events onEvent(Event event) {
                                return event.withData(event.data().replace("raw", "one"));
                            }
                        };
                    }
                });

        assertThat(said(with, Streams.parts(Streams.delta("raw")).close(), "outer", "says", "inner")
                        .text())
                .isEqualTo("one");
    }

    @Test
    void saidIsKeptUpToABound() throws InterruptedException {
        Answer answer = Streams.parts(Streams.role());
        String part = Streams.delta("x".repeat(256 * 1024));
        for (int i = 0; i < 6; i++) {
            answer = answer.chunk(part);
        }

        Said said = said(TestGateway.with(), answer.close(), "says");

        assertThat(said.truncated()).isTrue();
        assertThat(said.text()).hasSize(1024 * 1024);
    }

    @Test
    void theUpstreamOfAnAnswerThatBreaksOffIsLetGo() throws InterruptedException {
        upstream.next(Streams.parts(Streams.role(), Streams.delta("one"), Streams.delta("bad"))
                .silence());
        route(
                TestGateway.with().filter("judges", exchange -> new Filter() {
                    @Override
                    public Events onEvent(Event event) {
                        return event.mentions("bad") ? Events.fail(Reply.error(400, "content_blocked", "no")) : event;
                    }
                }),
                "judges");

        Client client = stream().finish();

        assertThat(client.body()).contains("one", "content_blocked").doesNotContain("[DONE]", "bad");
        assertThat(client.whole()).isFalse();
        assertThat(upstream.requests().get(0).awaitEnding(Duration.ofSeconds(30)))
                .isEqualTo(Received.Ending.PEER_LEFT);
    }
}
