package dev.sluice.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Filter;
import dev.sluice.api.Outcome;
import dev.sluice.api.RequestHead;
import dev.sluice.api.Step;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.Received;
import dev.sluice.testkit.TestGateway;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams as they pass: at once, no faster than they are read, and gone with the client. */
final class StreamingTest {
    private static final String CHAT = "{\"model\":\"m\",\"stream\":true,\"messages\":[]}";
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private BrokenUpstream upstream;

    @BeforeEach
    void start() throws Exception {
        upstream = BrokenUpstream.start();
    }

    @AfterEach
    void close() throws Exception {
        upstream.close();
    }

    private TestGateway gateway(String filters, TestGateway with) {
        return with.config("""
                        routes:
                          - name: r
                            upstream: "%s"
                            timeouts: { hook: 60s }
                            filters: [ %s ]
                        """.formatted(upstream.uri(), filters)).start();
    }

    private static Filter looking() {
        return new Filter() {
            @Override
            public Events onEvent(Event event) {
                return event;
            }
        };
    }

    private static String delta(String text) {
        return "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + text + "\"}}]}";
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void eachEventIsForwardedBeforeTheNextOneComes(boolean looked) throws Exception {
        List<CompletableFuture<Void>> gates = new ArrayList<>();
        Answer answer = Answer.stream();
        for (int i = 0; i < 10; i++) {
            CompletableFuture<Void> gate = new CompletableFuture<>();
            gates.add(gate);
            answer = answer.await(gate).event(delta("word" + i));
        }
        upstream.next(answer.end());
        try (TestGateway gateway =
                        gateway(looked ? "look: {}" : "", TestGateway.with().filter("look", e -> looking()));
                RawClient client = new RawClient(gateway.gateway().port())) {
            client.post("/v1/chat/completions", CHAT);
            for (int i = 0; i < 10; i++) {
                gates.get(i).complete(null);
                // The upstream holds back the next event until this one has been read here.
                assertThat(client.lineThatBegins("data:")).contains("word" + i);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aSlowReaderHoldsTheUpstreamBackInsteadOfFillingMemory(boolean looked) throws Exception {
        int events = 200_000;
        String event = "data: " + delta("x".repeat(400)) + "\n\n";
        Answer flood = Answer.stream();
        byte[] thousand = event.repeat(1000).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        for (int i = 0; i < events / 1000; i++) {
            flood = flood.chunk(thousand);
        }
        Answer whole = flood.end();
        upstream.always(request -> whole);
        try (TestGateway gateway =
                        gateway(looked ? "look: {}" : "", TestGateway.with().filter("look", e -> looking()));
                RawClient warmUp = new RawClient(gateway.gateway().port());
                RawClient client = new RawClient(gateway.gateway().port())) {
            warmUp.post("/v1/chat/completions", CHAT);
            warmUp.lineThatBegins("HTTP/1.1 200");
            warmUp.leave();
            client.post("/v1/chat/completions", CHAT);
            client.lineThatBegins("data:");
            Received flooded = upstream.awaitRequest(2, PATIENCE);
            long[] before = {-1};
            // Socket buffers fill up, then nothing moves: the same reading several times in a row.
            await().atMost(PATIENCE).pollInterval(Duration.ofMillis(500)).until(() -> {
                long now = flooded.written();
                boolean still = now == before[0];
                before[0] = now;
                return still && now > 0;
            });
            assertThat(flooded.written()).isLessThan(thousand.length * (long) (events / 1000) / 2);
            assertThat(flooded.written()).isLessThan(24L * 1024 * 1024);
            int seen = 1;
            while (seen < 2000) {
                client.lineThatBegins("data:");
                seen++;
            }
        }
    }

    @Test
    void aFilterThatFloodsEventsHoldsBackItsOwnExchangeAlone() throws Exception {
        String event = "data: " + delta("x") + "\n\n";
        byte[] many = event.repeat(1000).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        Answer flood = Answer.stream();
        for (int i = 0; i < 50; i++) {
            flood = flood.chunk(many);
        }
        Answer whole = flood.end();
        upstream.always(request -> request.path().equals("/other") ? Answer.json(200, "{}") : whole);
        TestGateway with = TestGateway.with().loops(1).filter("multiply", exchange -> new Filter() {
            @Override
            public Events onEvent(Event one) {
                List<Event> thousand = new ArrayList<>();
                for (int i = 0; i < 1000; i++) {
                    thousand.add(Event.data("copy " + i + " " + "y".repeat(100)));
                }
                return Events.of(thousand);
            }
        });
        try (TestGateway gateway = gateway("multiply: {}", with);
                RawClient client = new RawClient(gateway.gateway().port())) {
            client.post("/v1/chat/completions", CHAT);
            assertThat(client.lineThatBegins("data:")).startsWith("data: copy 0 ");
            // 50,000 events would become 5 GB: they must wait at the upstream, while this very loop serves others.
            for (int i = 0; i < 20; i++) {
                assertThat(gateway.get("/other").statusCode()).isEqualTo(200);
            }
            for (int i = 1; i < 3000; i++) {
                assertThat(client.lineThatBegins("data:")).startsWith("data: copy " + i % 1000 + " ");
            }
            Runtime runtime = Runtime.getRuntime();
            runtime.gc();
            assertThat(runtime.totalMemory() - runtime.freeMemory()).isLessThan(500L * 1024 * 1024);
        }
    }

    @Test
    void aClientThatLeavesMidStreamFreesTheUpstreamWithinASecond() throws Exception {
        BlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();
        upstream.next(Answer.stream().event(delta("one")).silence());
        TestGateway with = TestGateway.with().filter("look", exchange -> new Filter() {
            @Override
            public Events onEvent(Event event) {
                return event;
            }

            @Override
            public void onComplete(Outcome outcome) {
                outcomes.add(outcome);
            }
        });
        try (TestGateway gateway = gateway("look: {}", with);
                RawClient client = new RawClient(gateway.gateway().port())) {
            client.post("/v1/chat/completions", CHAT);
            client.lineThatBegins("data:");
            client.leave();
            assertGone(outcomes);
        }
    }

    @Test
    void aClientThatLeavesBeforeTheFirstEventFreesTheUpstreamWithinASecond() throws Exception {
        BlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();
        upstream.next(Answer.stream().head().silence());
        TestGateway with = TestGateway.with().filter("watch", exchange -> completing(outcomes));
        try (TestGateway gateway = gateway("watch: {}", with);
                RawClient client = new RawClient(gateway.gateway().port())) {
            client.post("/v1/chat/completions", CHAT);
            upstream.awaitRequest(1, PATIENCE);
            client.leave();
            assertGone(outcomes);
        }
    }

    @Test
    void aClientThatLeavesWhileItUploadsFreesTheUpstreamWithinASecond() throws Exception {
        BlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();
        CountDownLatch reached = new CountDownLatch(1);
        TestGateway with = TestGateway.with().filter("watch", exchange -> new Filter() {
            @Override
            public Step onRequest(RequestHead head) {
                reached.countDown();
                return Step.next();
            }

            @Override
            public void onComplete(Outcome outcome) {
                outcomes.add(outcome);
            }
        });
        try (TestGateway gateway = gateway("watch: {}", with);
                RawClient client = new RawClient(gateway.gateway().port())) {
            client.send(
                    "PUT /file HTTP/1.1\r\nhost: a\r\ncontent-type: text/plain\r\ncontent-length: 1000000\r\n\r\nbegun");
            assertThat(reached.await(30, TimeUnit.SECONDS)).isTrue();
            await().atMost(PATIENCE).until(() -> upstream.acceptedConnections() == 1);
            client.leave();
            Outcome outcome = outcomes.poll(5, TimeUnit.SECONDS);
            assertThat(outcome).isNotNull();
            assertThat(outcome.cancelled()).isTrue();
            await().atMost(Duration.ofSeconds(5)).until(() -> upstream.openConnections() == 0);
        }
    }

    @Test
    void aClientThatLeavesWhileAHookWaitsIsNoticed() throws Exception {
        BlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();
        CountDownLatch reached = new CountDownLatch(1);
        TestGateway with = TestGateway.with().filter("wait", exchange -> new Filter() {
            @Override
            public Step onRequest(RequestHead head) {
                reached.countDown();
                return Step.when(new CompletableFuture<>());
            }

            @Override
            public void onComplete(Outcome outcome) {
                outcomes.add(outcome);
            }
        });
        try (TestGateway gateway = gateway("wait: {}", with);
                RawClient client = new RawClient(gateway.gateway().port())) {
            client.post("/v1/chat/completions", CHAT);
            assertThat(reached.await(30, TimeUnit.SECONDS)).isTrue();
            client.leave();
            Outcome outcome = outcomes.poll(5, TimeUnit.SECONDS);
            assertThat(outcome).isNotNull();
            assertThat(outcome.cancelled()).isTrue();
            assertThat(outcome.status()).isZero();
            assertThat(upstream.acceptedConnections()).isZero();
        }
    }

    private static Filter completing(BlockingQueue<Outcome> outcomes) {
        return new Filter() {
            @Override
            public void onComplete(Outcome outcome) {
                outcomes.add(outcome);
            }
        };
    }

    private void assertGone(BlockingQueue<Outcome> outcomes) throws InterruptedException {
        // The gateway acts within milliseconds; the bound only has to hold on a busy machine.
        Outcome outcome = outcomes.poll(5, TimeUnit.SECONDS);
        assertThat(outcome).isNotNull();
        assertThat(outcome.cancelled()).isTrue();
        assertThat(upstream.awaitPeerClosed(Duration.ofSeconds(5))).isTrue();
    }
}
