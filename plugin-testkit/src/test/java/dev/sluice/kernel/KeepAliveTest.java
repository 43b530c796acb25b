package dev.sluice.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Filter;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A silent stream gets a comment now and then, but never one in the middle of something. */
final class KeepAliveTest {
    private BrokenUpstream upstream;

    @BeforeEach
    void start() throws Exception {
        upstream = BrokenUpstream.start();
    }

    @AfterEach
    void close() throws Exception {
        upstream.close();
    }

    private TestGateway gateway() {
        return TestGateway.with()
                .loops(1)
                .filter("look", exchange -> new Filter() {
                    @Override
                    public Events onEvent(Event event) {
                        return event;
                    }
                })
                .config("""
                        listen: { keepAlive: 100ms }
                        routes:
                          - name: looked
                            match: { path: /looked }
                            upstream: "%s"
                            filters: [ look: {} ]
                          - name: raw
                            match: { path: /raw }
                            upstream: "%s"
                        """.formatted(upstream.uri(), upstream.uri()))
                .start();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/looked", "/raw"})
    void aSilenceBetweenEventsIsFilledWithComments(String path) throws Exception {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        upstream.next(Answer.stream().event("one").await(gate).event("two").end());
        try (TestGateway gateway = gateway();
                RawClient client = new RawClient(gateway.gateway().port())) {
            client.post(path, "{}");
            client.lineThatBegins("data: one");
            client.lineThatBegins(": keep-alive");
            client.lineThatBegins(": keep-alive");
            gate.complete(null);
            client.lineThatBegins("data: two");
        }
    }

    @Test
    void aCommentNeverFallsIntoAnEventThatPassesAsItsBytes() throws Exception {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        silentAfter("data: on", "e\n\n", gate, Answer.stream());
        try (TestGateway gateway = gateway();
                RawClient halfWay = new RawClient(gateway.gateway().port())) {
            halfWay.post("/raw", "{}");
            halfWay.lineThatBegins("data: on");
            waitForTwoComments(gateway);
            gate.complete(null);
            assertThat(linesToTheEnd(halfWay)).contains("e").doesNotContain(": keep-alive");
        }
    }

    @Test
    void anEncodedStreamThatNobodyDecodesGetsNone() throws Exception {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        silentAfter("rather like gzip\n\n", "the rest", gate, Answer.stream().header("content-encoding", "gzip"));
        try (TestGateway gateway = gateway();
                RawClient client = new RawClient(gateway.gateway().port())) {
            client.post("/raw", "{}");
            client.lineThatBegins("rather like gzip");
            waitForTwoComments(gateway);
            gate.complete(null);
            assertThat(linesToTheEnd(client)).contains("the rest").doesNotContain(": keep-alive");
        }
    }

    private void silentAfter(String first, String second, CompletableFuture<Void> gate, Answer answer) {
        Answer halves = answer.chunk(first).await(gate).chunk(second).end();
        Answer resting = Answer.stream().event("one").await(gate).end();
        upstream.always(request -> request.path().equals("/raw") ? halves : resting);
    }

    private static List<String> linesToTheEnd(RawClient client) throws Exception {
        List<String> lines = new ArrayList<>();
        String line = client.line();
        while (!line.equals("0")) {
            lines.add(line);
            line = client.line();
        }
        return lines;
    }

    /** Another stream of the same loop, begun later, is the clock: once it got two, the first has had its chance. */
    private static void waitForTwoComments(TestGateway gateway) throws Exception {
        try (RawClient other = new RawClient(gateway.gateway().port())) {
            other.post("/looked", "{}");
            other.lineThatBegins("data: one");
            other.lineThatBegins(": keep-alive");
            other.lineThatBegins(": keep-alive");
        }
    }
}
