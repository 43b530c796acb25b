package dev.sluice.plugins.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.host.state.RealRedis;
import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.testkit.TestGateway;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A cache's own Redis, in Higress's spelling and in the gateway's; the gateway's own state is in memory. */
@Timeout(120)
final class OwnRedisTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String CHAT = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";

    private static TestGateway node(Upstream upstream, RealRedis redis) {
        return TestGateway.with(new CachePlugin(), new AiProxy())
                .config("""
                        providers: { p: { type: openai, baseUrl: "%s/v1" } }
                        routes:
                          - name: higress
                            match: { path: "/higress/**" }
                            filters:
                              - ai-cache:
                                  scope: global
                                  cache: { type: redis, serviceName: redis.static, serviceHost: 127.0.0.1, servicePort: %d,
                                    username: default, password: right-password, timeout: 20000, cacheTTL: 60, cacheKeyPrefix: "mine:" }
                              - ai-proxy: { provider: p }
                          - name: ours
                            match: { path: "/ours/**" }
                            filters: [ cache: { redis: { url: "%s", password: right-password }, storeTimeout: 20s }, ai-proxy: { provider: p } ]
                          - name: away
                            match: { path: "/away/**" }
                            filters: [ cache: { redis: "redis://127.0.0.1:1" }, ai-proxy: { provider: p } ]
                          - { name: memory, filters: [ cache: {}, ai-proxy: { provider: p } ] }
                        """.formatted(upstream.uri(), redis.port(), redis.url()))
                .start();
    }

    private static HttpResponse<String> ask(TestGateway node, String path) {
        return node.post(path + "/v1/chat/completions", CHAT);
    }

    private static String cache(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.headers().firstValue("x-sluice-cache").orElse("");
    }

    @Test
    void answersAreKeptThereAndFoundByOthers() throws Exception {
        try (RealRedis redis = RealRedis.startWithPassword("right-password");
                Upstream upstream = new Upstream();
                TestGateway one = node(upstream, redis);
                TestGateway other = node(upstream, redis)) {
            for (String path : new String[] {"/higress", "/ours", "/away", ""}) {
                assertThat(cache(ask(one, path))).as(path).isEqualTo("miss");
                assertThat(cache(ask(one, path))).as(path).isEqualTo("hit");
            }
            for (String path : new String[] {"/higress", "/ours"}) {
                await().atMost(PATIENCE).until(() -> cache(ask(other, path)).equals("hit"));
                assertThat(ask(other, path).body()).isEqualTo(ask(one, path).body());
            }
            assertThat(cache(ask(other, "/away"))).isEqualTo("miss");
            assertThat(cache(ask(other, ""))).isEqualTo("miss");

            assertThat(redis.send("EVAL \"return redis.call('pttl', redis.call('keys', '*mine:*')[1])\" 0"))
                    .satisfies(left -> assertThat(Long.parseLong(left.substring(1)))
                            .as(left)
                            .isBetween(1L, 60_000L));
            assertThat(one.admin("/metrics").body())
                    .contains("sluice_state_own_up{redis=\"127.0.0.1:" + redis.port() + "/0\"} 1.0")
                    .containsPattern("sluice_cache_store_failures_total\\{route=\"away\"[^}]*} [1-9]");
            assertThat(one.admin("/api/v1/config").body())
                    .contains("redis.static")
                    .doesNotContain("right-password");
        }
    }
}
