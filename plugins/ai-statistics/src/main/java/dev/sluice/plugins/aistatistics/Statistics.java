package dev.sluice.plugins.aistatistics;

import dev.sluice.api.Exchange;
import dev.sluice.api.Failure;
import dev.sluice.api.Key;
import dev.sluice.api.Outcome;
import dev.sluice.api.Target;
import dev.sluice.api.Usage;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The meters. Their names and labels are OpenTelemetry's for generative AI (semantic conventions, "Generative AI
 * metrics") where it has one. Thread-safe.
 */
final class Statistics {
    private static final String NONE = "none";

    private final MeterRegistry meters;
    private final Prices prices;
    private final String currency;
    private final BoundedNames models;
    private final BoundedNames consumers;

    Statistics(AiStatisticsConfig config, MeterRegistry meters) {
        this.meters = meters;
        this.prices = new Prices(config.prices());
        this.currency = config.currency();
        this.models = new BoundedNames(config.maxModels());
        this.consumers = new BoundedNames(config.maxConsumers());
    }

    void record(Exchange exchange, Outcome outcome, boolean stream) {
        String consumer = exchange.get(Key.CONSUMER);
        Tags who = Tags.of(
                "route",
                exchange.route(),
                "consumer",
                consumer == null ? NONE : consumers.label(consumer, true),
                "gen_ai.operation.name",
                exchange.operation().name().toLowerCase(Locale.ROOT));
        double cost = 0;
        for (Outcome.Try attempt : outcome.attempts()) {
            cost += attempt(who, attempt);
        }
        List<Outcome.Try> tries = outcome.attempts();
        Outcome.Try last = tries.isEmpty() ? null : tries.get(tries.size() - 1);
        Tags all = last == null ? who.and(target(NONE, NONE)) : who.and(target(last));
        timer("gen_ai.server.request.duration", all.and("error.type", error(outcome, last)))
                .record(outcome.timings().total());
        Usage usage = outcome.usage();
        Duration first = outcome.timings().firstEvent();
        if (stream && first != null) {
            timer("gen_ai.server.time_to_first_token", all).record(first);
            Duration rest = outcome.timings().total().minus(first);
            if (usage.output() > 1) {
                timer("gen_ai.server.time_per_output_token", all).record(rest.dividedBy(usage.output() - 1));
            }
        }
        note(exchange, usage, cost);
    }

    /** Counts one try; gives what it cost. */
    private double attempt(Tags who, Outcome.Try attempt) {
        Failure failure = attempt.failure();
        Tags tags = who.and(target(attempt));
        String result = failure == null ? "ok" : failure.reason().name().toLowerCase(Locale.ROOT);
        meters.counter("sluice.ai.tries", tags.and("result", result)).increment();
        Usage usage = attempt.usage();
        if (usage == null) {
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
        return target(target.provider(), model == null ? NONE : models.label(model, earned));
    }

    private static Tags target(String provider, String model) {
        return Tags.of("gen_ai.provider.name", provider, "gen_ai.request.model", model);
    }

    private static String error(Outcome outcome, Outcome.@Nullable Try last) {
        if (outcome.succeeded()) {
            return NONE;
        }
        if (outcome.cancelled()) {
            return "cancelled";
        }
        Failure failure = last == null ? null : last.failure();
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
