package dev.sluice.plugins.modelfallback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a config is refused for, with file, line and the fix. */
class ConfigTest {

    private static TestGateway gateway(String filters) {
        return TestGateway.with(new ModelFallback(), new AiProxy()).config("""
                        providers:
                          p: { type: echo }
                          f: { type: echo }
                        routes:
                          - name: chat
                            filters: [ %s ]
                        """.formatted(filters));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "targets: [{ provider: nobody }] | no provider is named 'nobody', known: f, p",
                "targets: [{ provider: f }, { provider: f }] | the chain would come back to f, which is targets[0]: remove one of the two",
                "targets: [{ provider: f, model: m }, { provider: p }, { provider: f, model: m }] | the chain would come back to f/m",
                "strategy: cost, targets: [{ provider: f }] | strategy 'cost' compares prices: say what a thousand tokens cost",
                "budgetPerRequest: 1, targets: [{ provider: f }] | does nothing without 'strategy: cost'",
                "maxLatency: 1s, targets: [{ provider: f }] | does nothing without 'strategy: latency'",
                "targets: [{ provider: f, weight: 2 }] | does nothing without 'strategy: weighted'",
                "strategy: weighted, targets: [{ provider: f, weight: 0 }, { provider: p, weight: 0 }] | all weights are 0, so that none could be drawn",
                "totalTimeout: 2s, targets: [{ provider: f, firstEventTimeout: 3s }] | can never be reached: totalTimeout ends all tries after 2000 ms",
                "targets: [{ provider: f }], firstEventTimeout: 0s | must be more than zero",
                "targets: [{ provider: f }], idleTimeout: -5s | expected a duration like 5s",
                "targets: [{ provider: f }], maxWait: 0ms | must be more than zero",
                "targets: [{ provider: f, contextWindow: 0 }] | contextWindow",
                "targets: [{ provider: f }], retries: -1 | retries",
                "targets: [{ provider: f }], health: { failureRate: 0 } | failureRate",
                "targets: [{ provider: f }], health: { baseEjection: 0s } | must be more than zero",
                "targets: [{ provider: f }], triggers: { statuses: ['200'] } | '200' would take good answers for failures: only 4xx and 5xx are errors",
                "targets: [{ provider: f }], triggers: { statuses: ['2xx'] } | '2xx' would take good answers for failures",
                "targets: [{ provider: f }], triggers: { statuses: ['bad'] } | 'bad' is no pattern of a status: write one like 404, 50x or 5xx",
                "targets: [] | targets",
                "targets: [{ provider: f }], scenarios: [{ name: a, targets: [{ provider: f }] }, { name: b, match: { model: [x] }, targets: [{ provider: f }] }] | never chosen: scenarios[0] takes all that it is for",
                "targets: [{ provider: f }], scenarios: [{ name: a, match: { model: ['gpt-*'] }, targets: [{ provider: f }] }, { name: b, match: { model: [gpt-4], headers: { x-a: b } }, targets: [{ provider: f }] }] | never chosen: scenarios[0]",
                "targets: [{ provider: f }], scenarios: [{ name: a, match: { model: [x] }, targets: [{ provider: f }] }, { name: a, match: { model: [y] }, targets: [{ provider: f }] }] | 'a' is the name of scenarios[0] too",
                "targets: [{ provider: f }], fallback: yes | unknown key",
            })
    void whatCannotWorkIsRefused(String config, String message) {
        TestGateway gateway = gateway("model-fallback: { " + config + " }, ai-proxy: { provider: p }");

        assertThatThrownBy(gateway::start).hasMessageContaining(message).hasMessageContaining("sluice.yaml:");
    }

    @Test
    void aChainOfNothingIsRefused() {
        TestGateway gateway =
                TestGateway.with(new ModelFallback(), new AiProxy()).config("""
                        providers: { p: { type: echo } }
                        routes: [{ name: chat, filters: [ model-fallback: { retries: 2 }, ai-proxy: { provider: p } ] }]
                        """);

        assertThatThrownBy(gateway::start)
                .hasMessageContaining("there is nothing to fall back to: name at least one target");
    }

    @Test
    void triggersThatAreAllOffAreRefused() {
        StringBuilder off = new StringBuilder();
        Configs.schema().at("/properties/triggers/properties").fieldNames().forEachRemaining(name -> {
            if (!name.equals("statuses") && !name.equals("codes")) {
                off.append(name).append(": false, ");
            }
        });
        TestGateway gateway = gateway("model-fallback: { targets: [{ provider: f }], triggers: { " + off
                + "codes: [] } }, ai-proxy: { provider: p }");

        assertThatThrownBy(gateway::start).hasMessageContaining("all are off, so that nothing is ever rescued");
    }

    @Test
    void anOrderThatCannotWorkIsRefused() {
        assertThatThrownBy(gateway("ai-proxy: { provider: p }, model-fallback: { targets: [{ provider: f }] }")::start)
                .hasMessageContaining("'model-fallback' must stand before 'ai-proxy'");
        assertThatThrownBy(gateway("model-fallback: { targets: [{ provider: f }] }")::start)
                .hasMessageContaining("does nothing without a filter that picks the target");
    }

    @Test
    void theReadmeNamesEveryField() throws IOException {
        Matcher rows = Pattern.compile("(?m)^\\| `([a-zA-Z0-9]+)` \\|").matcher(Files.readString(Path.of("README.md")));
        assertThat(rows.results().map(row -> row.group(1)))
                .containsExactlyElementsOf(Configs.schema().path("properties").properties().stream()
                        .map(Map.Entry::getKey)
                        .toList());
    }

    @Test
    void theReadmeNamesEveryTriggerAndItsDefault() throws IOException {
        String readme = Files.readString(Path.of("README.md"));
        Configs.schema().at("/properties/triggers/properties").properties().forEach(trigger -> {
            String standard = trigger.getValue().path("default").asText();
            assertThat(readme)
                    .containsPattern("(?m)^\\| `triggers\\." + trigger.getKey() + "` \\| "
                            + (standard.isEmpty() ? "none" : standard.equals("true") ? "on" : "off") + " \\|");
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void theReadmesExamplesLoad(int index) throws IOException {
        String block = Files.readString(Path.of("README.md"))
                .split("```yaml\n")[index + 1]
                .split("```")[0];
        try (TestGateway gateway = TestGateway.with(new ModelFallback(), new AiProxy())) {
            gateway.config(block).start();
            assertThat(gateway.gateway().port()).isPositive();
        }
    }
}
