package dev.sluice.plugins.tokenratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.testkit.TestRedis;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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
