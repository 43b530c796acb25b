package dev.sluice.plugins.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sluice.host.admin.Reload;
import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.PluginJar;
import dev.sluice.testkit.Received;
import dev.sluice.testkit.TestGateway;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The plugin as a jar, replaced while it keeps answers. */
final class SwapTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static HttpResponse<String> ask(TestGateway gateway, String path, String question) {
        return gateway.post(
                path + "/v1/chat/completions",
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + question + "\"}]}");
    }

    private static void isFromTheCache(HttpResponse<String> again, String how, HttpResponse<String> live) {
        assertThat(again.headers().firstValue("x-sluice-cache")).contains(how);
        assertThat(again.body()).isEqualTo(live.body());
    }

    private static Answer embedded(Received received) {
        String text = received.json().path("input").asText();
        return Answer.json(200, "{\"data\":[{\"embedding\":" + Words.json(text) + "}]}");
    }

    @Test
    void anotherBuildOfTheJarGivesTheSameAnswersToEqualAndSimilarQuestions() throws Exception {
        PluginJar plugin = PluginJar.of("cache", CachePlugin.class, Caffeine.class);
        try (Upstream upstream = new Upstream();
                BrokenUpstream embeddings = BrokenUpstream.start().always(SwapTest::embedded);
                TestGateway gateway = TestGateway.with(new AiProxy())
                        .jar("jars/cache.jar", file -> plugin.write(file, "0"))
                        .config("""
                                plugins: { dir: jars }
                                providers:
                                  p: { type: openai, baseUrl: "%s/v1" }
                                routes:
                                  - name: similar
                                    match: { path: "/similar/**" }
                                    filters: [ cache: { semantic: { embedding: { type: openai, url: "%s" }, timeout: 20s } }, ai-proxy: { provider: p } ]
                                  - { name: r, filters: [ cache: {}, ai-proxy: { provider: p } ] }
                                """.formatted(upstream.uri(), embeddings.uri()))
                        .start()) {
            HttpResponse<String> live = ask(gateway, "", "swap");
            HttpResponse<String> first = ask(gateway, "/similar", "Which bridge carries trains?");
            await().atMost(PATIENCE)
                    .until(() ->
                            gateway.admin("/metrics").body().contains("sluice_cache_vectors{route=\"similar\"} 1.0"));
            Path jar = gateway.configFile().resolveSibling("jars").resolve("cache.jar");
            for (int build = 1; build <= 2; build++) {
                plugin.write(jar, Integer.toString(build));
                Reload reload = gateway.reload();
                assertThat(reload.published()).as("%s", reload).isTrue();
                assertThat(reload.refused()).isEmpty();
                isFromTheCache(ask(gateway, "", "swap"), "hit", live);
                isFromTheCache(ask(gateway, "/similar", "which bridge? trains it carries"), "semantic", first);
                isFromTheCache(ask(gateway, "/similar", "Which bridge carries trains?"), "hit", first);
            }
            assertThat(upstream.count("swap")).isEqualTo(1);
            assertThat(upstream.count("bridge")).isEqualTo(1);
            assertThat(embeddings.requests())
                    .as("the first question's vector is not made anew")
                    .filteredOn(received -> received.text().contains("Which bridge carries"))
                    .hasSize(1);
        }
    }
}
