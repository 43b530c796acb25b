package dev.sluice.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.host.admin.Reload;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How long what is under way may take to end, after its snapshot was replaced and when the gateway is shut down. */
final class DrainTest {
    private static final String CHAT = "{\"model\":\"m\",\"stream\":true,\"messages\":[]}";

    private final Board board = new Board();
    private final CompletableFuture<Void> upstreamGate = new CompletableFuture<>();
    private BrokenUpstream upstream;
    private TestGateway gateway;

    @BeforeEach
    void upstream() throws IOException {
        upstream = BrokenUpstream.start();
    }

    @AfterEach
    void close() throws IOException {
        gateway.close();
        upstream.close();
        board.close();
    }

    private String config(String drain) {
        return """
                plugins: { dir: jars }
                drain: { %s }
                routes:
                  - name: r
                    upstream: "%s"
                    filters: [ under: {}, below: {} ]
                """.formatted(drain, upstream.uri());
    }

    private void start(String drain) {
        gateway = TestGateway.with()
                .jar("jars/under.jar", UnderWayJar.version("one")::write)
                .config(config(drain))
                .start();
    }

    private Call stream() {
        return Call.to(gateway.uri("/v1/chat/completions"), CHAT, "x-case: stream");
    }

    /** A stream that has said something, and says no more until the gate is open. */
    private Call begunStream() {
        upstream.next(Answer.stream()
                .event(delta("1"))
                .await(upstreamGate)
                .event(delta("2"))
                .chunk("data: [DONE]\n\n")
                .end());
        return stream().awaitText(text("1"));
    }

    private static String delta(String text) {
        return "{\"choices\":[{\"index\":0,\"delta\":{" + text(text) + "},\"finish_reason\":null}]}";
    }

    private static String text(String text) {
        return "\"content\":\"" + text + "\"";
    }

    private void swap() {
        Swapping.swap(gateway, UnderWayJar.version("two"), "under.jar");
    }

    @Test
    void whatIsUnderWayAfterTheLimitIsEndedForAllToSee() throws Exception {
        start("swap: 300ms");
        Call begun = begunStream();
        upstream.next(Answer.stream().silence());
        Call headless = stream();
        upstream.awaitRequest(2, Swapping.PATIENCE);
        Call inHook = Call.to(gateway.uri("/"), "", "x-case: when");
        await().atMost(Swapping.PATIENCE)
                .until(() -> gateway.gateway().snapshot().inFlight() == 3);
        swap();

        Call.Answer cut = begun.finish();
        assertThat(cut.status()).isEqualTo(200);
        assertThat(cut.whole()).isFalse();
        assertThat(cut.body()).contains(text("1")).doesNotContain("[DONE]", text("2"));
        String last = cut.body().substring(cut.body().lastIndexOf("data: ") + 6);
        assertThat(Swapping.json(last).at("/error/code").asText()).isEqualTo("overloaded");
        for (Call call : new Call[] {headless, inHook}) {
            Call.Answer refused = call.finish();
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.whole()).isTrue();
            JsonNode error = Swapping.json(refused.body()).path("error");
            assertThat(error.path("code").asText()).isEqualTo("overloaded");
            assertThat(error.path("message").asText()).contains("drain.swap");
        }
        board.open("when");
        Swapping.awaitCollected(gateway);
        List<String> life = board.journal().stream()
                .filter(said -> said.matches("(complete|closed) .*one.*"))
                .toList();
        assertThat(life).hasSize(4).endsWith("closed one").containsOnlyOnce("closed one");
        assertThat(Call.to(gateway.uri("/"), "", "x-case: new").finish().body()).contains("two");
    }

    @Test
    void whatEndsBeforeTheLimitIsWhole() throws Exception {
        start("swap: 30s");
        Call begun = begunStream();
        Call inHook = Call.to(gateway.uri("/"), "", "x-case: when");
        await().atMost(Swapping.PATIENCE)
                .until(() -> gateway.gateway().snapshot().inFlight() == 2);
        swap();

        JsonNode status = Swapping.admin(gateway, "/api/v1/status");
        assertThat(status.path("draining")).hasSize(1);
        assertThat(status.at("/draining/0/generation").asLong()).isEqualTo(1);
        assertThat(status.at("/draining/0/inFlight").asLong()).isEqualTo(2);
        assertThat(status.at("/draining/0/since").asText()).isNotEmpty();
        assertThat(status.at("/generations/draining").asInt()).isEqualTo(1);
        board.open("when");
        assertThat(inHook.finish().body()).contains("one");
        await().atMost(Swapping.PATIENCE)
                .until(() -> Swapping.admin(gateway, "/api/v1/status")
                                .at("/draining/0/inFlight")
                                .asLong()
                        == 1);
        assertThat(board.journal()).doesNotContain("closed one");
        upstreamGate.complete(null);
        Call.Answer answer = begun.finish();
        assertThat(answer.whole()).isTrue();
        assertThat(answer.body()).contains(text("2")).endsWith("data: [DONE]\n\n");
        Swapping.awaitCollected(gateway);
        assertThat(Swapping.admin(gateway, "/api/v1/status").path("draining")).isEmpty();
        assertThat(board.count("closed one")).isEqualTo(1);
    }

    @Test
    void aShutdownWaitsForStreamsOfAllSnapshotsAndTakesNoHarmFromAnEdit() throws Exception {
        start("swap: 30s, shutdown: 30s");
        Call old = begunStream();
        swap();
        Call young = begunStream();
        assertThat(gateway.admin("/ready").statusCode()).isEqualTo(200);

        CompletableFuture<Boolean> shutdown =
                CompletableFuture.supplyAsync(() -> gateway.gateway().shutdown());
        await().atMost(Swapping.PATIENCE).until(() -> gateway.admin("/ready").statusCode() == 503);
        assertThat(old.isOver()).isFalse();
        assertThat(young.isOver()).isFalse();
        Reload reload = gateway.reconfigure(config("swap: 30s, shutdown: 1ms"));
        assertThat(reload.published()).isTrue();
        assertThat(gateway.admin("/ready").statusCode()).isEqualTo(503);
        assertThat(shutdown).isNotDone();

        upstreamGate.complete(null);
        for (Call call : new Call[] {old, young}) {
            Call.Answer answer = call.finish();
            assertThat(answer.whole()).isTrue();
            assertThat(answer.body()).contains(text("2")).endsWith("data: [DONE]\n\n");
        }
        assertThat(shutdown.get()).isTrue();
        assertThat(board.count("closed one")).isEqualTo(1);
        assertThat(board.count("closed two")).isEqualTo(1);
    }
}
