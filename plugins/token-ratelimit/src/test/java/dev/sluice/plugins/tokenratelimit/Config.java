package dev.sluice.plugins.tokenratelimit;

import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.Algorithm;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.Limits;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.OnExhausted;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.OnStoreFailure;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.RejectAs;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Configs for unit tests. */
final class Config {
    private Config() {}

    static Limits tokens(String name, String by, long tokens) {
        return new Limits(
                name,
                by.isEmpty() ? List.of() : List.of(by),
                Map.of(),
                tokens,
                null,
                null,
                Duration.ofMinutes(1),
                Algorithm.SLIDING_WINDOW,
                null,
                null,
                100,
                false,
                false,
                OnExhausted.FINISH);
    }

    static Limits requests(String name, String by, long requests) {
        return new Limits(
                name,
                List.of(by),
                Map.of(),
                null,
                requests,
                null,
                Duration.ofMinutes(1),
                Algorithm.SLIDING_WINDOW,
                null,
                null,
                100,
                false,
                false,
                OnExhausted.FINISH);
    }

    static TokenRatelimitConfig rules(OnStoreFailure onFailure, int maxQueued, Limits... rules) {
        return new TokenRatelimitConfig(
                List.of(rules),
                RejectAs.ERROR,
                null,
                onFailure,
                Duration.ofMillis(200),
                0.5,
                maxQueued,
                Duration.ofMinutes(15),
                null,
                List.of(),
                null,
                null,
                null,
                null);
    }

    static TokenRatelimitConfig rules(Limits... rules) {
        return rules(OnStoreFailure.LOCAL, 100, rules);
    }
}
