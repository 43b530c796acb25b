package dev.sluice.plugins.modelfallback;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a route says of this filter.
 *
 * @param targets where a call may go, in order
 * @param maxLatency slower targets come last; null: none is too slow
 * @param budgetPerRequest what a call may cost by its estimated tokens; null: any
 * @param scenarios other chains for some calls, the first that fits
 * @param operations what is asked of another model at all
 * @param retries further tries of the same target
 * @param backoff the mean of the first random wait, doubled for each further one
 * @param maxWait the longest wait before a try
 * @param answerTimeout null: the route's
 * @param totalTimeout for all tries together; null: the route's
 * @param resume whether an answer that was cut is carried on
 * @param warning what the field of that name says from the first fallback on; null: no such field
 * @param limitation what the field of that name says from the second fallback on; null: no such field
 * @param logSize how many of the latest fallbacks are shown
 */
public record ModelFallbackConfig(
        List<TargetConfig> targets,
        Strategy strategy,
        @Nullable Duration maxLatency,
        @Nullable Double budgetPerRequest,
        List<Scenario> scenarios,
        List<Served> operations,
        Triggers triggers,
        int retries,
        Duration backoff,
        Duration maxWait,
        Duration firstEventTimeout,
        Duration idleTimeout,
        @Nullable Duration answerTimeout,
        @Nullable Duration totalTimeout,
        Health health,
        boolean resume,
        @Nullable String warning,
        @Nullable String limitation,
        int logSize) {

    /** Which target comes first. */
    public enum Strategy {
        /** The first that is in. */
        PRIORITY,
        /** Drawn by weight. */
        WEIGHTED,
        /** The one that has begun its answers soonest. */
        LATENCY,
        /** The one that will charge least. */
        COST
    }

    /** What another model may be asked for. */
    public enum Served {
        CHAT,
        EMBEDDINGS,
        IMAGES,
        AUDIO,
        MODERATIONS,
        RERANK
    }

    /**
     * One place in a chain.
     *
     * @param model null: the one that the client asks for
     * @param firstEventTimeout null: the filter's, as for the other timeouts
     * @param maxLatency null: the filter's
     * @param contextWindow in tokens; null: unknown
     * @param prefill null: by its vendor, and learned
     * @param weight null: 1
     */
    public record TargetConfig(
            String provider,
            @Nullable String model,
            @Nullable Duration firstEventTimeout,
            @Nullable Duration idleTimeout,
            @Nullable Duration answerTimeout,
            @Nullable Duration maxLatency,
            @Nullable Price pricePer1k,
            @Nullable Long contextWindow,
            @Nullable Boolean prefill,
            @Nullable Integer weight) {

        static TargetConfig of(String provider, @Nullable String model) {
            return new TargetConfig(provider, model, null, null, null, null, null, null, null, null);
        }

        /** As metrics and the log call it. */
        String name() {
            return model == null ? provider : provider + "/" + model;
        }

        int weighs() {
            return weight == null ? 1 : weight;
        }
    }

    /** What a thousand tokens cost, in whatever currency. */
    public record Price(double input, double output) {}

    /**
     * Another chain.
     *
     * @param strategy null: the filter's
     */
    public record Scenario(
            String name,
            Match match,
            List<TargetConfig> targets,
            @Nullable Strategy strategy) {}

    /**
     * Which calls a scenario is for: those that fit all that is given.
     *
     * @param headers values, {@code *} for any run of characters
     * @param consumer any of these; empty: anybody
     * @param model any of these globs; empty: any model
     */
    public record Match(Map<String, String> headers, List<String> consumer, List<String> model) {

        boolean isEmpty() {
            return headers.isEmpty() && consumer.isEmpty() && model.isEmpty();
        }
    }

    /**
     * Which failures lead to another try.
     *
     * @param statuses patterns such as {@code 404} and {@code 5xx}
     * @param codes codes of errors
     */
    public record Triggers(
            boolean connectError,
            boolean connectTimeout,
            boolean firstEventTimeout,
            boolean answerTimeout,
            boolean idleTimeout,
            boolean reset,
            boolean badAnswer,
            boolean requestTimeout,
            boolean rateLimit,
            boolean serverError,
            boolean overloaded,
            boolean noEndpoint,
            boolean noKey,
            boolean inBandError,
            boolean contextLength,
            boolean contentFilter,
            List<String> statuses,
            List<String> codes) {}

    /**
     * When a target is out, and for how long.
     *
     * @param failureRate in percent of an interval's tries
     * @param consecutive so many failures in a row, however far apart; 0: they do not count
     * @param maxEjected in percent of the targets seen
     */
    public record Health(
            Duration interval,
            int minRequests,
            int failureRate,
            int consecutive,
            Duration baseEjection,
            Duration maxEjection,
            int maxEjected) {}
}
