package dev.sluice.plugins.tokenratelimit;

import dev.sluice.api.Exchange;
import dev.sluice.api.Operation;
import dev.sluice.plugins.tokenratelimit.Limit.Currency;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.Period;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What each consumer may spend, of tokens or of money, in a period by the calendar. Safe for all threads.
 *
 * @param name what callers and operators call it
 * @param id what its keys begin with: quotas of the same one share what they count
 * @param amount for each consumer that has no other
 * @param consumers amounts by consumer
 * @param currency of money; null: tokens
 * @param check how {@link Budgets} judges a request
 * @param reserves whether what a request may use is reserved before
 * @param clock in milliseconds
 */
record Quota(
        String name,
        String id,
        Period period,
        ZoneId zone,
        long amount,
        Map<String, Long> consumers,
        @Nullable String currency,
        Prices prices,
        double inputWeight,
        double outputWeight,
        double cachedWeight,
        String check,
        boolean reserves,
        boolean shadow,
        Learned learned,
        LongSupplier clock) {
    private static final List<Fact> BY = List.of(new Fact(Fact.Kind.CONSUMER, ""));
    private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS");
    /** Of a price for a million, in billionths for one. */
    private static final double NANOS = 1000;

    /** Whether the request spends anything. */
    static boolean isSpending(Exchange exchange) {
        return !READING.contains(exchange.request().method()) && exchange.operation() != Operation.COUNT_TOKENS;
    }

    /** Whether it can be judged only once a try knows its model, which has a price. */
    boolean isOfTry() {
        return currency != null;
    }

    Subject subject(String consumer) {
        return Subject.of(BY, List.of(consumer));
    }

    /** The budget that a consumer has now; for money, at no price. */
    Rule rule(String consumer) {
        return rule(consumer, inputWeight, outputWeight, cachedWeight, inputWeight);
    }

    /** As {@link #rule(String)}, at the price of that model; null if it has none. */
    @Nullable
    Rule rule(String consumer, @Nullable String model) {
        TokenRatelimitConfig.Price price = model == null ? null : prices.of(model);
        if (price == null) {
            return null;
        }
        double input = price.input() * NANOS;
        return rule(
                consumer,
                input,
                price.output() * NANOS,
                price.cachedInput() == null ? input : price.cachedInput() * NANOS,
                price.cacheWrite() == null ? input : price.cacheWrite() * NANOS);
    }

    private Rule rule(String consumer, double input, double output, double cached, double written) {
        Currency of = currency == null ? Currency.TOKENS : Currency.MONEY;
        long most = consumers.getOrDefault(consumer, amount);
        Limit limit = new Limit(of, "", most, Duration.ZERO, most, budget());
        return new Rule(
                name,
                id,
                BY,
                List.of(),
                List.of(limit),
                input,
                output,
                cached,
                written,
                check,
                reserves,
                shadow,
                false,
                learned);
    }

    /** That of the period which runs now. */
    Budget budget() {
        LocalDate today = Instant.ofEpochMilli(clock.getAsLong()).atZone(zone).toLocalDate();
        return switch (period) {
            case DAY -> budget(today.toString(), today.plusDays(1), " a day");
            case MONTH -> {
                YearMonth month = YearMonth.from(today);
                yield budget(month.toString(), month.plusMonths(1).atDay(1), " a month");
            }
            case EVER -> of("ever", 0, "");
        };
    }

    private Budget budget(String id, LocalDate next, String every) {
        return of(id, next.atStartOfDay(zone).toInstant().toEpochMilli(), every);
    }

    private Budget of(String id, long endsAt, String every) {
        return currency == null ? Budget.ofTokens(id, endsAt, every) : Budget.ofMoney(id, endsAt, every, currency);
    }
}
