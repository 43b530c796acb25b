package dev.sluice.plugins.aistatistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.PluginJar;
import dev.sluice.testkit.TestGateway;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The plugin's jar is replaced while spans wait to be sent. */
final class SwapTest {
    private static final PluginJar JAR = PluginJar.of("ai-statistics", AiStatistics.class);

    @Test
    void spansAreSentAndNothingOfTheJarStays() throws Exception {
        try (BrokenUpstream collector = BrokenUpstream.start();
                TestGateway gateway = TestGateway.with(new AiProxy())
                        .jar("plugins/ai-statistics.jar", file -> JAR.write(file, "one"))
                        .config("""
                                plugins: { dir: plugins }
                                providers: { p: { type: echo } }
                                filters:
                                  - ai-statistics: { useDefaultAttributes: true, otlp: { endpoint: "%s", interval: 1h } }
                                routes: [ { name: r, filters: [ ai-proxy: { provider: p } ] } ]
                                """.formatted(collector.uri()))
                        .start()) {
            collector.always(request -> Answer.json(200, "{}"));
            String chat = "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
            assertThat(gateway.post("/v1/chat/completions", chat).statusCode()).isEqualTo(200);
            JAR.write(gateway.configFile().resolveSibling("plugins/ai-statistics.jar"), "two");
            assertThat(gateway.reload().published()).isTrue();
            assertThat(gateway.post("/v1/chat/completions", chat).statusCode()).isEqualTo(200);
            await().atMost(Duration.ofSeconds(60)).until(() -> {
                System.gc();
                return gateway.gateway().drainingGenerations().isEmpty()
                        && gateway.gateway().unloading() == 0;
            });
            assertThat(gateway.gateway().leaks()).isEmpty();
            assertThat(collector.requests()).as("the first generation's").hasSize(1);
        }
    }
}
