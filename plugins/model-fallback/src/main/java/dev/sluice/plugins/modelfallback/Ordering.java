package dev.sluice.plugins.modelfallback;

import dev.sluice.plugins.modelfallback.ModelFallbackConfig.Price;
import dev.sluice.plugins.modelfallback.ModelFallbackConfig.Strategy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/** In which order the targets of a chain are asked. Immutable. */
final class Ordering {
    /** An average that is older tells nothing of now: the next call finds out. */
    private static final Duration FRESH = Duration.ofSeconds(30);

    private final @Nullable Duration maxLatency;
    private final @Nullable Double budget;
    private final DoubleSupplier random;

    /**
     * An ordering.
     *
     * @param random from 0 to 1
     */
    Ordering(@Nullable Duration maxLatency, @Nullable Double budget, DoubleSupplier random) {
        this.maxLatency = maxLatency;
        this.budget = budget;
        this.random = random;
    }

    /**
     * The chain in the order in which it is asked; empty if every target would cost more than the budget.
     *
     * @param input estimated tokens of the request
     * @param output estimated tokens of the answer
     */
    List<Candidate> of(Strategy strategy, List<Candidate> chain, long input, long output, long now) {
        return switch (strategy) {
            case PRIORITY -> chain;
            case WEIGHTED -> drawn(chain);
            case LATENCY -> byLatency(chain, now);
            case COST -> byCost(chain, input, output);
        };
    }

    private List<Candidate> drawn(List<Candidate> chain) {
        List<Candidate> left = new ArrayList<>(chain);
        List<Candidate> drawn = new ArrayList<>(chain.size());
        long sum = left.stream().mapToLong(one -> one.says().weighs()).sum();
        while (sum > 0) {
            double at = random.getAsDouble() * sum;
            int i = 0;
            while (left.get(i).says().weighs() == 0 || at >= left.get(i).says().weighs()) {
                at -= left.get(i).says().weighs();
                i++;
            }
            Candidate one = left.remove(i);
            sum -= one.says().weighs();
            drawn.add(one);
        }
        // Those without weight are only ever fallen back to.
        drawn.addAll(left);
        return drawn;
    }

    private List<Candidate> byLatency(List<Candidate> chain, long now) {
        Map<Candidate, Long> averages = new LinkedHashMap<>();
        boolean measures = false;
        for (Candidate one : chain) {
            // One call measures one target.
            long average = measures || one.health().isOut()
                    ? one.health().latency()
                    : one.health().latencyNewerThan(now - FRESH.toMillis(), now);
            measures |= average < 0;
            averages.put(one, average < 0 ? 0 : isTooSlow(one, average) ? Long.MAX_VALUE / 2 + average : average);
        }
        return chain.stream()
                .sorted(Comparator.comparing(one -> averages.getOrDefault(one, 0L)))
                .toList();
    }

    private boolean isTooSlow(Candidate one, long average) {
        Duration own = one.says().maxLatency();
        Duration most = own == null ? maxLatency : own;
        return most != null && average > most.toMillis();
    }

    private List<Candidate> byCost(List<Candidate> chain, long input, long output) {
        return chain.stream()
                .filter(one -> budget == null || cost(one, input, output) <= budget)
                .sorted(Comparator.comparingDouble(one -> cost(one, input, output)))
                .toList();
    }

    private static double cost(Candidate one, long input, long output) {
        Price price = one.says().pricePer1k();
        return price == null ? 0 : (input * price.input() + output * price.output()) / 1000;
    }
}
