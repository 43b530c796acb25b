package dev.sluice.plugins.tokenratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.testkit.Answer;
import dev.sluice.testkit.TestRedis;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Redis goes away while requests are under way, or answers nobody hears. */
@Timeout(120)
final class OutageTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String QUEUED = "sluice_token_ratelimit_settles_queued";
    private static final String DROPPED = "sluice_token_ratelimit_settles_dropped_tokens_total";

    private static String chain(int maxQueued) {
        return "token-ratelimit: { maxQueued: " + maxQueued
                + ", rules: [ { name: all, tokens: 100000, window: 1h } ] }";
    }

    private static String redisAt(int port) {
        return "{ urls: \"redis://127.0.0.1:" + port + "\", timeout: 300ms, connectTimeout: 500ms }";
    }

    private static int port(TestRedis redis) {
        Matcher port = Pattern.compile(":(\\d+)\"").matcher(redis.config());
        assertThat(port.find()).isTrue();
        return Integer.parseInt(port.group(1));
    }

    /** Answers of 15 tokens that come once the signal is given. */
    private static Answer when(CompletableFuture<Void> signal) {
        return Answer.status(200)
                .header("content-type", "application/json")
                .await(signal)
                .chunk(
                        "{\"id\":\"c\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hi\"},"
                                + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5}}")
                .end();
    }

    @Test
    @Tag("long")
    void whatIsUsedWhileRedisIsAwayIsChargedWhenItIsBack() throws Exception {
        try (TestRedis redis = TestRedis.single();
                Fleet fleet = new Fleet().start(1, redisAt(port(redis)), chain(5))) {
            CompletableFuture<Void> go = new CompletableFuture<>();
            fleet.upstream().always(request -> when(go));
            List<CompletableFuture<HttpResponse<String>>> answers =
                    IntStream.range(0, 7).mapToObj(fleet::send).toList();
            fleet.upstream().awaitRequest(7, PATIENCE);
            assertThat(Kept.of(redis.state("token-ratelimit"), "all", "").reserved())
                    .isPositive();
            redis.kill();
            go.complete(null);
            answers.forEach(answer -> assertThat(answer.join().statusCode()).isEqualTo(200));
            await().atMost(PATIENCE).until(() -> fleet.metric(QUEUED) == 5 && fleet.metric(DROPPED) == 2 * 15);
            // Meanwhile this node goes by its own count.
            assertThat(fleet.chat().statusCode()).isEqualTo(200);
            await().atMost(PATIENCE).until(() -> fleet.metric(DROPPED) == 3 * 15);

            redis.restart();
            await().atMost(PATIENCE).until(() -> fleet.metric(QUEUED) == 0);
            Function<Integer, Kept> charged = answer -> new Kept(answer * 15L, 0);
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(kept(redis)).isEqualTo(charged.apply(5)));
            await().atMost(PATIENCE).untilAsserted(() -> {
                assertThat(fleet.chat().statusCode()).isEqualTo(200);
                assertThat(kept(redis).used()).isGreaterThan(75);
            });
            assertThat(fleet.metric(DROPPED)).isEqualTo(3 * 15);
        }
    }

    /** Each answer takes 15 of 20 tokens, so a second one must wait for the window's end. */
    @Test
    @Tag("long")
    void aWindowEndsThoughRedisIsStartedAnewInIt() throws Exception {
        String rule = "token-ratelimit: { rules: [ { name: all, tokens: 20, window: 4s, algorithm: fixed-window } ] }";
        try (TestRedis redis = TestRedis.single();
                Fleet fleet = new Fleet().start(1, redisAt(port(redis)), rule)) {
            assertThat(fleet.chat().statusCode()).isEqualTo(200);
            redis.kill();
            redis.restart();
            await().atMost(PATIENCE).until(() -> fleet.metric("sluice_state_up") == 1);
            for (int window = 0; window < 3; window++) {
                await().atMost(PATIENCE).until(() -> fleet.chat().statusCode() == 200);
            }
        }
    }

    @Test
    void aChargeWhoseAnswerWasLostIsMadeOnce() throws Exception {
        try (TestRedis redis = TestRedis.single();
                LossyProxy proxy = new LossyProxy(port(redis));
                Fleet fleet = new Fleet().start(1, redisAt(proxy.port()), chain(100))) {
            CompletableFuture<Void> go = new CompletableFuture<>();
            fleet.upstream().always(request -> when(go));
            CompletableFuture<HttpResponse<String>> answer = fleet.send(0);
            fleet.upstream().awaitRequest(1, PATIENCE);
            proxy.loses(true);
            go.complete(null);
            assertThat(answer.join().statusCode()).isEqualTo(200);
            await().atMost(PATIENCE).until(() -> fleet.metric(QUEUED) == 1);
            assertThat(kept(redis)).as("it was made, and the node cannot know").isEqualTo(new Kept(15, 0));
            proxy.loses(false);
            await().atMost(PATIENCE).until(() -> fleet.metric(QUEUED) == 0);
            assertThat(kept(redis)).isEqualTo(new Kept(15, 0));
            assertThat(fleet.metric(DROPPED)).isZero();
        }
    }

    private static Kept kept(TestRedis redis) {
        try {
            return Kept.of(redis.state("token-ratelimit"), "all", "");
        } catch (RuntimeException away) {
            return new Kept(-1, -1);
        }
    }
}
