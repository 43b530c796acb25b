package dev.sluice.plugins.tokenratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.Key;
import dev.sluice.api.SharedState;
import dev.sluice.api.Usage;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.OnStoreFailure;
import dev.sluice.testkit.FakeClock;
import dev.sluice.testkit.FakeExchange;
import dev.sluice.testkit.FakeOutcome;
import dev.sluice.testkit.FakeScope;
import dev.sluice.testkit.TestRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A hundred thousand consumers, whom nobody may remember for ever. */
@Tag("long")
@Timeout(300)
final class ManySubjectsTest {
    private static final int MANY = 100_000;

    private final FakeClock clock = new FakeClock();
    private final FailingScope scope = new FailingScope(new FakeScope(clock));

    private void request(FilterFactory factory, int consumer) {
        FakeExchange exchange = FakeExchange.openAi()
                .clock(clock)
                .header("content-type", "application/json")
                .body("{\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
        exchange.put(Key.CONSUMER, "consumer-" + consumer);
        Filter filter = factory.newFilter(exchange);
        var unused = filter.onRequest(exchange.request());
        unused = filter.onRequestBody(exchange.body());
        filter.onComplete(FakeOutcome.success().usage(Usage.of(1, 1)));
    }

    @Test
    void aNodeHoldsSoManyMetersAndLinesHoweverManyCall() {
        FilterFactory factory = new TokenRatelimit()
                .open(
                        Config.rules(OnStoreFailure.LOCAL, 100, Config.tokens("user", "consumer", 1000)),
                        scope.scope(),
                        clock::millis);
        request(factory, 0);
        int meters = scope.meters().getMeters().size();
        for (int i = 1; i < MANY; i++) {
            request(factory, i);
        }
        assertThat(scope.meters().getMeters()).hasSize(meters);
        assertThat(scope.real().shown("limits")).hasSize(1000);
        clock.advance(Duration.ofMinutes(2));
        assertThat(scope.real().shown("limits")).isEmpty();
    }

    @Test
    void aNodeAloneForgetsThoseItHasNotSeenForLong() {
        long[] now = {1_000_000_000_000L};
        LocalStore store = new LocalStore(() -> now[0]);
        List<String> args = List.of("s", "10", "60000", "10", "strict", "600000", "0", "0", "0", "0", "10", "0");
        for (int i = 0; i < 3 * MANY; i++) {
            assertThat(store.run(Windows.SCRIPT, List.of("k" + i), args).get(0)).isEqualTo("1");
        }
        assertThat(store.size()).isEqualTo(MANY);
        assertThat(store.run(Windows.SCRIPT, List.of("k" + (3 * MANY - 1)), args)
                        .get(0))
                .isEqualTo("0");
    }

    @Test
    void redisForgetsThoseWhoseTimeIsOver() {
        try (TestRedis redis = TestRedis.single()) {
            SharedState state = redis.state("many");
            List<CompletableFuture<List<String>>> all = new ArrayList<>();
            for (int i = 0; i < MANY; i++) {
                List<String> args = List.of(
                        "s", "10", "1000", "10", "none", "2000", "1", "0", "0", "1", "0", "1", Long.toString(2000));
                all.add(state.run(Windows.SCRIPT, List.of("{" + i + "}t", "{" + i + "}i1"), args)
                        .toCompletableFuture());
                if (all.size() == 2000) {
                    all.forEach(CompletableFuture::join);
                    all.clear();
                }
            }
            all.forEach(CompletableFuture::join);
            assertThat(redis.size()).isPositive();
            await().atMost(Duration.ofSeconds(60)).until(() -> redis.size() <= 1);
        }
    }
}
