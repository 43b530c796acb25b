package dev.sluice.plugins.aistatistics;

import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.Operation;
import dev.sluice.api.Scope;
import java.util.EnumSet;
import java.util.Set;
import org.pf4j.Extension;

/** {@code ai-statistics}: counts tokens, time, cost and failures of what goes to models. */
@Extension
public final class AiStatistics implements FilterPlugin<AiStatisticsConfig> {
    private static final Set<Operation> NO_MODEL_WORKS =
            EnumSet.of(Operation.OTHER, Operation.MODELS, Operation.FILES, Operation.BATCHES, Operation.FINE_TUNING);

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
        Statistics statistics = new Statistics(config, scope.meters());
        return exchange -> NO_MODEL_WORKS.contains(exchange.operation())
                ? Filter.PASS
                : new StatisticsFilter(exchange, statistics);
    }
}
