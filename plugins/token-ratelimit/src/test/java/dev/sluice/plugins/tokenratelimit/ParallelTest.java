package dev.sluice.plugins.tokenratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.testkit.TestRedis;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A thousand requests at once, at three gateways, against a limit that a hundred would use up. */
@Tag("long")
@Timeout(180)
final class ParallelTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int LIMIT = 1000;
    private static final int COST = 10;

    @Test
    void threeGatewaysOnOneRedisNeverOvershoot() throws Exception {
        try (TestRedis redis = TestRedis.single()) {
            neverOvershoot(redis);
        }
    }

    @Test
    void threeGatewaysOnAClusterNeverOvershoot() throws Exception {
        try (TestRedis redis = TestRedis.cluster()) {
            neverOvershoot(redis);
        }
    }

    @Test
    void unevenAnswersOnOneRedisOvershootByOneAtMost() throws Exception {
        try (TestRedis redis = TestRedis.single()) {
            overshootByOneAtMost(redis);
        }
    }

    @Test
    void unevenAnswersOnAClusterOvershootByOneAtMost() throws Exception {
        try (TestRedis redis = TestRedis.cluster()) {
            overshootByOneAtMost(redis);
        }
    }

    /** Requests that do not say how long an answer may be; a third of the answers is ten times as long as assumed. */
    private static void overshootByOneAtMost(TestRedis redis) throws Exception {
        int limit = 100 * 130;
        int large = 300;
        AtomicInteger answers = new AtomicInteger();
        AtomicLong used = new AtomicLong();
        try (Fleet fleet = new Fleet().start(3, redis.config(), """
                token-ratelimit: { storeTimeout: 60s, onStoreFailure: deny, rules: [
                  { name: all, tokens: %d, window: 1h, assumeOutput: 30 } ] }""".formatted(limit))) {
            fleet.upstream().always(request -> {
                int output = answers.incrementAndGet() % 3 == 0 ? large : 30;
                used.addAndGet(10 + output);
                return Fleet.answer(10, output);
            });
            String body = Fleet.CHAT.replace("\"max_tokens\":9,", "");
            List<CompletableFuture<Integer>> statuses = IntStream.range(0, 1000)
                    .mapToObj(i -> fleet.client()
                            .sendAsync(
                                    fleet.request(i, "/v1/chat/completions", body)
                                            .build(),
                                    BodyHandlers.ofString())
                            .thenApply(answer -> answer.statusCode()))
                    .toList();
            assertThat(statuses).allSatisfy(status -> assertThat(status.join()).isIn(200, 429));
            assertThat(answers.get()).isPositive();
            assertThat(used.get()).isLessThanOrEqualTo(limit + 10 + large);
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(Kept.of(redis.state("token-ratelimit"), "all", ""))
                            .isEqualTo(new Kept(used.get(), 0)));
            // Those that come back are served until so little is left as one answer is expected to need.
            int refused = 0;
            for (int i = 0; i < 1000 && refused < 3; i++) {
                int status = fleet.client()
                        .send(fleet.request(i, "/v1/chat/completions", body).build(), BodyHandlers.ofString())
                        .statusCode();
                refused = status == 429 ? refused + 1 : 0;
            }
            assertThat(used.get()).isBetween(limit - 10L - large, limit + 10L + large);
        }
    }

    private static void neverOvershoot(TestRedis redis) throws Exception {
        try (Fleet fleet = new Fleet()
                .start(
                        3,
                        redis.config(),
                        "token-ratelimit: { storeTimeout: 60s, onStoreFailure: deny, rules: [ "
                                + "{ name: all, tokens: 1000, window: 1h }, { name: wide, tokens: 100000, window: 1h } ] }")) {
            fleet.upstream().always(request -> Fleet.answer(3, 7));
            List<CompletableFuture<Integer>> statuses = IntStream.range(0, 1000)
                    .mapToObj(i -> fleet.send(i).thenApply(answer -> answer.statusCode()))
                    .toList();
            assertThat(statuses).allSatisfy(status -> assertThat(status.join()).isIn(200, 429));
            long served =
                    statuses.stream().filter(status -> status.join() == 200).count();
            assertThat(served).isEqualTo(fleet.upstream().requests().size()).isPositive();
            assertThat(served * COST).isLessThanOrEqualTo(LIMIT);
            for (String rule : List.of("all", "wide")) {
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(Kept.of(redis.state("token-ratelimit"), rule, ""))
                                .isEqualTo(new Kept(served * COST, 0)));
            }
        }
    }
}
