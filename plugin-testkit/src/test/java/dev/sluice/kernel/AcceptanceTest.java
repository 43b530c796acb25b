package dev.sluice.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Failure;
import dev.sluice.api.Filter;
import dev.sluice.api.Recovery;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Step;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.Cuts;
import dev.sluice.testkit.TestGateway;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Invariant 4: until an answer is accepted its client has not a byte of it, and another try is possible. */
class AcceptanceTest extends Kernel {

    private TestGateway goingOn() {
        return TestGateway.with().filter("goes-on", exchange -> new Filter() {
            @Override
            public AttemptFilter onAttempt(Attempt attempt) {
                return new AttemptFilter() {
                    @Override
                    public Events onEvent(Event event) {
                        journal.add("seen");
                        return event;
                    }
                };
            }

            @Override
            public Recovery onFailure(Failure failure) {
                journal.add((failure.accepted() ? "accepted " : "not accepted ") + failure.reason());
                return failure.accepted() ? Recovery.pass() : Recovery.retry(elsewhere());
            }
        });
    }

    @Test
    void anOpeningThatSaysNothingIsHeldAndGoneWithItsTry() {
        CompletableFuture<Void> cut = new CompletableFuture<>();
        upstream.next(Streams.parts(Streams.role(), Streams.chunk("{\"content\":\"\"}", "null"))
                .await(cut)
                .cut());
        other.next(Streams.whole(Streams.openAi("second")));
        route(goingOn(), "goes-on");
        Client client = stream();

        journal.awaitTimes("seen", 2);
        assertThat(client.received()).isZero();
        cut.complete(null);

        assertThat(client.finish().text(Dialect.OPENAI)).isEqualTo("second");
        assertThat(client.events())
                .filteredOn(event -> event.mentions("assistant"))
                .hasSize(1);
        assertThat(journal.all()).contains("not accepted BROKEN");
    }

    @Test
    void soAreAnthropicsOpeningEventsAndPings() {
        CompletableFuture<Void> cut = new CompletableFuture<>();
        upstream.next(Streams.parts(Streams.messageStart(), Streams.ping(), Streams.ping())
                .await(cut)
                .cut());
        other.next(Streams.whole(Streams.anthropic("second")));
        route(goingOn(), "goes-on");
        Client client = anthropic();

        journal.awaitTimes("seen", 4);
        assertThat(client.received()).isZero();
        cut.complete(null);

        assertThat(client.finish().text(Dialect.ANTHROPIC)).isEqualTo("second");
        assertThat(client.events())
                .filteredOn(event -> "message_start".equals(event.name()))
                .hasSize(1);
        assertThat(client.events()).noneMatch(event -> "ping".equals(event.name()));
    }

    @Test
    void whatWasHeldFlowsWithTheFirstContent() {
        upstream.next(
                Streams.whole(Streams.messageStart(), Streams.ping(), Streams.textDelta("x"), Streams.messageStop()));
        route(goingOn(), "goes-on");

        assertThat(anthropic().finish().events())
                .extracting(Event::name)
                .containsExactly(
                        "message_start",
                        "content_block_start",
                        "ping",
                        "content_block_delta",
                        "content_block_stop",
                        "message_delta",
                        "message_stop");
    }

    @Test
    void aStreamIsTheSameHoweverTheNetworkCutsIt() {
        byte[] bytes = Streams.bytes(Streams.delta("né") + "data: [DONE]\n\n");
        route(goingOn(), "goes-on");

        Cuts.everyCut(bytes).forEach(parts -> {
            upstream.next(Streams.cutInto(parts));
            try (Client client = Client.post(uri(Streams.OPENAI_PATH), Streams.OPENAI_STREAM)) {
                assertThat(client.finish().body())
                        .as("cut at %s", parts.get(0).length)
                        .isEqualTo(new String(bytes, UTF_8));
                assertThat(client.whole()).isTrue();
            }
        });
    }

    @Test
    void anOpeningCutOffAnywhereIsFollowedByAnotherTry() {
        byte[] opening = Streams.bytes(Streams.messageStart() + Streams.ping());
        other.always(received -> Streams.whole(Streams.anthropic("second")));
        route(goingOn(), "goes-on");

        for (int length = 0; length <= opening.length; length += 7) {
            upstream.next(
                    Answer.stream().head().chunk(Arrays.copyOf(opening, length)).close());
            try (Client client = Client.post(uri(Streams.ANTHROPIC_PATH), Streams.ANTHROPIC_STREAM)) {
                assertThat(client.finish().text(Dialect.ANTHROPIC))
                        .as("after %s bytes", length)
                        .isEqualTo("second");
                assertThat(client.whole()).isTrue();
            }
        }
    }

    @Test
    void aJsonAnswerIsHeldWholeWhereAFilterMayRecover() {
        byte[] half = Streams.bytes(Streams.openAiJson("first").substring(0, 60));
        upstream.next(Answer.status(200)
                .header("content-type", "application/json")
                .chunk(half)
                .cut());
        other.next(Answer.json(200, Streams.openAiJson("second")));
        route(goingOn(), "goes-on");

        assertThat(json().finish().text(Dialect.OPENAI)).isEqualTo("second");
        assertThat(journal.all()).containsExactly("not accepted BROKEN");
    }

    @Test
    void aJsonAnswerLargerThanTheBufferIsAcceptedOnceItIs() throws Exception {
        CompletableFuture<Void> cut = new CompletableFuture<>();
        upstream.next(Answer.status(200)
                .header("content-type", "application/json")
                .chunk("{\"text\":\"")
                .firehose(64 * 1024, 2)
                .await(cut)
                .cut());
        start(goingOn(), "listen: { host: 127.0.0.1, port: 0, limits: { buffer: 64KiB } }\n", "", "goes-on");
        Client client = json().awaitText("{\"text\":\"xxx");
        cut.complete(null);

        assertThat(client.finish().whole()).isFalse();
        assertThat(other.requests()).isEmpty();
    }

    @Test
    void whereNoFilterRecoversAJsonAnswerIsAcceptedAtItsHead() {
        CompletableFuture<Void> rest = new CompletableFuture<>();
        upstream.next(Answer.status(200)
                .header("content-type", "application/json")
                .chunk("{\"half\":")
                .await(rest)
                .chunk("true}")
                .end());
        route(TestGateway.with().filter("a", exchange -> Filter.PASS), "a");

        Client client = json().awaitText("{\"half\":");
        rest.complete(null);

        assertThat(client.finish().json().path("half").asBoolean()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "audio/mpeg"})
    void anyOtherAnswerIsAcceptedAtItsHead(String contentType) {
        CompletableFuture<Void> rest = new CompletableFuture<>();
        upstream.next(Answer.status(200)
                .header("content-type", contentType)
                .chunk("first")
                .await(rest)
                .chunk(" last")
                .end());
        route(goingOn(), "goes-on");

        Client client = json().awaitText("first");
        rest.complete(null);

        assertThat(client.finish().body()).isEqualTo("first last");
    }

    @Test
    void theHeadIsWrittenWithTheFirstByteThatLeavesTheFirstFilter() {
        CompletableFuture<Events> decided = new CompletableFuture<>();
        upstream.next(Streams.whole(Streams.delta("one"), Streams.delta("two")));
        route(
                TestGateway.with()
                        .filter("a", exchange -> new Filter() {
                            @Override
                            public Step onResponse(ResponseHead head) {
                                head.headers()
                                        .set("x-a", "after " + head.headers().get("x-b"));
                                head.status(203);
                                return Step.next();
                            }
                        })
                        .filter("b", exchange -> new Filter() {
                            private ResponseHead head;

                            @Override
                            public Step onResponse(ResponseHead head) {
                                this.head = head;
                                return Step.next();
                            }

                            @Override
                            public Events onEvent(Event event) {
                                journal.add("b.onEvent");
                                if (event.mentions("two")) {
                                    return event;
                                }
                                head.headers().set("x-b", "late");
                                return Events.when(decided);
                            }
                        }),
                "a",
                "b");
        Client client = stream();

        journal.await("b.onEvent");
        assertThat(client.received()).isZero();
        decided.complete(Events.none());

        assertThat(client.finish().status()).isEqualTo(203);
        assertThat(client.header("x-a")).isEqualTo("after late");
        assertThat(client.text(Dialect.OPENAI)).isEqualTo("two");
    }

    @Test
    void headersThatOneFilterSetsReachTheClientThoughAnotherHasNotDecidedYet() {
        CompletableFuture<Step> decided = new CompletableFuture<>();
        upstream.next(Streams.whole(Streams.openAi("x")));
        route(
                TestGateway.with()
                        .filter("slow", exchange -> new Filter() {
                            @Override
                            public Step onResponse(ResponseHead head) {
                                journal.add("slow.onResponse");
                                return Step.when(decided.whenComplete(
                                        (step, error) -> head.headers().set("x-slow", "1")));
                            }
                        })
                        .filter("quick", exchange -> new Filter() {
                            @Override
                            public Step onResponse(ResponseHead head) {
                                head.headers().set("x-quick", "1");
                                return Step.next();
                            }
                        }),
                "slow",
                "quick");
        Client client = stream();

        journal.await("slow.onResponse");
        assertThat(client.received()).isZero();
        decided.complete(Step.next());

        client.finish();
        assertThat(List.of(client.header("x-slow"), client.header("x-quick"))).containsExactly("1", "1");
    }
}
