package dev.sluice.plugins.tokenratelimit;

import dev.sluice.api.Exchange;
import dev.sluice.api.Key;
import dev.sluice.api.Target;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that the requests of one place share. Safe for all threads.
 *
 * @param ofExchange rules that are judged once
 * @param ofTry rules that are judged for each try
 * @param higress in their place, Higress's; null: none
 * @param quota null: none
 * @param patience how long a request waits for the shared state
 */
record Limiter(
        List<Rule> ofExchange,
        List<Rule> ofTry,
        @Nullable HigressRules higress,
        @Nullable Quota quota,
        Ledger ledger,
        Refusals refusals,
        Duration patience,
        MeterRegistry meters) {
    private static final double NANOS = 1e9;

    /** A rule, and whose use it counts. */
    record Wanted(Rule rule, Subject subject) {}

    List<Wanted> wantedOnce(Exchange exchange) {
        if (higress != null) {
            HigressRules.Chosen chosen = higress.choose(exchange);
            return chosen == null ? List.of() : List.of(new Wanted(chosen.rule(), chosen.subject()));
        }
        List<Wanted> wanted = wanted(ofExchange, exchange, null, null);
        String consumer = exchange.get(Key.CONSUMER);
        if (quota != null && !quota.isOfTry() && consumer != null && Quota.isSpending(exchange)) {
            wanted.add(new Wanted(quota.rule(consumer), quota.subject(consumer)));
        }
        return wanted;
    }

    /** Whether the request needs a quota, and has no caller to whom one could belong. */
    boolean lacksCaller(Exchange exchange) {
        return quota != null && !quota.shadow() && Quota.isSpending(exchange) && exchange.get(Key.CONSUMER) == null;
    }

    /** Whether anything is judged by what a try is. */
    boolean judgesTries() {
        return !ofTry.isEmpty() || (quota != null && quota.isOfTry());
    }

    /** All that are in force at once. */
    List<Rule> rules() {
        List<Rule> rules = new ArrayList<>(ofExchange);
        rules.addAll(ofTry);
        if (higress != null) {
            rules.addAll(higress.rules());
        }
        return rules;
    }

    List<Wanted> wantedByTry(Exchange exchange, Target target, @Nullable String model) {
        List<Wanted> wanted = wanted(ofTry, exchange, target, model);
        String consumer = exchange.get(Key.CONSUMER);
        if (quota != null && quota.isOfTry() && consumer != null && Quota.isSpending(exchange)) {
            Rule priced = quota.rule(consumer, target.model() == null ? model : target.model());
            if (priced != null && !priced.isFree()) {
                wanted.add(new Wanted(priced, quota.subject(consumer)));
            }
        }
        return wanted;
    }

    /** Whether the try spends money at a price that nobody knows. */
    boolean isUnpriced(Exchange exchange, @Nullable String model) {
        return quota != null
                && quota.isOfTry()
                && !quota.shadow()
                && Quota.isSpending(exchange)
                && quota.rule("", model) == null;
    }

    private static List<Wanted> wanted(
            List<Rule> rules, Exchange exchange, @Nullable Target target, @Nullable String model) {
        List<Wanted> wanted = new ArrayList<>();
        for (Rule rule : rules) {
            Subject subject = rule.subject(exchange, target, model);
            if (subject != null) {
                wanted.add(new Wanted(rule, subject));
            }
        }
        return wanted;
    }

    void count(Exchange exchange, Rule rule, String result) {
        meters.counter("sluice_token_ratelimit_total", "route", exchange.route(), "rule", rule.name(), "result", result)
                .increment();
    }

    void charged(Exchange exchange, Rule rule, long tokens) {
        if (tokens > 0 && quota != null && quota.currency() != null && rule.id().equals(quota.id())) {
            meters.counter(
                            "sluice_token_ratelimit_cost_total",
                            "route",
                            exchange.route(),
                            "rule",
                            rule.name(),
                            "currency",
                            quota.currency())
                    .increment(tokens / NANOS);
        } else if (tokens > 0) {
            meters.counter("sluice_token_ratelimit_tokens_total", "route", exchange.route(), "rule", rule.name())
                    .increment((double) tokens);
        }
    }
}
