package dev.sluice.plugins.keyfailover;

import dev.sluice.api.ConfigException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A config, checked, in one spelling.
 *
 * @param failoverOn statuses that count against a key; null: what concerns a key by its nature
 * @param retryOn statuses that are tried again with another key; null: whatever counts against the key
 * @param retryTimeout null: as long as any try
 */
record Settings(
        boolean enabled,
        KeyFailoverConfig.Strategy strategy,
        int failureThreshold,
        int successThreshold,
        Duration checkInterval,
        Duration checkTimeout,
        @Nullable String checkModel,
        Map<String, String> checkModels,
        @Nullable StatusPatterns failoverOn,
        int maxRetries,
        @Nullable StatusPatterns retryOn,
        @Nullable Duration retryTimeout,
        Duration restBase,
        Duration restMax,
        Duration quotaBackoff) {
    /** Retries where the config does not say. */
    static final int MOST_RETRIES = 3;

    /** The longest time between two probes of a key. */
    static final Duration LONGEST_CHECK = Duration.ofMinutes(5);

    /**
     * Of a config.
     *
     * @throws ConfigException if it cannot work
     */
    static Settings of(KeyFailoverConfig config) {
        if (config.restMax().compareTo(config.restBase()) < 0) {
            throw new ConfigException(
                    "restMax",
                    "is shorter than restBase (" + config.restBase().toMillis() + "ms): make it at least as long");
        }
        Settings own = new Settings(
                config.enabled(),
                config.strategy(),
                config.failureThreshold(),
                config.successThreshold(),
                config.healthCheckInterval(),
                config.healthCheckTimeout(),
                config.healthCheckModel(),
                config.healthCheckModels(),
                patterns("failoverOnStatus", config.failoverOnStatus()),
                config.maxRetries() == null ? MOST_RETRIES : config.maxRetries(),
                patterns("retryOnStatus", config.retryOnStatus()),
                config.retryTimeout(),
                config.restBase(),
                config.restMax(),
                config.quotaBackoff());
        return own.with(config.failover()).with(config.retryOnFailure());
    }

    private static @Nullable StatusPatterns patterns(String field, List<String> patterns) {
        return patterns.isEmpty() ? null : StatusPatterns.of(field, patterns);
    }

    private Settings with(KeyFailoverConfig.@Nullable Failover given) {
        if (given == null) {
            return this;
        }
        return new Settings(
                enabled && given.enabled(),
                strategy,
                given.failureThreshold(),
                given.successThreshold(),
                given.healthCheckInterval(),
                given.healthCheckTimeout(),
                given.healthCheckModel() == null ? checkModel : given.healthCheckModel(),
                checkModels,
                given.failoverOnStatus().isEmpty()
                        ? failoverOn
                        : StatusPatterns.of("failover.failoverOnStatus", given.failoverOnStatus()),
                maxRetries,
                retryOn,
                retryTimeout,
                restBase,
                restMax,
                quotaBackoff);
    }

    private Settings with(KeyFailoverConfig.@Nullable RetryOnFailure given) {
        if (given == null) {
            return this;
        }
        StatusPatterns on = given.retryOnStatus().isEmpty()
                ? StatusPatterns.errors()
                : StatusPatterns.of("retryOnFailure.retryOnStatus", given.retryOnStatus());
        return new Settings(
                enabled,
                strategy,
                failureThreshold,
                successThreshold,
                checkInterval,
                checkTimeout,
                checkModel,
                checkModels,
                failoverOn,
                given.enabled() ? given.maxRetries() : 0,
                on,
                given.retryTimeout(),
                restBase,
                restMax,
                quotaBackoff);
    }

    /** The model that probes of that provider ask; null if none is named. */
    @Nullable
    String checkModel(String provider) {
        return checkModels.getOrDefault(provider, checkModel);
    }

    /** The time until the next probe, after so many that failed. */
    Duration checkWait(Trouble trouble, int failed) {
        if (trouble == Trouble.QUOTA) {
            return quotaBackoff.multipliedBy(1L << Math.min(failed, 3));
        }
        Duration wait = checkInterval.multipliedBy(1L << Math.min(failed, 16));
        Duration longest = LONGEST_CHECK.compareTo(checkInterval) < 0 ? checkInterval : LONGEST_CHECK;
        return wait.compareTo(longest) < 0 ? wait : longest;
    }

    /** The rest of a key that was told 429 so often, without being told how long. */
    Duration rest(int times) {
        Duration rest = restBase.multipliedBy(1L << Math.min(times, 16));
        return rest.compareTo(restMax) < 0 ? rest : restMax;
    }
}
