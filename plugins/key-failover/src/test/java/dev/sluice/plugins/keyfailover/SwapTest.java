package dev.sluice.plugins.keyfailover;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.host.admin.Reload;
import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.PluginJar;
import dev.sluice.testkit.TestGateway;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The plugin as a jar, replaced again and again while keys are out. */
final class SwapTest {
    private static final String GOOD = "sk-good-0123456789-good";
    private static final String BAD = "sk-bad-00123456789-baad";
    private static final String EMPTY = "sk-empty-123456789-mpty";
    private static final String FAST = "sk-fast-0123456789-fast";
    private static final String CHAT = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";

    private static String config(Upstream upstream, int build) {
        return """
                plugins: { dir: jars }
                providers:
                  p: { type: openai, baseUrl: "%s", apiTokens: [ %s, %s, %s, %s ], modelMapping: { unused: m%d } }
                routes:
                  - name: r
                    filters:
                      - key-failover: { healthCheckModel: m, strategy: round-robin, healthCheckInterval: 1h, failureThreshold: %d }
                      - ai-proxy: { provider: p }
                """.formatted(upstream.uri(), BAD, EMPTY, FAST, GOOD, build, 1 + build % 2);
    }

    private static JsonNode keys(TestGateway gateway) throws Exception {
        JsonNode keys = new ObjectMapper()
                .readTree(gateway.admin("/api/v1/filters/r/key-failover/keys").body())
                .at("/p/keys");
        keys.forEach(key -> ((com.fasterxml.jackson.databind.node.ObjectNode) key)
                .without(java.util.List.of("tokensLastMinute", "underWay")));
        return keys;
    }

    @Test
    void reloadsAndSwapsChangeNothingAboutWhoIsOut() throws Exception {
        PluginJar plugin = PluginJar.of("key-failover", KeyFailover.class);
        try (Upstream upstream = new Upstream();
                TestGateway gateway = TestGateway.with(new AiProxy())
                        .jar("jars/key-failover.jar", file -> plugin.write(file, "0"))
                        .config(config(upstream, 0))
                        .start()) {
            upstream.bad(BAD, Upstream::refused);
            upstream.bad(EMPTY, () -> Answer.json(402, "{\"error\":{\"message\":\"pay\"}}"));
            upstream.bad(
                    FAST,
                    () -> Answer.json(429, "{\"error\":{\"message\":\"slow\"}}").header("retry-after", "3600"));
            for (int i = 0; i < 8; i++) {
                assertThat(gateway.post("/v1/chat/completions", CHAT).statusCode())
                        .isEqualTo(200);
            }
            JsonNode before = keys(gateway);
            assertThat(before.findValuesAsText("state")).containsExactly("out", "out", "resting", "healthy");
            long asked = upstream.requests().size() - upstream.requests(GOOD);

            Path jar = gateway.configFile().resolveSibling("jars").resolve("key-failover.jar");
            for (int i = 1; i <= 100; i++) {
                if (i % 10 == 0) {
                    plugin.write(jar, Integer.toString(i));
                }
                Reload reload = gateway.reconfigure(config(upstream, i));
                assertThat(reload.published()).as("reload %d: %s", i, reload).isTrue();
                assertThat(reload.refused()).isEmpty();
                if (i % 10 == 0) {
                    assertThat(keys(gateway)).as("after reload %d", i).isEqualTo(before);
                    assertThat(gateway.post("/v1/chat/completions", CHAT).statusCode())
                            .isEqualTo(200);
                }
            }
            assertThat(upstream.requests().size() - upstream.requests(GOOD))
                    .as("no key that is out was asked again")
                    .isEqualTo(asked);
        }
    }
}
