package dev.sluice.plugins.cache;

import dev.sluice.plugins.cache.CacheConfig.Sharing;
import java.time.Duration;
import java.util.Map;

/** Configs for unit tests. */
final class Configs {
    private Configs() {}

    static CacheConfig bounds(long maxEntries, long maxBytes) {
        return new CacheConfig(
                Sharing.CONSUMER,
                Duration.ofHours(1),
                null,
                Duration.ofSeconds(30),
                maxEntries,
                maxBytes,
                Math.min(maxBytes, 1 << 20),
                Duration.ofMillis(200),
                null,
                Map.of(),
                "USD",
                null,
                null,
                null,
                null);
    }

    static CacheConfig standard() {
        return bounds(1000, 1 << 20);
    }
}
