package dev.sluice.plugins.cache;

import com.fasterxml.jackson.databind.JsonNode;
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
import java.util.List;
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

    private static final List<String> OWN = List.of("cacheTTL", "cacheKeyPrefix");

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
        if (config.get("redis") instanceof ObjectNode redis) {
            higress(config, redis);
        }
        return config;
    }

    /** What Higress writes beside the address of its Redis is the filter's own; how to reach it is the host's. */
    private static void higress(ObjectNode config, ObjectNode redis) {
        JsonNode type = redis.remove("type");
        if (type != null && !type.asText().equals("redis")) {
            throw new ConfigException(
                    "redis.type", "'" + type.asText() + "' is not connected to: the only kind of store is redis");
        }
        for (String field : OWN) {
            JsonNode value = redis.remove(field);
            if (value != null && config.has(field)) {
                throw new ConfigException("redis." + field, "given beside 'redis', too: keep one");
            }
            if (value != null) {
                config.set(field, value);
            }
        }
        JsonNode timeout = redis.get("timeout");
        if (timeout != null && !config.has("storeTimeout")) {
            config.put("storeTimeout", timeout.isNumber() ? timeout.asText() + "ms" : timeout.asText());
        }
    }

    @Override
    public FilterFactory open(CacheConfig config, Scope scope) {
        return open(config, scope, System::currentTimeMillis);
    }

    /** As above, with a clock in milliseconds. */
    FilterFactory open(CacheConfig config, Scope scope, LongSupplier clock) {
        Settings settings = Settings.of(config);
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
