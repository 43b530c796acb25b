package dev.sluice.plugins.keyfailover;

import dev.sluice.api.ConfigException;
import dev.sluice.api.Provider;
import dev.sluice.api.Scope;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The pools of one place, by provider: those that its route names from the start, others when they are first picked. */
final class Pools {
    /** After this time at the latest, what one place or node has found out is known to all. */
    static final Duration FRESHNESS = Duration.ofSeconds(1);

    private static final Duration FIRST_LOOK = Duration.ofSeconds(2);

    private final Map<String, Optional<Pool>> pools = new ConcurrentHashMap<>();
    private final Settings settings;
    private final Scope scope;
    private final Map<String, Provider> providers;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Counters counters;

    Pools(Settings settings, Scope scope, InstantSource clock, RandomGenerator random) {
        this.settings = settings;
        this.scope = scope;
        this.providers = scope.providers();
        this.clock = clock;
        this.random = random;
        this.counters = new Counters(scope.meters(), scope.chain().route());
    }

    Counters counters() {
        return counters;
    }

    /**
     * Opens the pool of a provider that has keys, with what is known of them; may block.
     *
     * @throws ConfigException if no model is named to probe it with
     */
    void open(String name) {
        Provider provider = providers.get(name);
        if (provider == null || provider.credentials().isEmpty()) {
            return;
        }
        String model = settings.checkModel(name);
        if (model == null) {
            throw new ConfigException(
                    "healthCheckModel",
                    "is missing: name a cheap model of provider '" + name
                            + "', which is asked whether a key works again");
        }
        Pool pool = make(provider, model);
        try {
            pool.refresh().toCompletableFuture().get(FIRST_LOOK.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            scope.log().warn("the shared state of provider {}'s keys was not read in time", name);
        }
        pools.put(name, Optional.of(pool));
    }

    /** The pool of that provider; null if its keys are none of ours: it has none, or no model to probe them with. */
    @Nullable
    Pool of(String provider) {
        Optional<Pool> known = pools.get(provider);
        return (known != null ? known : pools.computeIfAbsent(provider, this::late)).orElse(null);
    }

    private Optional<Pool> late(String name) {
        Provider provider = providers.get(name);
        String model = settings.checkModel(name);
        if (provider == null || provider.credentials().isEmpty()) {
            return Optional.empty();
        }
        if (model == null) {
            scope.log()
                    .warn(
                            "keys of provider {} are not watched: healthCheckModels names no model to probe them with",
                            name);
            return Optional.empty();
        }
        Pool pool = make(provider, model);
        var unused = pool.refresh();
        return Optional.of(pool);
    }

    private Pool make(Provider provider, String model) {
        Pool pool = new Pool(provider, model, settings, clock, random, scope.shared(), scope.log());
        scope.every(FRESHNESS, pool::refresh);
        scope.everyOnOneNode(
                "probe/" + provider.name(), settings.checkInterval(), new Prober(pool, settings, scope, counters));
        counters.watch(pool);
        return pool;
    }

    /** All that are open, by name. */
    Collection<Pool> all() {
        Map<String, Pool> open = new TreeMap<>();
        pools.forEach((name, pool) -> pool.ifPresent(p -> open.put(name, p)));
        return open.values();
    }
}
