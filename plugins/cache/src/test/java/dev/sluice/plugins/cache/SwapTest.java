package dev.sluice.plugins.cache;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sluice.host.admin.Reload;
import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.testkit.PluginJar;
import dev.sluice.testkit.TestGateway;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The plugin as a jar, replaced while it keeps answers. */
final class SwapTest {
    private static final String CHAT = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"swap\"}]}";

    @Test
    void anotherBuildOfTheJarGivesTheSameAnswers() throws Exception {
        PluginJar plugin = PluginJar.of("cache", CachePlugin.class, Caffeine.class);
        try (Upstream upstream = new Upstream();
                TestGateway gateway = TestGateway.with(new AiProxy())
                        .jar("jars/cache.jar", file -> plugin.write(file, "0"))
                        .config("""
                                plugins: { dir: jars }
                                providers:
                                  p: { type: openai, baseUrl: "%s/v1" }
                                routes:
                                  - { name: r, filters: [ cache: {}, ai-proxy: { provider: p } ] }
                                """.formatted(upstream.uri()))
                        .start()) {
            HttpResponse<String> live = gateway.post("/v1/chat/completions", CHAT);
            Path jar = gateway.configFile().resolveSibling("jars").resolve("cache.jar");
            for (int build = 1; build <= 2; build++) {
                plugin.write(jar, Integer.toString(build));
                Reload reload = gateway.reload();
                assertThat(reload.published()).as("%s", reload).isTrue();
                assertThat(reload.refused()).isEmpty();
                HttpResponse<String> again = gateway.post("/v1/chat/completions", CHAT);
                assertThat(again.headers().firstValue("x-sluice-cache")).contains("hit");
                assertThat(again.body()).isEqualTo(live.body());
            }
            assertThat(upstream.count("swap")).isEqualTo(1);
        }
    }
}
