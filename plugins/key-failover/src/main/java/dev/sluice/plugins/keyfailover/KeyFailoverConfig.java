package dev.sluice.plugins.keyfailover;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a route says of this filter.
 *
 * @param healthCheckModel the model that probes ask; null: {@code healthCheckModels} names one for every provider
 * @param failoverOnStatus patterns; empty: what concerns a key by its nature
 * @param maxRetries null: every other healthy key, {@link Settings#MOST_RETRIES} at most
 * @param retryOnStatus patterns; empty: whatever counts against the key
 * @param retryTimeout null: as long as any try
 * @param failover Higress's block; null: not given
 * @param retryOnFailure Higress's block; null: not given
 */
public record KeyFailoverConfig(
        boolean enabled,
        Strategy strategy,
        int failureThreshold,
        int successThreshold,
        Duration healthCheckInterval,
        Duration healthCheckTimeout,
        @Nullable String healthCheckModel,
        Map<String, String> healthCheckModels,
        List<String> failoverOnStatus,
        @Nullable Integer maxRetries,
        List<String> retryOnStatus,
        @Nullable Duration retryTimeout,
        Duration restBase,
        Duration restMax,
        Duration quotaBackoff,
        @Nullable Failover failover,
        @Nullable RetryOnFailure retryOnFailure) {

    /** Which of the healthy keys a try gets. */
    public enum Strategy {
        /** Any. */
        RANDOM,
        /** One after the other. */
        ROUND_ROBIN,
        /** The one with the fewest tokens in the last minute. */
        LEAST_USED
    }

    /** Higress's {@code failover}. */
    public record Failover(
            boolean enabled,
            int failureThreshold,
            int successThreshold,
            Duration healthCheckInterval,
            Duration healthCheckTimeout,
            @Nullable String healthCheckModel,
            List<String> failoverOnStatus) {}

    /** Higress's {@code retryOnFailure}. */
    public record RetryOnFailure(boolean enabled, int maxRetries, Duration retryTimeout, List<String> retryOnStatus) {}
}
