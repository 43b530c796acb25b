package dev.sluice.plugins.cache;

import dev.sluice.api.ConfigException;
import dev.sluice.plugins.cache.CacheConfig.Sharing;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A config as it is meant, whichever spelling it came in.
 *
 * @param fresh how long an answer is served without a thought
 * @param stale how long beyond that while one request fetches another; zero: not at all
 * @param prefix what the keys in the shared state begin with
 * @param keying what of the conversation is the key
 * @param semantic how answers to similar questions are found; null: they are not
 */
record Settings(
        Sharing sharing,
        Duration fresh,
        Duration stale,
        Duration flightWait,
        long maxEntries,
        long maxBytes,
        long maxEntryBytes,
        Duration storeTimeout,
        Duration pace,
        String prefix,
        Keying keying,
        @Nullable SemanticSettings semantic,
        @Nullable Templates templates) {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration PATIENCE = Duration.ofMillis(200);

    /** As good as for ever, and no overflow in milliseconds. */
    private static final Duration FOR_EVER = Duration.ofDays(36_500);

    /** What of the conversation is the key. */
    enum Keying {
        /** All of it. */
        CONVERSATION,
        /** The last question. */
        LAST_QUESTION,
        /** All questions. */
        ALL_QUESTIONS,
        /** Nothing is cached. */
        NONE
    }

    static Settings of(CacheConfig config) {
        if (config.ttl() != null && config.cacheTTL() != null) {
            throw new ConfigException("ttl", "cacheTTL says the same and is given too: keep one");
        }
        if (config.maxEntryBytes() > config.maxBytes()) {
            throw new ConfigException(
                    "maxEntryBytes",
                    config.maxEntryBytes() + " bytes are more than maxBytes (" + config.maxBytes()
                            + "), so that no such answer could be kept: lower it, or raise maxBytes");
        }
        return new Settings(
                config.scope(),
                capped(first(config.ttl(), config.cacheTTL(), HOUR)),
                config.staleWhileRevalidate() == null ? Duration.ZERO : capped(config.staleWhileRevalidate()),
                config.flightWait(),
                config.maxEntries(),
                config.maxBytes(),
                config.maxEntryBytes(),
                config.storeTimeout() == null ? PATIENCE : config.storeTimeout(),
                config.pace() == null ? Duration.ZERO : config.pace(),
                config.cacheKeyPrefix() == null ? "" : config.cacheKeyPrefix(),
                keying(config.cacheKeyStrategy()),
                SemanticSettings.of(config),
                Templates.of(config.responseTemplate(), config.streamResponseTemplate()));
    }

    private static Duration first(@Nullable Duration ours, @Nullable Duration theirs, Duration standard) {
        return ours != null ? ours : theirs != null ? theirs : standard;
    }

    /** Higress's zero is for ever. */
    private static Duration capped(Duration time) {
        return time.isZero() || time.compareTo(FOR_EVER) > 0 ? FOR_EVER : time;
    }

    private static Keying keying(@Nullable String strategy) {
        return switch (strategy == null ? "" : strategy) {
            case "lastQuestion" -> Keying.LAST_QUESTION;
            case "allQuestions" -> Keying.ALL_QUESTIONS;
            case "disabled" -> Keying.NONE;
            default -> Keying.CONVERSATION;
        };
    }

    /** How long an answer is kept. */
    Duration kept() {
        return fresh.plus(stale);
    }
}
