package dev.sluice.plugins.aistatistics;

import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.Operation;
import dev.sluice.api.Scope;
import dev.sluice.plugins.aistatistics.AiStatisticsConfig.Otlp;
import dev.sluice.plugins.aistatistics.Tracer.Trace;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pf4j.Extension;

/** {@code ai-statistics}: counts tokens, time, cost and failures of what goes to models. */
@Extension
public final class AiStatistics implements FilterPlugin<AiStatisticsConfig> {
    private static final Set<Operation> NO_MODEL_WORKS =
            EnumSet.of(Operation.OTHER, Operation.MODELS, Operation.FILES, Operation.BATCHES, Operation.FINE_TUNING);

    private final Labels labels = new Labels();

    @Override
    public String name() {
        return "ai-statistics";
    }

    @Override
    public Class<AiStatisticsConfig> configType() {
        return AiStatisticsConfig.class;
    }

    @Override
    public FilterFactory open(AiStatisticsConfig config, Scope scope) {
        Statistics statistics = new Statistics(config, scope.meters(), labels);
        Otlp otlp = config.otlp();
        Tracer tracer = otlp == null ? null : new Tracer(otlp, SpanExporter.open(scope, otlp));
        boolean reads = statistics.attributes().readBodies();
        List<String> suffixes = config.enablePathSuffixes();
        return exchange -> {
            if (NO_MODEL_WORKS.contains(exchange.operation()) || !ends(exchange, suffixes)) {
                return Filter.PASS;
            }
            return filter(exchange, statistics, reads, tracer == null ? null : tracer.begin(exchange));
        };
    }

    private static boolean ends(Exchange exchange, List<String> suffixes) {
        return suffixes.isEmpty()
                || suffixes.contains("*")
                || suffixes.stream().anyMatch(exchange.request().path()::endsWith);
    }

    private static Filter filter(Exchange exchange, Statistics statistics, boolean reads, @Nullable Trace trace) {
        if (trace == null) {
            return reads
                    ? new StatisticsFilter.Reading(exchange, statistics, null)
                    : new StatisticsFilter(exchange, statistics, null);
        }
        return reads
                ? new StatisticsFilter.ReadingAndTracing(exchange, statistics, trace)
                : new StatisticsFilter.Tracing(exchange, statistics, trace);
    }
}
