package dev.sluice.plugins.tokenratelimit;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a route says of this filter: {@code rules}, or Higress's {@code rule_items} or {@code global_threshold}.
 *
 * @param rules all of them apply
 * @param quota what each consumer may spend; null: no quota
 * @param message what a caller who is refused reads; null: which limit it was, and when to come back
 * @param onStoreFailure null: by the spelling
 * @param storeTimeout how long a request waits for the shared state; null: by the spelling
 * @param localShare the part of each limit that this node enforces alone
 * @param maxQueued charges that wait for a shared state that is away
 * @param reservationTtl when the reservation of a request ends that never came to its own end
 * @param rejectedCode null: 429
 * @param rejectedMsg null: Higress's
 * @param redisKeyPrefix Higress's, which tells its quotas apart; null: its own
 * @param adminConsumer who administers Higress's quota
 * @param adminPath where; null: its own
 * @param redis where the filter's own Redis is, which the host connects to; null: it has none
 */
public record TokenRatelimitConfig(
        List<Limits> rules,
        @Nullable Quota quota,
        RejectAs rejectAs,
        @Nullable String message,
        @Nullable OnStoreFailure onStoreFailure,
        @Nullable Duration storeTimeout,
        double localShare,
        int maxQueued,
        Duration reservationTtl,
        @Nullable String ruleName,
        List<Item> ruleItems,
        @Nullable Threshold globalThreshold,
        @Nullable Integer rejectedCode,
        @Nullable String rejectedMsg,
        @Nullable String redisKeyPrefix,
        @Nullable String adminConsumer,
        @Nullable String adminPath,
        @Nullable String redis) {

    /** How a refusal looks. */
    public enum RejectAs {
        /** An error. */
        ERROR,
        /** An assistant's answer. */
        CHAT
    }

    /** What is done while the shared state cannot be reached. */
    public enum OnStoreFailure {
        /** Each node goes by its own. */
        LOCAL,
        /** All pass. */
        ALLOW,
        /** None passes. */
        DENY
    }

    /** How use leaves a limit. */
    public enum Algorithm {
        /** Each part of it a window after it was made. */
        SLIDING_WINDOW,
        /** All at once, a window after the first. */
        FIXED_WINDOW,
        /** Steadily. */
        TOKEN_BUCKET
    }

    /** What becomes of a stream whose limit is used up while it runs. */
    public enum OnExhausted {
        /** It goes on to its end. */
        FINISH,
        /** It ends with an error. */
        CUT
    }

    /**
     * One rule.
     *
     * @param by whose use is counted together; empty: everybody's
     * @param match whom the rule concerns, by what is written as in {@code by}; empty: everybody
     * @param tokens null: no limit
     * @param requests null: no limit
     * @param concurrency null: no limit
     * @param window null: {@code concurrency} needs none
     * @param burst null: as much as the limit
     * @param assumeMost null: by what was seen
     */
    public record Limits(
            String name,
            List<String> by,
            Map<String, List<String>> match,
            @Nullable Long tokens,
            @Nullable Long requests,
            @Nullable Integer concurrency,
            @Nullable Duration window,
            Algorithm algorithm,
            @Nullable Long burst,
            @Nullable Weights weights,
            long assumeOutput,
            @Nullable Long assumeMost,
            boolean strict,
            boolean shadow,
            OnExhausted onExhausted) {}

    /** What a token counts. */
    public record Weights(
            double input, double output, @Nullable Double cachedInput) {}

    /** Higress's item of {@code rule_items}; one of the {@code limitBy…} is not null. */
    public record Item(
            @Nullable String limitByHeader,
            @Nullable String limitByParam,
            @Nullable String limitByConsumer,
            @Nullable String limitByCookie,
            @Nullable String limitByPerHeader,
            @Nullable String limitByPerParam,
            @Nullable String limitByPerConsumer,
            @Nullable String limitByPerCookie,
            @Nullable String limitByPerIp,
            List<LimitKey> limitKeys) {}

    /** Higress's entry of {@code limit_keys}. */
    public record LimitKey(
            String key,
            @Nullable Long tokenPerSecond,
            @Nullable Long tokenPerMinute,
            @Nullable Long tokenPerHour,
            @Nullable Long tokenPerDay) {}

    /** Higress's {@code global_threshold}. */
    public record Threshold(
            @Nullable Long tokenPerSecond,
            @Nullable Long tokenPerMinute,
            @Nullable Long tokenPerHour,
            @Nullable Long tokenPerDay) {}

    /** For how long a quota is. */
    public enum Period {
        /** A day by the calendar. */
        DAY,
        /** A month by the calendar. */
        MONTH,
        /** Until it is used. */
        EVER
    }

    /**
     * What each consumer may spend.
     *
     * @param tokens null: money
     * @param money null: tokens
     * @param consumers amounts of those who have another
     * @param prices what a million tokens cost, by model or glob
     * @param currency null: USD
     * @param weights null: each token counts one
     * @param assumeMost null: by what was seen
     * @param adminConsumer who may administer it on the data port; null: nobody
     * @param adminPath where; null: Higress's
     */
    public record Quota(
            String name,
            @Nullable BigDecimal tokens,
            @Nullable BigDecimal money,
            Period period,
            String timeZone,
            Map<String, BigDecimal> consumers,
            Map<String, Price> prices,
            @Nullable String currency,
            @Nullable Weights weights,
            long assumeOutput,
            @Nullable Long assumeMost,
            boolean shadow,
            @Nullable String adminConsumer,
            @Nullable String adminPath) {}

    /**
     * What a million tokens cost.
     *
     * @param cachedInput of the input, what was read from the provider's cache; null: as {@code input}
     * @param cacheWrite of the input, what was written to it; null: as {@code input}
     */
    public record Price(
            double input,
            double output,
            @Nullable Double cachedInput,
            @Nullable Double cacheWrite) {}

    boolean isHigress() {
        return !ruleItems.isEmpty() || globalThreshold != null;
    }

    boolean isHigressQuota() {
        return redisKeyPrefix != null || adminConsumer != null || adminPath != null;
    }
}
