package dev.sluice.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is under way while its plugin is replaced ends as it began, on the old code; then that is gone. */
final class UnderWayTest {
    private static final String CHAT = "{\"model\":\"m\",\"stream\":true,\"messages\":[]}";

    private final Board board = new Board();
    private final CompletableFuture<Void> upstreamGate = new CompletableFuture<>();
    private BrokenUpstream upstream;
    private BrokenUpstream other;
    private TestGateway gateway;

    @BeforeEach
    void start() throws IOException {
        upstream = BrokenUpstream.start();
        other = BrokenUpstream.start();
        gateway = TestGateway.with()
                .jar("jars/under.jar", UnderWayJar.version("one")::write)
                .config("""
                        plugins: { dir: jars }
                        routes:
                          - name: r
                            upstream: "%s"
                            filters: [ under: {}, below: {} ]
                        """.formatted(upstream.uri()))
                .start();
    }

    @AfterEach
    void close() throws IOException {
        gateway.close();
        upstream.close();
        other.close();
        board.close();
    }

    private Call call(String what) {
        return Call.to(gateway.uri("/"), "", "x-case: " + what);
    }

    private Call stream(String what) {
        return Call.to(gateway.uri("/v1/chat/completions"), CHAT, "x-case: " + what, "x-other: " + other.uri());
    }

    /** Version two takes the place of version one, and serves what comes from now on, while that other call goes on. */
    private void swapDuring(Call underWay) {
        Swapping.swap(gateway, UnderWayJar.version("two"), "under.jar");
        assertThat(by(call("new"))).isEqualTo("two");
        assertThat(underWay.isOver()).isFalse();
        assertThat(gateway.gateway().drainingGenerations()).hasSize(1);
        assertThat(board.journal()).doesNotContain("closed one");
    }

    private void oldOneGoes(String what) {
        Swapping.awaitCollected(gateway);
        List<String> life = board.journal().stream()
                .filter(said -> said.startsWith("complete " + what) || said.startsWith("closed"))
                .toList();
        assertThat(life).containsExactly("complete " + what + " one true", "closed one");
    }

    private static String by(Call call) {
        return Swapping.json(call.finish().body()).path("by").asText();
    }

    private static String delta(String text) {
        return "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,"
                + "\"delta\":{\"content\":\"" + text + "\"},\"finish_reason\":null}]}";
    }

    private static List<JsonNode> events(Call.Answer answer) {
        assertThat(answer.whole()).isTrue();
        assertThat(answer.body()).endsWith("data: [DONE]\n\n");
        return Stream.of(answer.body().split("\n\n"))
                .map(event -> event.substring("data: ".length()))
                .filter(data -> data.startsWith("{"))
                .map(Swapping::json)
                .toList();
    }

    private static List<String> texts(List<JsonNode> events) {
        return events.stream()
                .map(event -> event.at("/choices/0/delta/content").asText())
                .toList();
    }

    @Test
    void aStreamThatIsCutAfterTheSwapIsResumed() {
        upstream.next(Answer.stream().event(delta("a ")).await(upstreamGate).cut());
        other.next(Answer.stream().event(delta("b")).chunk("data: [DONE]\n\n").end());
        Call call = stream("resume").awaitText("a ");
        swapDuring(call);
        upstreamGate.complete(null);

        List<JsonNode> events = events(call.finish());
        assertThat(texts(events)).containsExactly("a ", "b");
        assertThat(events)
                .allSatisfy(event -> assertThat(event.path("below").asText()).isEqualTo("one"));
        oldOneGoes("resume");
    }

    @Test
    void aPendingSlotOfAStreamIsFilled() {
        upstream.next(Answer.stream()
                .event(delta("a"))
                .event(delta("slot"))
                .event(delta("b"))
                .chunk("data: [DONE]\n\n")
                .end());
        Call call = stream("meanwhile").awaitText("\"a\"");
        await().atMost(Swapping.PATIENCE).until(() -> board.count("slot") == 1);
        swapDuring(call);
        board.open("meanwhile");

        assertThat(texts(events(call.finish()))).containsExactly("a", "one", "b");
        oldOneGoes("meanwhile");
    }

    @Test
    void blockingWorkEndsAndStillFindsItsClasses() {
        Call call = call("blocking");
        await().atMost(Swapping.PATIENCE).until(() -> board.count("blocking") == 1);
        swapDuring(call);
        board.open("blocking");

        assertThat(by(call)).isEqualTo("one");
        oldOneGoes("blocking");
    }

    @Test
    void whatAFilterAsksGoesThroughTheOldFiltersBelowIt() throws Exception {
        upstream.next(Answer.status(200)
                .header("content-type", "application/json")
                .await(upstreamGate)
                .chunk("{\"answer\":\"yes\"}")
                .end());
        Call call = call("ask");
        upstream.awaitRequest(1, Swapping.PATIENCE);
        swapDuring(call);
        upstreamGate.complete(null);

        JsonNode answer = Swapping.json(call.finish().body());
        assertThat(answer.path("by").asText()).isEqualTo("one");
        assertThat(answer.path("below").asText()).isEqualTo("one");
        assertThat(answer.path("answer").asText()).isEqualTo("yes");
        Swapping.awaitCollected(gateway);
    }

    @Test
    void aPendingHookIsDecided() {
        Call call = call("when");
        await().atMost(Swapping.PATIENCE)
                .until(() -> gateway.gateway().snapshot().inFlight() == 1);
        swapDuring(call);
        board.open("when");

        assertThat(by(call)).isEqualTo("one");
        oldOneGoes("when");
    }

    @Test
    void timersStopWithTheirGeneration() {
        upstream.next(Answer.stream()
                .event(delta("a"))
                .await(upstreamGate)
                .chunk("data: [DONE]\n\n")
                .end());
        Call call = stream("stream").awaitText("\"a\"");
        swapDuring(call);
        // The old one's go on as long as it has something under way.
        long ticks = board.count("tick one");
        await().atMost(Swapping.PATIENCE)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> board.count("tick one") > ticks && board.count("tick two") > 0);
        upstreamGate.complete(null);
        events(call.finish());
        oldOneGoes("stream");

        long last = board.count("tick one");
        long now = board.count("tick two");
        await().atMost(Swapping.PATIENCE)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> board.count("tick two") > now + 2);
        assertThat(board.count("tick one")).isEqualTo(last);
    }

    @Test
    void threeGenerationsServeAtOnceAndGoInAnyOrder() {
        Call first = call("when");
        await().atMost(Swapping.PATIENCE)
                .until(() -> gateway.gateway().snapshot().inFlight() == 1);
        swapDuring(first);
        Call second = call("blocking");
        await().atMost(Swapping.PATIENCE).until(() -> board.count("blocking") == 1);
        Swapping.swap(gateway, UnderWayJar.version("three"), "under.jar");
        assertThat(by(call("new"))).isEqualTo("three");
        assertThat(gateway.gateway().drainingGenerations()).hasSize(2);

        board.open("blocking");
        assertThat(by(second)).isEqualTo("two");
        await().atMost(Swapping.PATIENCE).until(() -> board.count("closed two") == 1);
        assertThat(board.journal()).doesNotContain("closed one");
        board.open("when");
        assertThat(by(first)).isEqualTo("one");
        Swapping.awaitCollected(gateway);
        assertThat(board.count("closed one")).isEqualTo(1);
        assertThat(board.count("closed two")).isEqualTo(1);
    }
}
