package dev.sluice.plugins.tokenratelimit;

import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.Algorithm;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.Limits;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.OnExhausted;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.OnStoreFailure;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.Period;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.Price;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.RejectAs;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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
                null,
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
                null,
                false,
                false,
                OnExhausted.FINISH);
    }

    static TokenRatelimitConfig rules(OnStoreFailure onFailure, int maxQueued, Limits... rules) {
        return new TokenRatelimitConfig(
                List.of(rules),
                null,
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
                null,
                null,
                null,
                null);
    }

    static TokenRatelimitConfig rules(Limits... rules) {
        return rules(OnStoreFailure.LOCAL, 100, rules);
    }

    static TokenRatelimitConfig.Quota quota(
            @Nullable BigDecimal tokens,
            @Nullable BigDecimal money,
            Period period,
            String zone,
            Map<String, BigDecimal> consumers,
            Map<String, Price> prices) {
        return new TokenRatelimitConfig.Quota(
                "quota", tokens, money, period, zone, consumers, prices, null, null, 512, null, false, "boss", null);
    }

    static TokenRatelimitConfig quota(TokenRatelimitConfig.Quota quota, OnStoreFailure onFailure) {
        TokenRatelimitConfig none = rules(onFailure, 100);
        return new TokenRatelimitConfig(
                none.rules(),
                quota,
                none.rejectAs(),
                null,
                onFailure,
                none.storeTimeout(),
                none.localShare(),
                none.maxQueued(),
                none.reservationTtl(),
                null,
                List.of(),
                null,
                null,
                null,
                null,
                null,
                null,
                null);
    }
}
