package dev.sluice.plugins.aistatistics;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is counted, logged and traced.
 *
 * @param prices by model: its name, or a glob; of several globs the longest that matches
 * @param currency the currency of the prices, as a label
 * @param maxModels models that get a label of their own; the rest are {@code other}
 * @param maxConsumers consumers that do
 * @param attributes what else of an exchange goes into the log or the span
 * @param useDefaultAttributes whether every built-in attribute does, texts included
 * @param useDefaultResponseAttributes whether the built-in attributes that hold no text do
 * @param valueLengthLimit characters of a value; the rest is cut off
 * @param sessionIdHeader where the session is named, before the usual headers
 * @param enablePathSuffixes only paths that end so; empty: all
 * @param enableContentTypes only answers of types that begin so; empty: all
 * @param disableUsage whether tokens, and so cost, are left alone
 * @param otlp where spans go; null: none are made
 */
public record AiStatisticsConfig(
        Map<String, Price> prices,
        String currency,
        int maxModels,
        int maxConsumers,
        List<Attribute> attributes,
        boolean useDefaultAttributes,
        boolean useDefaultResponseAttributes,
        int valueLengthLimit,
        @Nullable String sessionIdHeader,
        List<String> enablePathSuffixes,
        List<String> enableContentTypes,
        boolean disableUsage,
        @Nullable Otlp otlp) {

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

    /**
     * Something of an exchange, by name.
     *
     * @param key its name; one of the {@linkplain Attributes.BuiltIn built-in} ones needs no source
     * @param valueSource where it is found; null: built in
     * @param value the header's name, the path in the body, or the value itself
     * @param rule which of a stream's events counts: {@code first}, {@code replace} (the last), {@code append} (all)
     * @param defaultValue what it is where it is not found; null: it is left out
     * @param applyToLog whether it is logged; null: if {@code applyToSpan} is not given
     * @param applyToSpan whether it is in the span
     * @param traceSpanKey its name in the span; null: {@code key}
     * @param asSeparateLogField whether it stands beside {@code ai_log} instead of in it
     */
    public record Attribute(
            String key,
            @Nullable String valueSource,
            @Nullable String value,
            @Nullable String rule,
            @Nullable String defaultValue,
            @Nullable Boolean applyToLog,
            @Nullable Boolean applyToSpan,
            @Nullable String traceSpanKey,
            boolean asSeparateLogField) {}

    /**
     * Where spans go.
     *
     * @param endpoint a collector that speaks OTLP over HTTP; without a path: its {@code /v1/traces}
     * @param headers sent with each batch, such as a token
     * @param serviceName what the gateway is called
     * @param sampleRatio how many of the traces that begin here are recorded; those of clients are as the client says
     * @param interval how long spans wait for company
     * @param queue how many may wait; more are dropped, and counted
     * @param timeout for one batch
     */
    public record Otlp(
            URI endpoint,
            Map<String, String> headers,
            String serviceName,
            double sampleRatio,
            Duration interval,
            int queue,
            Duration timeout) {
        @Override
        public String toString() {
            return endpoint.toString();
        }
    }
}
