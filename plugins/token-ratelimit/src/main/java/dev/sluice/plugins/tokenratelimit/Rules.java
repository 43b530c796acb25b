package dev.sluice.plugins.tokenratelimit;

import dev.sluice.api.ConfigException;
import dev.sluice.plugins.tokenratelimit.Limit.Currency;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.Algorithm;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.Limits;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.OnExhausted;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.Weights;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** Makes rules of {@code rules:}. */
final class Rules {
    private static final Duration NO_WINDOW = Duration.ofMillis(1);

    private Rules() {}

    static List<Rule> of(List<Limits> written) {
        List<Rule> rules = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (int i = 0; i < written.size(); i++) {
            String path = "rules[" + i + "]";
            Limits limits = written.get(i);
            if (!names.add(limits.name())) {
                throw new ConfigException(
                        path + ".name", "another rule is already called '" + limits.name() + "': choose another name");
            }
            rules.add(rule(path, limits));
        }
        return List.copyOf(rules);
    }

    private static Rule rule(String path, Limits limits) {
        check(path, limits);
        List<Fact> by = new ArrayList<>();
        for (int i = 0; i < limits.by().size(); i++) {
            String text = limits.by().get(i);
            by.add(located(path + ".by[" + i + "]", () -> Fact.of(text)));
        }
        List<Rule.Condition> match = new ArrayList<>();
        for (Map.Entry<String, List<String>> wanted : limits.match().entrySet()) {
            String at = path + ".match." + wanted.getKey();
            match.add(located(at, () -> {
                Fact fact = Fact.of(wanted.getKey());
                return new Rule.Condition(fact, Texts.anyOf(fact, wanted.getValue()));
            }));
        }
        Weights weights = limits.weights();
        double input = weights == null ? 1 : weights.input();
        return new Rule(
                limits.name(),
                limits.name(),
                List.copyOf(by),
                List.copyOf(match),
                amounts(limits),
                input,
                weights == null ? 1 : weights.output(),
                weights == null || weights.cachedInput() == null ? input : weights.cachedInput(),
                input,
                limits.strict() ? "strict" : "once",
                true,
                limits.shadow(),
                limits.onExhausted() == OnExhausted.CUT,
                new Learned(limits.assumeOutput(), limits.assumeMost()));
    }

    private static void check(String path, Limits limits) {
        boolean windowed = limits.tokens() != null || limits.requests() != null;
        if (!windowed && limits.concurrency() == null) {
            throw new ConfigException(
                    path, "rule '" + limits.name() + "' limits nothing: give it tokens, requests or concurrency");
        }
        if (windowed && limits.window() == null) {
            throw new ConfigException(
                    path, "rule '" + limits.name() + "' says how much and not in what time: give it a window like 1m");
        }
        if (!windowed && limits.window() != null) {
            throw new ConfigException(
                    path + ".window", "concurrency knows no window: remove it, or limit tokens or requests, too");
        }
        if (limits.burst() != null && (limits.algorithm() != Algorithm.TOKEN_BUCKET || !windowed)) {
            throw new ConfigException(
                    path + ".burst", "only a token bucket has a burst: add 'algorithm: token-bucket', or remove it");
        }
        if (limits.burst() != null && limits.tokens() != null && limits.requests() != null) {
            throw new ConfigException(
                    path + ".burst",
                    "it could be one of tokens or of requests: make two rules, each with its own burst");
        }
        if (limits.tokens() == null
                && (limits.weights() != null || limits.strict() || limits.onExhausted() == OnExhausted.CUT)) {
            throw new ConfigException(
                    path,
                    "weights, strict and onExhausted concern tokens, which rule '" + limits.name()
                            + "' does not limit: add tokens, or remove them");
        }
    }

    private static List<Limit> amounts(Limits limits) {
        List<Limit> amounts = new ArrayList<>();
        Duration window = limits.window() == null ? NO_WINDOW : limits.window();
        String algorithm = switch (limits.algorithm()) {
            case SLIDING_WINDOW -> "s";
            case FIXED_WINDOW -> "f";
            case TOKEN_BUCKET -> "b";
        };
        if (limits.tokens() != null) {
            amounts.add(amount(Currency.TOKENS, algorithm, limits.tokens(), window, limits));
        }
        if (limits.requests() != null) {
            amounts.add(amount(Currency.REQUESTS, algorithm, limits.requests(), window, limits));
        }
        if (limits.concurrency() != null) {
            amounts.add(new Limit(Currency.CONCURRENCY, "f", limits.concurrency(), NO_WINDOW, limits.concurrency()));
        }
        return List.copyOf(amounts);
    }

    private static Limit amount(Currency currency, String algorithm, long amount, Duration window, Limits limits) {
        return new Limit(currency, algorithm, amount, window, limits.burst() == null ? amount : limits.burst());
    }

    static <T> T located(String path, Supplier<T> made) {
        try {
            return made.get();
        } catch (IllegalArgumentException e) {
            throw new ConfigException(path, String.valueOf(e.getMessage()));
        }
    }
}
