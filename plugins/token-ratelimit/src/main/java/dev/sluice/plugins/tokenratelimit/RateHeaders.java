package dev.sluice.plugins.tokenratelimit;

import dev.sluice.api.Reply;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What answers say of limits: the names of the IETF's draft, and OpenAI's. */
final class RateHeaders {
    private RateHeaders() {}

    /** By name; empty where no limit with a window applies. */
    static Map<String, String> of(Collection<Claim> claims) {
        Map<String, String> headers = new LinkedHashMap<>();
        List<String> policies = new ArrayList<>();
        List<Named> all = new ArrayList<>();
        for (Claim claim : claims) {
            for (Claim.Figure figure : claim.figures()) {
                boolean counts = figure.limit().currency() != Limit.Currency.CONCURRENCY
                        && figure.limit().budget() == null
                        && !claim.rule().shadow()
                        && figure.end() != 0;
                if (counts) {
                    Named named = new Named(name(claim.rule(), figure.limit()), figure);
                    all.add(named);
                    policies.add("\"" + named.name() + "\";q=" + figure.limit().capacity() + ";w="
                            + Words.seconds(figure.limit().window().toMillis()));
                }
            }
        }
        tightest(all).ifPresent(named -> {
            headers.put("ratelimit-policy", String.join(", ", policies));
            headers.put(
                    "ratelimit",
                    "\"" + named.name() + "\";r=" + named.figure().remaining() + ";t="
                            + Words.seconds(named.figure().reset()));
        });
        for (Limit.Currency currency : List.of(Limit.Currency.TOKENS, Limit.Currency.REQUESTS)) {
            tightest(all.stream()
                            .filter(named -> named.figure().limit().currency() == currency)
                            .toList())
                    .ifPresent(named -> {
                        String of = currency.name().toLowerCase(Locale.ROOT);
                        Claim.Figure figure = named.figure();
                        headers.put(
                                "x-ratelimit-limit-" + of,
                                Long.toString(figure.limit().capacity()));
                        headers.put("x-ratelimit-remaining-" + of, Long.toString(figure.remaining()));
                        headers.put("x-ratelimit-reset-" + of, Words.reset(figure.reset()));
                    });
        }
        return headers;
    }

    static Reply on(Reply reply, Map<String, String> headers) {
        Reply with = reply;
        for (Map.Entry<String, String> header : headers.entrySet()) {
            with = with.header(header.getKey(), header.getValue());
        }
        return with;
    }

    private record Named(String name, Claim.Figure figure) {
        /** What is left, as a part of the whole. */
        double left() {
            return (double) figure.remaining() / figure.limit().capacity();
        }
    }

    private static Optional<Named> tightest(List<Named> all) {
        return all.stream().min(Comparator.comparingDouble(Named::left));
    }

    private static String name(Rule rule, Limit limit) {
        boolean several = rule.limits().stream()
                        .filter(one -> one.currency() != Limit.Currency.CONCURRENCY)
                        .count()
                > 1;
        return several ? rule.name() + "-" + limit.currency().name().toLowerCase(Locale.ROOT) : rule.name();
    }
}
