package dev.sluice.plugins.modelfallback;

import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.Scope;
import dev.sluice.plugins.modelfallback.ModelFallbackConfig.TargetConfig;
import io.micrometer.core.instrument.Gauge;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;
import org.pf4j.Extension;

/** {@code model-fallback}: the chain of last resorts. */
@Extension
public final class ModelFallback implements FilterPlugin<ModelFallbackConfig> {
    private final InstantSource clock;
    private final DoubleSupplier random;

    /** On the system's clock. */
    public ModelFallback() {
        this(InstantSource.system(), () -> ThreadLocalRandom.current().nextDouble());
    }

    ModelFallback(InstantSource clock, DoubleSupplier random) {
        this.clock = clock;
        this.random = random;
    }

    @Override
    public String name() {
        return "model-fallback";
    }

    @Override
    public Class<ModelFallbackConfig> configType() {
        return ModelFallbackConfig.class;
    }

    @Override
    public FilterFactory open(ModelFallbackConfig config, Scope scope) {
        Chains chains = new Chains(config);
        Trigger trigger = new Trigger(config.triggers());
        // Which of them is the route's own shows only with a call.
        Set<String> names = new LinkedHashSet<>(scope.providers().keySet());
        chains.targets().map(TargetConfig::name).forEach(names::add);
        HealthBoard board = new HealthBoard(scope, config.health(), clock, names);
        Prefills prefills = new Prefills(scope);
        names.forEach(prefills::recall);
        FallbackLog log = new FallbackLog(config.logSize(), clock, scope.log());
        Place place = new Place(
                config,
                chains,
                trigger,
                new Ordering(config.maxLatency(), config.budgetPerRequest(), random),
                new Waits(config.backoff(), config.maxWait(), random),
                prefills,
                board,
                log,
                scope.meters(),
                clock);
        scope.show("targets", board::shown);
        scope.show("fallbacks", log::shown);
        scope.action("restore", board::restore);
        Gauge.builder("sluice_fallback_ratio", log, FallbackLog::rate)
                .tag("route", scope.chain().route())
                .register(scope.meters());
        return exchange -> new FallbackFilter(exchange, place);
    }
}
