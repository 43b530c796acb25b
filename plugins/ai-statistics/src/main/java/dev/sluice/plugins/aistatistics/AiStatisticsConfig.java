package dev.sluice.plugins.aistatistics;

import java.util.Map;

/**
 * What is counted.
 *
 * @param prices by model: its name, or a glob; of several globs the longest that matches
 * @param currency the currency of the prices, as a label
 * @param maxModels models that get a label of their own; the rest are {@code other}
 * @param maxConsumers consumers that do
 */
public record AiStatisticsConfig(Map<String, Price> prices, String currency, int maxModels, int maxConsumers) {

    /**
     * What a million tokens cost.
     *
     * @param cachedInput of the input, what was read from the provider's cache; null: as {@code input}
     * @param cacheWrite of the input, what was written to it; null: as {@code input}
     */
    public record Price(
            double input,
            double output,
            @org.jspecify.annotations.Nullable Double cachedInput,
            @org.jspecify.annotations.Nullable Double cacheWrite) {}
}
