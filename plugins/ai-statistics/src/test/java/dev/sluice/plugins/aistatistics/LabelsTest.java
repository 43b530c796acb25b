package dev.sluice.plugins.aistatistics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Key;
import dev.sluice.api.Target;
import dev.sluice.api.Usage;
import dev.sluice.testkit.FakeExchange;
import dev.sluice.testkit.FakeOutcome;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** However many names there are, there are only so many meters. */
final class LabelsTest {
    private static final int MOST = 10;
    private static final AiStatisticsConfig CONFIG = new AiStatisticsConfig(
            Map.of(), "USD", MOST, MOST, List.of(), false, false, 100, null, List.of(), List.of(), false, null);

    @Test
    void manyNamesMakeAsManyMetersAsAllowed() {
        asManyMetersAsAllowed(50_000);
    }

    @Tag("long")
    @Test
    void soDoAMillion() {
        asManyMetersAsAllowed(1_000_000);
    }

    private static void asManyMetersAsAllowed(int names) {
        MeterRegistry meters = new SimpleMeterRegistry();
        Labels labels = new Labels();
        Statistics statistics = new Statistics(CONFIG, meters, labels);
        for (int i = 0; i < names; i++) {
            if (i % (names / 10) == 0) {
                // A reload opens the filter anew.
                statistics = new Statistics(CONFIG, meters, labels);
            }
            FakeExchange exchange = FakeExchange.openAi();
            exchange.put(Key.CONSUMER, "consumer-" + i);
            exchange.put(Key.CACHE, "cache-" + i);
            exchange.put(Key.RISK, "risk-" + i);
            exchange.put(Key.LIMIT, "limit-" + i);
            statistics.record(
                    exchange,
                    FakeOutcome.success().attempt(Target.of("p").model("model-" + i), Usage.of(1, 2), null),
                    true);
        }
        long models = values(meters, "gen_ai.request.model");
        long consumers = values(meters, "consumer");
        assertThat(models).isEqualTo(MOST + 1);
        assertThat(consumers).isEqualTo(MOST + 1);
        assertThat(values(meters, "risk")).isEqualTo(51);
        assertThat(values(meters, "limit")).isEqualTo(51);
        assertThat(meters.getMeters()).hasSizeLessThan(5000);
        assertThat(meters.get("sluice.ai.tries").tag("consumer", "other").counters().stream()
                        .mapToDouble(counter -> counter.count())
                        .sum())
                .isEqualTo(names - MOST);
    }

    private static long values(MeterRegistry meters, String tag) {
        return meters.getMeters().stream()
                .map(meter -> meter.getId().getTag(tag))
                .filter(value -> value != null)
                .distinct()
                .count();
    }
}
