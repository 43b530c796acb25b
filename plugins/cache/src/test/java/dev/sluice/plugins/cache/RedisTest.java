package dev.sluice.plugins.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.host.state.RealRedis;
import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two nodes on one Redis. */
@Tag("long")
final class RedisTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static TestGateway node(Upstream upstream, BrokenUpstream embeddings, String redis) {
        return TestGateway.with(new CachePlugin(), new AiProxy())
                .config("""
                        state: { redis: "%s" }
                        providers:
                          p: { type: openai, baseUrl: "%s/v1" }
                        routes:
                          - { name: r, filters: [ cache: { semantic: { embedding: { type: openai, url: "%s" }, timeout: 20s } }, ai-proxy: { provider: p } ] }
                        """.formatted(redis, upstream.uri(), embeddings.uri()))
                .start();
    }

    private static HttpResponse<String> ask(TestGateway node, String question) {
        return node.post(
                "/v1/chat/completions",
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + question + "\"}]}");
    }

    private static String cache(HttpResponse<?> answer) {
        return answer.headers().firstValue("x-sluice-cache").orElse("");
    }

    @Test
    void nodesShareAnswersAndPurgesAndDoWithoutTheirRedis() throws Exception {
        RealRedis redis = RealRedis.start();
        boolean[] up = {true};
        try (AutoCloseable stop = () -> {
                    if (up[0]) {
                        redis.close();
                    }
                };
                Upstream upstream = new Upstream();
                BrokenUpstream embeddings = BrokenUpstream.start();
                TestGateway one = node(upstream, embeddings, redis.url());
                TestGateway other = node(upstream, embeddings, redis.url())) {
            assertThat(stop).isNotNull();
            embeddings.always(asked -> Answer.json(
                    200,
                    "{\"data\":[{\"embedding\":"
                            + Words.json(asked.json().path("input").asText()) + "}]}"));
            ask(one, "Which bridge carries trains?");
            await().atMost(PATIENCE)
                    .until(() -> one.admin("/metrics").body().contains("sluice_cache_vectors{route=\"r\"} 1.0"));
            HttpResponse<String> similar = ask(other, "which bridge? trains it carries");
            assertThat(cache(similar)).isEqualTo("semantic");
            assertThat(similar.body())
                    .isEqualTo(ask(one, "Which bridge carries trains?").body());
            HttpResponse<String> live = ask(one, "shared");
            HttpResponse<String> again =
                    await().atMost(PATIENCE).until(() -> ask(other, "shared"), a -> cache(a).equals("hit"));
            assertThat(again.body()).isEqualTo(live.body());

            HttpResponse<String> purged = one.send(HttpRequest.newBuilder(one.adminUri("/api/v1/filters/r/cache/purge"))
                    .header("content-type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString("{}")));
            assertThat(purged.statusCode()).as(purged.body()).isEqualTo(200);
            long before = upstream.count("shared");
            assertThat(cache(ask(one, "shared"))).isEqualTo("miss");
            assertThat(upstream.count("shared")).isEqualTo(before + 1);
            String newest = ask(one, "shared").body();
            await().atMost(PATIENCE).until(() -> ask(other, "shared").body().equals(newest));

            up[0] = false;
            redis.close();
            assertThat(ask(one, "alone").statusCode()).isEqualTo(200);
            assertThat(cache(ask(one, "alone"))).isEqualTo("hit");
            assertThat(one.admin("/metrics").body()).contains("sluice_cache_store_failures_total");
        }
    }
}
