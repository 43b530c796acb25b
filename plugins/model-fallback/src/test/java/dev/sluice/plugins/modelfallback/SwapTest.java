package dev.sluice.plugins.modelfallback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.api.Dialect;
import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.PluginJar;
import dev.sluice.testkit.TestGateway;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The plugin's jar is replaced while a target is out. */
class SwapTest {
    private static final PluginJar JAR = PluginJar.of("model-fallback", ModelFallback.class);

    @Test
    void whoIsOutStaysOutAndNothingOfTheOldJarsStays() throws Exception {
        try (BrokenUpstream primary = BrokenUpstream.start();
                BrokenUpstream backup = BrokenUpstream.start();
                TestGateway gateway = TestGateway.with(new AiProxy())
                        .jar("plugins/model-fallback.jar", file -> JAR.write(file, "0"))
                        .config("""
                                plugins: { dir: plugins }
                                providers:
                                  p: { type: openai, baseUrl: "%s/v1" }
                                  f: { type: openai, baseUrl: "%s/v1" }
                                routes:
                                  - name: chat
                                    filters:
                                      - model-fallback:
                                          targets: [{ provider: f, model: backup }]
                                          retries: 0
                                          health: { consecutive: 3, baseEjection: 1h }
                                      - ai-proxy: { provider: p }
                                """.formatted(primary.uri(), backup.uri()))
                        .start()) {
            primary.always(request -> Answer.json(503, "{\"error\":{}}"));
            backup.always(Upstreams.healthy());
            for (int i = 0; i < 3; i++) {
                assertThat(call(gateway).model()).isEqualTo("backup");
            }
            assertThat(primary.requests()).hasSize(3);

            for (int i = 1; i <= 10; i++) {
                JAR.write(gateway.configFile().resolveSibling("plugins/model-fallback.jar"), Integer.toString(i));
                assertThat(gateway.reload().published()).isTrue();
                assertThat(call(gateway).header("x-sluice-fallback-reason")).isEqualTo("ejected");
            }

            assertThat(primary.requests()).hasSize(3);
            assertThat(gateway.admin("/api/v1/filters/chat/model-fallback/targets")
                            .body())
                    .contains("\"ejected\"");
            assertThat(gateway.admin("/api/v1/filters/chat/model-fallback/fallbacks")
                            .body())
                    .contains("\"latest\"", "\"f/backup\"");
            await().atMost(Duration.ofSeconds(60)).until(() -> {
                System.gc();
                return gateway.gateway().drainingGenerations().isEmpty()
                        && gateway.gateway().unloading() == 0;
            });
            assertThat(gateway.gateway().leaks()).isEmpty();
        }
    }

    private static Call call(TestGateway gateway) {
        return Call.make(gateway.uri("/"), Dialect.OPENAI, false, "");
    }
}
