package dev.sluice.plugins.modelfallback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.api.Target;
import dev.sluice.plugins.modelfallback.ModelFallbackConfig.Strategy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class OrderingTest {
    private final Random random = new Random(1);

    private static List<Candidate> chain(String targets) {
        ModelFallbackConfig config = Configs.of("{'targets':[" + targets + "]}");
        List<Candidate> chain = new ArrayList<>();
        config.targets()
                .forEach(says -> chain.add(new Candidate(
                        Target.of(says.provider()), says, new TargetHealth(says.name(), config.health(), 0))));
        return chain;
    }

    private List<String> order(
            Strategy strategy, List<Candidate> chain, @Nullable Duration slow, @Nullable Double budget, long now) {
        return new Ordering(slow, budget, random::nextDouble)
                .of(strategy, chain, 1000, 500, now).stream()
                        .map(Candidate::name)
                        .toList();
    }

    @Test
    void priorityIsTheListsOrder() {
        assertThat(order(Strategy.PRIORITY, chain("{'provider':'a'},{'provider':'b'}"), null, null, 0))
                .containsExactly("a", "b");
    }

    @Test
    void weightsAreSharesAndNoneIsForFallbacksOnly() {
        List<Candidate> chain =
                chain("{'provider':'z','weight':0},{'provider':'a','weight':3},{'provider':'b','weight':1}");
        int first = 0;
        for (int i = 0; i < 4000; i++) {
            List<String> order = order(Strategy.WEIGHTED, chain, null, null, 0);
            assertThat(order).hasSize(3).endsWith("z").doesNotHaveDuplicates();
            first += order.get(0).equals("a") ? 1 : 0;
        }
        assertThat(first / 4000.0).isCloseTo(0.75, within(0.03));
    }

    @Test
    void theQuickestComesFirstAnUnknownOneIsMeasuredAndOneTooSlowComesLast() {
        List<Candidate> chain = chain("{'provider':'a'},{'provider':'b'},{'provider':'c','maxLatency':'30ms'}");
        chain.get(0).health().took(200, 1000);
        chain.get(1).health().took(100, 1000);
        assertThat(order(Strategy.LATENCY, chain, null, null, 1000)).containsExactly("c", "b", "a");
        chain.get(2).health().took(50, 1000);
        assertThat(order(Strategy.LATENCY, chain, null, null, 1000)).containsExactly("b", "a", "c");
        assertThat(order(Strategy.LATENCY, chain, Duration.ofMillis(150), null, 1000))
                .containsExactly("b", "c", "a");
        assertThat(order(Strategy.LATENCY, chain, null, null, 60_000))
                .as("the first old average is measured anew")
                .startsWith("a");
        assertThat(order(Strategy.LATENCY, chain, null, null, 60_000)).startsWith("b");
        assertThat(order(Strategy.LATENCY, chain, null, null, 60_000)).startsWith("c");
        assertThat(order(Strategy.LATENCY, chain, null, null, 60_000)).containsExactly("b", "a", "c");
    }

    @Test
    void theCheapestComesFirstAndWhatIsOverTheBudgetNever() {
        List<Candidate> chain = chain("{'provider':'dear','pricePer1k':{'input':2,'output':8}},"
                + "{'provider':'cheap','pricePer1k':{'input':1,'output':2}},"
                + "{'provider':'middle','pricePer1k':{'input':3,'output':0}}");
        assertThat(order(Strategy.COST, chain, null, null, 0)).containsExactly("cheap", "middle", "dear");
        assertThat(order(Strategy.COST, chain, null, 3.0, 0)).containsExactly("cheap", "middle");
        assertThat(order(Strategy.COST, chain, null, 1.9, 0)).isEmpty();
    }

    @Test
    void waitsAreRandomUpToABoundThatDoublesUnlessTheTargetAsks() {
        Waits most = new Waits(Duration.ofMillis(200), Duration.ofSeconds(3), () -> 1.0);
        assertThat(most.before(0, null)).isEqualTo(Duration.ofMillis(400));
        assertThat(most.before(1, null)).isEqualTo(Duration.ofMillis(800));
        assertThat(most.before(9, null)).isEqualTo(Duration.ofSeconds(3));
        assertThat(most.before(0, Duration.ofSeconds(2))).isEqualTo(Duration.ofSeconds(2));
        assertThat(most.before(0, Duration.ofSeconds(4))).isNull();
        assertThat(new Waits(Duration.ofMillis(200), Duration.ofSeconds(3), () -> 0.0).before(3, null))
                .isZero();
    }
}
