package dev.sluice.plugins.tokenratelimit;

import dev.sluice.api.Exchange;
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
 * @param patience how long a request waits for the shared state
 */
record Limiter(
        List<Rule> ofExchange,
        List<Rule> ofTry,
        @Nullable HigressRules higress,
        Ledger ledger,
        Refusals refusals,
        Duration patience,
        MeterRegistry meters) {

    /** A rule, and whose use it counts. */
    record Wanted(Rule rule, Subject subject) {}

    List<Wanted> wantedOnce(Exchange exchange) {
        if (higress != null) {
            HigressRules.Chosen chosen = higress.choose(exchange);
            return chosen == null ? List.of() : List.of(new Wanted(chosen.rule(), chosen.subject()));
        }
        return wanted(ofExchange, exchange, null, null);
    }

    List<Wanted> wantedByTry(Exchange exchange, Target target, @Nullable String model) {
        return wanted(ofTry, exchange, target, model);
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
        if (tokens > 0) {
            meters.counter("sluice_token_ratelimit_tokens_total", "route", exchange.route(), "rule", rule.name())
                    .increment((double) tokens);
        }
    }
}
