package dev.sluice.plugins.tokenratelimit;

import dev.sluice.api.Exchange;
import dev.sluice.api.Target;
import dev.sluice.api.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One rule, ready for use. Safe for all threads.
 *
 * @param name what callers and operators call it
 * @param id what its keys begin with: rules of the same one share what they count
 * @param writtenWeight of input that is written to the provider's cache
 * @param check how {@link Windows} judges tokens
 * @param reserves whether tokens are reserved before they are used
 * @param learned what its requests have been found to need
 */
record Rule(
        String name,
        String id,
        List<Fact> by,
        List<Condition> match,
        List<Limit> limits,
        double inputWeight,
        double outputWeight,
        double cachedWeight,
        double writtenWeight,
        String check,
        boolean reserves,
        boolean shadow,
        boolean cuts,
        Learned learned) {
    /** An input that may be so large a part of the limit is counted, not guessed. */
    private static final double LARGE = 1.0 / 16;

    /** What a fact's value must be. */
    record Condition(Fact fact, Predicate<String> values) {}

    /** Whether it can be judged only once a try knows where it goes. */
    boolean isOfTry() {
        return by.stream().anyMatch(Fact::isOfTry)
                || match.stream().anyMatch(condition -> condition.fact().isOfTry());
    }

    /** Whom the request counts for; null: the rule does not concern it. */
    @Nullable
    Subject subject(Exchange exchange, @Nullable Target target, @Nullable String model) {
        for (Condition condition : match) {
            String value = condition.fact().value(exchange, target, model);
            if (value == null || !condition.values().test(value)) {
                return null;
            }
        }
        List<String> values = new ArrayList<>();
        for (Fact fact : by) {
            String value = fact.value(exchange, target, model);
            values.add(value == null ? "" : value);
        }
        return Subject.of(by, values);
    }

    /** What a request may cost. */
    Reservation reservation(Estimate estimate) {
        if (!reserves) {
            return Reservation.NONE;
        }
        double input =
                isLarge(estimate.rough()) ? (double) estimate.counted() : learned.input((double) estimate.rough());
        double asked = Math.ceil(input * inputWeight + learned.output(estimate) * outputWeight);
        double beyond =
                Math.ceil(learned.inputBeyond(input) * inputWeight + learned.outputBeyond(estimate) * outputWeight);
        return new Reservation((long) asked, (long) (asked + beyond), input);
    }

    private boolean isLarge(long input) {
        for (Limit limit : limits) {
            if (limit.isMetered() && input * inputWeight > limit.capacity() * LARGE) {
                return true;
            }
        }
        return false;
    }

    /** Whether nothing that is used costs anything. */
    boolean isFree() {
        return inputWeight == 0 && outputWeight == 0 && cachedWeight == 0 && writtenWeight == 0;
    }

    /** What was used costs. */
    long cost(Usage usage) {
        long cached = Math.min(usage.cachedInput(), usage.input());
        long written = Math.min(usage.cacheWrite(), usage.input() - cached);
        return Math.round((usage.input() - cached - written) * inputWeight
                + cached * cachedWeight
                + written * writtenWeight
                + usage.output() * outputWeight);
    }
}
