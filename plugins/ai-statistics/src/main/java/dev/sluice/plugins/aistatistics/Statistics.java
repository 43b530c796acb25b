package dev.sluice.plugins.aistatistics;

import dev.sluice.api.Exchange;
import dev.sluice.api.Failure;
import dev.sluice.api.Key;
import dev.sluice.api.Outcome;
import dev.sluice.api.Target;
import dev.sluice.api.Usage;
import dev.sluice.plugins.aistatistics.Tracer.Trace;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The meters. Their names and labels are OpenTelemetry's for generative AI (semantic conventions, "Generative AI
 * metrics") where it has one. Thread-safe.
 */
final class Statistics {
    private static final String NONE = "none";
    private static final String UPSTREAM = "upstream";
    private static final int MAX_WORDS = 50;
    private static final int TOO_MANY_REQUESTS = 429;
    private static final List<String> SESSION_HEADERS =
            List.of("x-openclaw-session-key", "x-clawdbot-session-key", "x-moltbot-session-key", "x-agent-session");

    private final MeterRegistry meters;
    private final Prices prices;
    private final String currency;
    private final Labels labels;
    private final int maxModels;
    private final int maxConsumers;
    private final Attributes attributes;
    private final List<String> contentTypes;
    private final List<String> sessionHeaders;
    private final boolean countsTokens;

    Statistics(AiStatisticsConfig config, MeterRegistry meters, Labels labels) {
        this.meters = meters;
        this.prices = new Prices(config.prices());
        this.currency = config.currency();
        this.labels = labels;
        this.maxModels = config.maxModels();
        this.maxConsumers = config.maxConsumers();
        this.attributes = Attributes.of(config);
        this.contentTypes = config.enableContentTypes();
        this.sessionHeaders = config.sessionIdHeader() == null
                ? SESSION_HEADERS
                : Stream.concat(Stream.of(config.sessionIdHeader()), SESSION_HEADERS.stream())
                        .toList();
        this.countsTokens = !config.disableUsage();
    }

    Attributes attributes() {
        return attributes;
    }

    /** Whether an answer of that type is counted. */
    boolean counts(@Nullable String contentType) {
        return contentTypes.isEmpty()
                || contentTypes.contains("*")
                || (contentType != null && contentTypes.stream().anyMatch(contentType::startsWith));
    }

    void record(Exchange exchange, Outcome outcome, boolean stream) {
        String consumer = exchange.get(Key.CONSUMER);
        Tags who = Tags.of(
                "route",
                exchange.route(),
                "consumer",
                consumer == null ? NONE : labels.consumers().label(consumer, maxConsumers, true),
                "gen_ai.operation.name",
                exchange.operation().name().toLowerCase(Locale.ROOT));
        double cost = 0;
        for (Outcome.Try attempt : outcome.attempts()) {
            cost += attempt(who, attempt);
        }
        List<Outcome.Try> tries = outcome.attempts();
        Outcome.Try last = tries.isEmpty() ? null : tries.get(tries.size() - 1);
        Tags all = last == null ? who.and(target(NONE, NONE)) : who.and(target(last));
        String error = error(outcome);
        timer("gen_ai.server.request.duration", all.and("error.type", error == null ? NONE : error))
                .record(outcome.timings().total());
        found(exchange, who, outcome);
        Usage usage = countsTokens ? outcome.usage() : Usage.NONE;
        Duration first = outcome.timings().firstEvent();
        if (stream && first != null) {
            timer("gen_ai.server.time_to_first_token", all).record(first);
            Duration rest = outcome.timings().total().minus(first);
            if (usage.output() > 1) {
                timer("gen_ai.server.time_per_output_token", all).record(rest.dividedBy(usage.output() - 1));
            }
        }
        note(exchange, usage, cost);
        exchange.note("response_type", stream ? "stream" : "normal");
        for (String header : sessionHeaders) {
            String session = exchange.request().headers().get(header);
            if (session != null && !session.isBlank()) {
                exchange.note("session_id", Bounded.of(session, attributes.limit()));
                break;
            }
        }
    }

    /** What other filters found or did. */
    private void found(Exchange exchange, Tags who, Outcome outcome) {
        String cache = exchange.get(Key.CACHE);
        if (cache != null) {
            meters.counter(
                            "sluice.ai.cache",
                            who.and("result", labels.cacheResults().label(cache, MAX_WORDS, true)))
                    .increment();
        }
        String risk = exchange.get(Key.RISK);
        if (risk != null) {
            meters.counter("sluice.ai.risks", who.and("risk", labels.risks().label(risk, MAX_WORDS, true)))
                    .increment();
        }
        // A provider's own 429 is a failed try, and counted as such.
        String source = outcome.source();
        boolean ours = !source.isEmpty()
                && !source.equals(UPSTREAM)
                && outcome.attempts().isEmpty();
        String limit = exchange.get(Key.LIMIT);
        if (limit != null || (ours && outcome.status() == TOO_MANY_REQUESTS)) {
            meters.counter(
                            "sluice.ai.limited",
                            who.and("limit", labels.limits().label(limit == null ? source : limit, MAX_WORDS, true)))
                    .increment();
        }
    }

    /** Hands the attributes on: to the log, and to the span if there is one. */
    void attributes(Exchange exchange, Outcome outcome, Collected collected, @Nullable Trace trace) {
        collected.each(countsTokens ? outcome.usage() : Usage.NONE, (wanted, value) -> {
            if (wanted.log() && wanted.separate()) {
                exchange.log(wanted.key(), value);
            } else if (wanted.log()) {
                exchange.note(wanted.key(), value);
            }
            String spanKey = wanted.spanKey();
            if (trace != null && spanKey != null) {
                trace.set(spanKey, value);
            }
        });
    }

    /** Counts one try; gives what it cost. */
    private double attempt(Tags who, Outcome.Try attempt) {
        Failure failure = attempt.failure();
        Tags tags = who.and(target(attempt));
        String result = failure == null ? "ok" : failure.reason().name().toLowerCase(Locale.ROOT);
        meters.counter("sluice.ai.tries", tags.and("result", result)).increment();
        Usage usage = attempt.usage();
        if (usage == null || !countsTokens) {
            return 0;
        }
        Tags counted = tags.and("estimated", Boolean.toString(usage.estimated()));
        tokens(counted, "input", usage.input());
        tokens(counted, "output", usage.output());
        tokens(counted, "cached_input", usage.cachedInput());
        tokens(counted, "reasoning", usage.reasoning());
        String model = attempt.target().model();
        double cost = model == null ? 0 : prices.cost(model, usage).orElse(0.0);
        if (cost > 0) {
            meters.counter("sluice.ai.cost", tags.and("currency", currency)).increment(cost);
        }
        return cost;
    }

    private void tokens(Tags tags, String type, long count) {
        boolean part = type.equals("cached_input") || type.equals("reasoning");
        if (count > 0 || !part) {
            DistributionSummary.builder("gen_ai.client.token.usage")
                    .tags(tags.and("gen_ai.token.type", type))
                    .register(meters)
                    .record((double) count);
        }
    }

    private Timer timer(String name, Tags tags) {
        return Timer.builder(name).tags(tags).register(meters);
    }

    private Tags target(Outcome.Try attempt) {
        Target target = attempt.target();
        String model = target.model();
        boolean earned = attempt.failure() == null && attempt.usage() != null;
        return target(target.provider(), model == null ? NONE : labels.models().label(model, maxModels, earned));
    }

    private static Tags target(String provider, String model) {
        return Tags.of("gen_ai.provider.name", provider, "gen_ai.request.model", model);
    }

    /** Why the client got no whole answer; null if it did. */
    static @Nullable String error(Outcome outcome) {
        if (outcome.succeeded()) {
            return null;
        }
        if (outcome.cancelled()) {
            return "cancelled";
        }
        List<Outcome.Try> tries = outcome.attempts();
        Failure failure = tries.isEmpty() ? null : tries.get(tries.size() - 1).failure();
        return failure == null
                ? Integer.toString(outcome.status())
                : failure.reason().name().toLowerCase(Locale.ROOT);
    }

    private static void note(Exchange exchange, Usage usage, double cost) {
        if (!usage.equals(Usage.NONE)) {
            exchange.note("input_tokens", usage.input());
            exchange.note("output_tokens", usage.output());
            exchange.note("cached_tokens", usage.cachedInput());
            exchange.note("reasoning_tokens", usage.reasoning());
            exchange.note("estimated", usage.estimated());
        }
        if (cost > 0) {
            exchange.note("cost", cost);
        }
    }
}
