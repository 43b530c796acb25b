package dev.sluice.plugins.cache;

import org.jspecify.annotations.Nullable;

/**
 * What a request is known by, and by what its answer can be purged.
 *
 * @param hash equal for requests that may have the same answer: SHA-256, in hexadecimal
 * @param model the model that would answer, as far as it can be known; empty if not at all
 * @param consumer empty if nobody has said who it is
 * @param question by what the answer to a similar request is found; null if none is looked for
 */
record CacheKey(
        String hash,
        String route,
        String model,
        String consumer,
        @Nullable Question question) {

    CacheKey(String hash, String route, String model, String consumer) {
        this(hash, route, model, consumer, null);
    }
}
