package dev.sluice.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.Reply;
import dev.sluice.api.RequestHead;
import dev.sluice.api.Scope;
import dev.sluice.api.Step;
import dev.sluice.host.state.RealRedis;
import dev.sluice.testkit.TestGateway;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Gateways that share one Redis. */
@Timeout(120)
class SharedRedisTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    /** Counts requests, over all gateways. */
    private record Counting(Scope scope) implements FilterFactory {
        @Override
        public Filter newFilter(Exchange exchange) {
            return new Filter() {
                @Override
                public Step onRequest(RequestHead head) {
                    return Step.when(scope.shared()
                            .add("n", 1, Duration.ofHours(1))
                            .handle((sum, error) -> error == null
                                    ? Reply.json(200, TextNode.valueOf("count " + sum))
                                    : Reply.error(503, "state_away", "failed open")));
                }
            };
        }
    }

    private static TestGateway gateway(String redis, AtomicInteger ticks) {
        return TestGateway.with()
                .openedFilter("count", scope -> {
                    var unused = scope.everyOnOneNode("tick", Duration.ofMillis(100), ticks::incrementAndGet);
                    return new Counting(scope);
                })
                .config("""
                        state: { redis: "%s" }
                        routes: [{ name: r, filters: [ count: {} ], upstream: "http://127.0.0.1:1" }]
                        """.formatted(redis));
    }

    @Test
    void twoGatewaysCountTogetherAndOneOfThemTicks() {
        AtomicInteger[] ticks = {new AtomicInteger(), new AtomicInteger()};
        try (RealRedis redis = RealRedis.start();
                TestGateway first = gateway(redis.url(), ticks[0]).start()) {
            try (TestGateway second = gateway(redis.url(), ticks[1]).start()) {
                for (int i = 0; i < 10; i++) {
                    assertThat(first.get("/").body()).contains("count " + (2 * i + 1));
                    assertThat(second.get("/").body()).contains("count " + (2 * i + 2));
                }
                await().atMost(SOON).until(() -> ticks[0].get() + ticks[1].get() >= 10);
                assertThat(Math.min(ticks[0].get(), ticks[1].get())).isZero();
                if (ticks[0].get() > 0) {
                    first.close();
                    await().atMost(SOON).until(() -> ticks[1].get() > 3);
                } else {
                    second.close();
                    await().atMost(SOON).until(() -> ticks[0].get() > 3);
                }
            }
        }
    }

    @Test
    void aGatewayStartsWithoutItsRedisAndFindsItLater() {
        AtomicInteger ticks = new AtomicInteger();
        try (RealRedis redis = RealRedis.start()) {
            redis.kill();
            try (TestGateway gateway = gateway(redis.url(), ticks).start()) {
                assertThat(gateway.get("/").statusCode()).isEqualTo(503);
                assertThat(gateway.admin("/metrics").body()).contains("sluice_state_up 0.0");
                assertThat(ticks).hasValue(0);
                redis.restart();
                await().atMost(SOON).until(() -> gateway.get("/").statusCode() == 200);
                await().atMost(SOON).until(() -> ticks.get() > 0);
                assertThat(gateway.admin("/metrics").body())
                        .contains("sluice_state_up 1.0")
                        .contains("sluice_state_operation_duration_seconds_count{operation=\"add\",result=\"ok\"}");
            }
        }
    }

    @Test
    void noPasswordIsShown() {
        AtomicInteger ticks = new AtomicInteger();
        try (RealRedis redis = RealRedis.startWithPassword("s3cr3t-and-long");
                TestGateway gateway = gateway(redis.url().replace("//", "//:s3cr3t-and-long@"), ticks)
                        .start()) {
            assertThat(gateway.get("/").body()).contains("count 1");
            assertThat(gateway.admin("/api/v1/config").body()).contains("****").doesNotContain("s3cr3t");
        }
    }
}
