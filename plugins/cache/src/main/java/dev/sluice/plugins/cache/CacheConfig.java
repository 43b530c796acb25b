package dev.sluice.plugins.cache;

import dev.sluice.plugins.cache.SemanticConfig.HigressEmbedding;
import dev.sluice.plugins.cache.SemanticConfig.HigressVector;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a route says of this filter.
 *
 * @param scope who is served whose answers
 * @param ttl how long an answer is fresh; null: Higress's, else an hour
 * @param staleWhileRevalidate how long it is served beyond that while one request fetches another; null: not at all
 * @param flightWait how long a request waits for an identical one
 * @param maxEntries answers kept in memory
 * @param maxBytes their bytes
 * @param maxEntryBytes the bytes of one answer
 * @param storeTimeout how long a request waits for the shared state; null: 200 ms
 * @param pace the pause between the events of a replayed stream; null: none
 * @param prices what a million tokens cost, by model: its name, or a glob
 * @param currency the currency of the prices, as a label
 * @param semantic answers to questions that mean the same; null: not given
 * @param cacheKeyStrategy Higress's: what of the conversation is the key; null: all of it
 * @param redis where a Redis of its own is; null: the gateway's state
 * @param cacheTTL Higress's spelling of {@code ttl}; zero: for ever; null: not given
 * @param cacheKeyPrefix what the keys in the shared state begin with; null: nothing
 * @param vector Higress's store of vectors; null: not given
 * @param embedding Higress's maker of vectors; null: not given
 * @param enableSemanticCache Higress's; null: if the two are given
 * @param responseTemplate Higress's: a whole answer around the text; null: as it was
 * @param streamResponseTemplate Higress's: a stream around the text; null: as it was
 */
public record CacheConfig(
        Sharing scope,
        @Nullable Duration ttl,
        @Nullable Duration staleWhileRevalidate,
        Duration flightWait,
        long maxEntries,
        long maxBytes,
        long maxEntryBytes,
        @Nullable Duration storeTimeout,
        @Nullable Duration pace,
        Map<String, Price> prices,
        String currency,
        @Nullable SemanticConfig semantic,
        @Nullable String cacheKeyStrategy,
        @Nullable String redis,
        @Nullable Duration cacheTTL,
        @Nullable String cacheKeyPrefix,
        @Nullable HigressVector vector,
        @Nullable HigressEmbedding embedding,
        @Nullable Boolean enableSemanticCache,
        @Nullable String responseTemplate,
        @Nullable String streamResponseTemplate) {

    /** Who is served whose answers. */
    public enum Sharing {
        /** Each consumer their own, on each route. */
        CONSUMER,
        /** All callers of a route. */
        ROUTE,
        /** All callers of all routes. */
        GLOBAL
    }

    /**
     * What a million tokens cost.
     *
     * @param cachedInput of the input, what was read from the provider's cache; null: as {@code input}
     */
    public record Price(
            double input, double output, @Nullable Double cachedInput) {}
}
