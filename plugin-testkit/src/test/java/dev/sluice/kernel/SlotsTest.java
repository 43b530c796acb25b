package dev.sluice.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Failure;
import dev.sluice.api.Filter;
import dev.sluice.api.Recovery;
import dev.sluice.api.Reply;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.Received.Ending;
import dev.sluice.testkit.TestGateway;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Invariant 7: output keeps its order behind a slot, and slots are bounded in number, bytes and time. */
class SlotsTest extends Kernel {
    private final Map<String, CompletableFuture<Events>> slots = new ConcurrentHashMap<>();

    /** Keeps a slot for each event whose text begins with {@code s}. */
    private final Filter slotting = new Filter() {
        @Override
        public Events onEvent(Event event) {
            String text = text(event);
            journal.add(text);
            return text.startsWith("s") ? Events.meanwhile(slot(text)) : event;
        }
    };

    private CompletableFuture<Events> slot(String text) {
        return slots.computeIfAbsent(text, t -> new CompletableFuture<>());
    }

    private static String text(Event event) {
        return event.json().at("/choices/0/delta/content").asText();
    }

    private TestGateway slotting() {
        return TestGateway.with().filter("slots", exchange -> slotting);
    }

    private static Event event(String text) {
        return Event.json(Event.data(Streams.delta(text).substring(6).trim()).json());
    }

    @Test
    void whatSlotsBecomeFlowsInTheOrderOfTheirEvents() {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            texts.add((i % 3 == 0 ? "p" : "s") + i + ";");
        }
        upstream.next(Streams.whole(Streams.openAi(texts.toArray(new String[0]))));
        route(slotting(), "slots");
        Client client = stream();
        texts.forEach(journal::await);

        List<String> shuffled = new ArrayList<>(texts);
        Collections.shuffle(shuffled, new Random(7));
        shuffled.forEach(text -> slot(text).complete(event(text.toUpperCase(java.util.Locale.ROOT))));

        assertThat(client.finish().text(Dialect.OPENAI)).isEqualToIgnoringCase(String.join("", texts));
        assertThat(client.whole()).isTrue();
    }

    @Test
    void whatQueuesBehindASlotWaitsForIt() {
        upstream.next(Streams.whole(Streams.openAi("a", "s", "b")));
        route(slotting(), "slots");
        Client client = stream().awaitText("\"a\"");
        journal.await("b");

        assertThat(client.body()).doesNotContain("\"b\"");
        slot("s").complete(Events.of(event("1"), event("2")));

        assertThat(client.finish().text(Dialect.OPENAI)).isEqualTo("a12b");
    }

    @Test
    void aSlotMayBecomeNothing() {
        upstream.next(Streams.whole(Streams.openAi("a", "s", "b")));
        slot("s").complete(Events.none());
        route(slotting(), "slots");

        assertThat(stream().finish().text(Dialect.OPENAI)).isEqualTo("ab");
    }

    @Test
    void onlySoManySlotsAreOpenAtATime() {
        String[] texts = new String[1000];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = "s" + i + ";";
        }
        upstream.next(Streams.whole(Streams.openAi(texts)));
        AtomicInteger seen = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger open = new AtomicInteger();
        route(
                TestGateway.with().filter("slots", exchange -> new Filter() {
                    @Override
                    public Events onEvent(Event event) {
                        if (!text(event).startsWith("s")) {
                            return event;
                        }
                        seen.incrementAndGet();
                        most.accumulateAndGet(open.incrementAndGet(), Math::max);
                        CompletableFuture<Events> slot = slot(text(event));
                        return Events.meanwhile(slot.thenApply(events -> {
                            open.decrementAndGet();
                            return events;
                        }));
                    }
                }),
                "slots");
        Client client = stream();

        await().atMost(PATIENCE)
                .until(() -> upstream.requests().size() == 1
                        && upstream.requests().get(0).ending() == Ending.ANSWERED);
        await().atMost(PATIENCE).until(() -> seen.get() == 256);
        for (String text : texts) {
            slot(text).complete(event(text));
        }

        assertThat(client.finish().text(Dialect.OPENAI)).isEqualTo(String.join("", texts));
        assertThat(most).hasValue(256);
    }

    @Test
    void onlySoManyBytesQueueBehindASlot() {
        String part = "x".repeat(8 * 1024);
        Answer answer = Streams.parts(Streams.role(), Streams.delta("s"));
        for (int i = 0; i < 400; i++) {
            answer = answer.chunk(Streams.delta(part));
        }
        upstream.next(answer.chunk(Streams.finish()).end());
        start(slotting(), "listen: { host: 127.0.0.1, port: 0, limits: { buffer: 64KiB } }\n", "", "slots");
        Client client = stream();

        await().atMost(PATIENCE).until(() -> journal.count(part) == 8);
        await().during(Duration.ofMillis(200)).atMost(PATIENCE).until(() -> journal.count(part) == 8);
        slot("s").complete(Events.none());

        assertThat(client.finish().text(Dialect.OPENAI)).hasSize(400 * part.length());
    }

    @Test
    void aSlotHasOnlySoMuchTime() {
        upstream.next(Streams.parts(Streams.delta("a"), Streams.delta("s")).silence());
        routeWith(slotting(), "timeouts: { hook: 250ms }", "slots");

        Client client = stream().finish();

        assertThat(client.whole()).isFalse();
        assertThat(client.body()).contains("filter_failed", "the filter slots", "failed in onEvent");
    }

    @Test
    void aSlotThatEndsDropsWhatIsBehindItAndLetsTheUpstreamGo() throws InterruptedException {
        upstream.next(Streams.parts(Streams.delta("a"), Streams.delta("s1"), Streams.delta("b"), Streams.delta("s2"))
                .silence());
        route(slotting(), "slots");
        Client client = stream();
        journal.await("s2");

        slot("s1").complete(Events.end(event("z")));

        assertThat(client.finish().text(Dialect.OPENAI)).isEqualTo("az");
        assertThat(client.whole()).isTrue();
        assertThat(upstream.requests().get(0).awaitEnding(PATIENCE)).isEqualTo(Ending.PEER_LEFT);
    }

    @Test
    void aSlotThatFailsBeforeAnythingIsOutIsAnErrorWithItsStatus() throws InterruptedException {
        upstream.next(Streams.parts(Streams.delta("s1"), Streams.delta("b")).silence());
        route(slotting(), "slots");
        Client client = stream();
        journal.await("b");

        slot("s1").complete(Events.fail(Reply.error(400, "content_blocked", "no")));

        assertThat(client.finish().status()).isEqualTo(400);
        assertThat(client.json().at("/error/code").asText()).isEqualTo("content_blocked");
        assertThat(upstream.requests().get(0).awaitEnding(PATIENCE)).isEqualTo(Ending.PEER_LEFT);
    }

    @Test
    void aSlotThatFailsLaterBreaksTheAnswerOff() {
        upstream.next(Streams.parts(Streams.delta("a"), Streams.delta("s1"), Streams.delta("b"))
                .silence());
        route(slotting(), "slots");
        Client client = stream().awaitText("\"a\"");
        journal.await("b");

        slot("s1").complete(Events.fail(Reply.error(400, "content_blocked", "no")));

        assertThat(client.finish().whole()).isFalse();
        assertThat(client.body()).contains("content_blocked").doesNotContain("\"b\"", "[DONE]");
    }

    @Test
    void aFailVerdictDoesNotWaitForPendingSlots() {
        upstream.next(Streams.parts(Streams.delta("a"), Streams.delta("s1"), Streams.delta("bad"))
                .silence());
        route(
                TestGateway.with().filter("slots", exchange -> new Filter() {
                    @Override
                    public Events onEvent(Event event) {
                        return text(event).equals("bad")
                                ? Events.fail(Reply.error(400, "content_blocked", "no"))
                                : slotting.onEvent(event);
                    }
                }),
                "slots");

        Client client = stream().finish();

        assertThat(client.whole()).isFalse();
        assertThat(client.body()).contains("\"a\"", "content_blocked");
    }

    @Test
    void aSlotThatWasDroppedMayFailAsItLikes() {
        upstream.next(Streams.parts(Streams.delta("a"), Streams.delta("s1"), Streams.delta("s2"))
                .silence());
        CompletableFuture<Events> last = new CompletableFuture<>();
        route(
                TestGateway.with()
                        .filter("outer", exchange -> new Filter() {
                            @Override
                            public Events onEnd() {
                                journal.add("outer.onEnd");
                                return Events.when(last);
                            }
                        })
                        .filter("slots", exchange -> slotting),
                "outer",
                "slots");
        Client client = stream();
        journal.await("s2");

        slot("s1").complete(Events.end(event("z")));
        journal.await("outer.onEnd");
        slot("s2").completeExceptionally(new IllegalStateException("too late to matter"));
        last.completeAsync(() -> event("!"));

        assertThat(client.finish().text(Dialect.OPENAI)).isEqualTo("az!");
        assertThat(client.whole()).isTrue();
    }

    @Test
    void aFailedTryDoesNotWaitForPendingSlotsAndAResumedOnesEventsQueueBehindThem() {
        upstream.next(Streams.parts(Streams.delta("a"), Streams.delta("s1")).close());
        other.next(Streams.whole(Streams.delta("b"), Streams.finish()));
        route(
                slotting().filter("resumes", exchange -> new Filter() {
                    @Override
                    public Recovery onFailure(Failure failure) {
                        journal.add("failed");
                        return Recovery.resume(elsewhere());
                    }
                }),
                "slots",
                "resumes");
        Client client = stream().awaitText("\"a\"");

        journal.await("b");
        assertThat(journal.all()).containsSubsequence("s1", "failed", "b");
        assertThat(client.body()).doesNotContain("\"b\"");
        slot("s1").complete(event("-"));

        assertThat(client.finish().text(Dialect.OPENAI)).isEqualTo("a-b");
        assertThat(client.whole()).isTrue();
    }

    @Test
    void theEndWaitsForPendingSlots() {
        upstream.next(Streams.whole(Streams.openAi("a", "s")));
        route(slotting(), "slots");
        Client client = stream().awaitText("\"a\"");
        journal.await("s");

        assertThat(client.whole()).isFalse();
        slot("s").complete(event("z"));

        assertThat(client.finish().text(Dialect.OPENAI)).isEqualTo("az");
        assertThat(client.body()).endsWith("[DONE]\n\n");
    }

    @Test
    void aSlotOfATryThatFailsIsAFailedTry() {
        upstream.next(Streams.parts(Streams.delta("s1"), Streams.delta("b")).silence());
        other.next(Streams.whole(Streams.openAi("other")));
        route(
                TestGateway.with().filter("judges", exchange -> new Filter() {
                    @Override
                    public AttemptFilter onAttempt(Attempt attempt) {
                        return new AttemptFilter() {
                            @Override
                            public Events onEvent(Event event) {
                                return slotting.onEvent(event);
                            }
                        };
                    }

                    @Override
                    public Recovery onFailure(Failure failure) {
                        journal.add("failed " + failure.accepted() + " " + failure.status());
                        return Recovery.retry(elsewhere());
                    }
                }),
                "judges");
        Client client = stream();
        journal.await("b");

        slot("s1").complete(Events.fail(Reply.error(529, "overloaded", "no")));

        assertThat(client.finish().text(Dialect.OPENAI)).isEqualTo("other");
        assertThat(journal.all()).contains("failed false 529");
    }

    @Test
    void stagesThatAreDoneAlreadyLetNothingOvertakeWhatWasHeldBack() {
        upstream.next(Streams.whole(Streams.openAi("a", "b", "c")));
        route(
                TestGateway.with().filter("both", exchange -> new Filter() {
                    @Override
                    public AttemptFilter onAttempt(Attempt attempt) {
                        return new AttemptFilter() {
                            @Override
                            public Events onEvent(Event event) {
                                return Events.when(
                                        text(event).equals("a")
                                                ? exchange.after(Duration.ofMillis(50))
                                                        .thenApply(over -> event)
                                                : CompletableFuture.completedFuture(event));
                            }
                        };
                    }

                    @Override
                    public Events onEvent(Event event) {
                        return Events.meanwhile(CompletableFuture.completedFuture(event));
                    }
                }),
                "both");

        assertThat(stream().finish().text(Dialect.OPENAI)).isEqualTo("abc");
    }
}
