package dev.sluice.plugins.cache;

import dev.sluice.plugins.cache.CacheConfig.Sharing;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Configs for unit tests. */
final class Configs {
    private Configs() {}

    /** With answers to similar questions. */
    static CacheConfig semantic(SemanticConfig semantic) {
        return of(1000, 1 << 20, semantic);
    }

    static CacheConfig bounds(long maxEntries, long maxBytes) {
        return of(maxEntries, maxBytes, null);
    }

    private static CacheConfig of(long maxEntries, long maxBytes, @Nullable SemanticConfig semantic) {
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
                semantic,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null);
    }

    static CacheConfig standard() {
        return bounds(1000, 1 << 20);
    }
}
