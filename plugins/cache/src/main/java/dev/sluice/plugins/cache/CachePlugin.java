package dev.sluice.plugins.cache;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.ConfigException;
import dev.sluice.api.Dialect;
import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.Operation;
import dev.sluice.api.Scope;
import dev.sluice.plugins.cache.Settings.Keying;
import java.util.Map;
import java.util.function.LongSupplier;
import org.pf4j.Extension;

/** {@code cache}: the answer that was given before to the same request. */
@Extension
public final class CachePlugin implements FilterPlugin<CacheConfig> {
    /** Where Higress finds texts in bodies, by default. */
    private static final Map<String, String> PATHS = Map.of(
            "cacheKeyFrom", "messages.@reverse.0.content",
            "cacheValueFrom", "choices.0.message.content",
            "cacheStreamValueFrom", "choices.0.delta.content",
            "cacheToolCallsFrom", "choices.0.delta.content.tool_calls");

    @Override
    public String name() {
        return "cache";
    }

    @Override
    public Class<CacheConfig> configType() {
        return CacheConfig.class;
    }

    @Override
    public ObjectNode normalize(ObjectNode config) {
        PATHS.forEach((field, path) -> {
            if (config.has(field) && !config.path(field).asText().equals(path)) {
                throw new ConfigException(
                        field,
                        "texts are found by the dialect of a request, not by a path: remove it (only Higress's own '"
                                + path + "' is taken)");
            }
            config.remove(field);
        });
        return config;
    }

    @Override
    public FilterFactory open(CacheConfig config, Scope scope) {
        return open(config, scope, System::currentTimeMillis);
    }

    /** As above, with a clock in milliseconds. */
    FilterFactory open(CacheConfig config, Scope scope, LongSupplier clock) {
        Settings settings = Settings.of(config);
        if (config.cache() != null) {
            scope.log()
                    .warn(
                            "cache's own store ({}) is not connected to: answers are kept where the gateway's state:"
                                    + " { redis: … } says, in memory without it. Remove its address once that names"
                                    + " the same Redis",
                            config.cache());
        }
        Meters meters = new Meters(scope, config.currency());
        if (settings.keying() == Keying.NONE) {
            return exchange -> new SkippingFilter(exchange, meters);
        }
        Purges purges = new Purges(scope.shared(), clock);
        Store store = new Store(settings, scope, purges, meters, clock);
        meters.watch(store);
        SemanticSettings similar = settings.semantic();
        Semantics semantics = similar == null ? null : Semantics.open(similar, settings, scope, meters, clock);
        if (semantics != null) {
            meters.watch(semantics);
        }
        Place place = new Place(
                settings,
                new Keys(settings, scope, semantics == null ? null : semantics.name()),
                store,
                semantics,
                new Flights(),
                new Prices(config.prices()),
                meters,
                clock);
        AutoCloseable unused = scope.every(Purges.REST, () -> look(purges, scope));
        Operator.offer(place, purges, scope);
        boolean refreshes = !settings.stale().isZero();
        return exchange -> filter(exchange, place, refreshes);
    }

    private static void look(Purges purges, Scope scope) {
        var unused = purges.refresh().whenComplete((done, error) -> {
            if (error != null) {
                scope.log().debug("the shared state does not say what was purged", error);
            }
        });
    }

    private static Filter filter(Exchange exchange, Place place, boolean refreshes) {
        CacheControl control = CacheControl.of(exchange.request());
        boolean chat = exchange.operation() == Operation.CHAT
                && (exchange.dialect() == Dialect.OPENAI || exchange.dialect() == Dialect.ANTHROPIC);
        if (!chat || control.noStore()) {
            return new SkippingFilter(exchange, place.meters());
        }
        return refreshes && !control.noLookup()
                ? new RefreshingFilter(exchange, place, control)
                : new CacheFilter(exchange, place, control);
    }
}
