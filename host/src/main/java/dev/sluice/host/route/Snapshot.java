package dev.sluice.host.route;

import dev.sluice.host.config.Config;
import dev.sluice.host.plugin.PluginGeneration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The world that a request sees from its arrival to its end: the routes with their opened chains, the providers, and the
 * plugin generations they came from. Immutable but for the count of exchanges that have pinned it.
 */
public final class Snapshot {

    /** Added to the count while the snapshot is not retired, so that it reaches zero only afterwards. */
    private static final long CURRENT = 1;

    private final long number;
    private final Config config;
    private final RouteTable routes;
    private final Map<String, HostProvider> providers;
    private final List<PluginGeneration> generations;
    private final Runnable release;
    private final AtomicLong pins = new AtomicLong(CURRENT);
    private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
    private final Instant since = Instant.now();
    private volatile boolean retired;

    /**
     * A snapshot.
     *
     * @param number counts up from 1 with each one published
     * @param release called once, on any thread, when it is retired and its last exchange has ended
     */
    public Snapshot(
            long number,
            Config config,
            RouteTable routes,
            Map<String, HostProvider> providers,
            List<PluginGeneration> generations,
            Runnable release) {
        this.number = number;
        this.config = config;
        this.routes = routes;
        this.providers = Map.copyOf(providers);
        this.generations = List.copyOf(generations);
        this.release = release;
    }

    /** Counts up from 1 with each one published. */
    public long number() {
        return number;
    }

    /** The config it was built from. */
    public Config config() {
        return config;
    }

    /** The routes. */
    public RouteTable routes() {
        return routes;
    }

    /** The provider of that name, or null. */
    public @Nullable HostProvider provider(String name) {
        return providers.get(name);
    }

    /** The providers by name; unmodifiable. */
    public Map<String, HostProvider> providers() {
        return providers;
    }

    /** The generations its filters came from; unmodifiable. */
    public List<PluginGeneration> generations() {
        return generations;
    }

    /** How many exchanges have pinned it. */
    public long inFlight() {
        long count = pins.get();
        return retired ? count : count - CURRENT;
    }

    /** When it was built. */
    public Instant since() {
        return since;
    }

    /**
     * Pins it for one exchange.
     *
     * @return false if it was retired and let go in between: take the current one
     */
    public boolean pin() {
        long count;
        do {
            count = pins.get();
            if (count == 0) {
                return false;
            }
        } while (!pins.compareAndSet(count, count + 1));
        return true;
    }

    /** Ends one pin. */
    public void unpin() {
        if (pins.decrementAndGet() == 0) {
            release.run();
            ended.complete(null);
        }
    }

    /** Completes when it is retired and its last exchange has ended. */
    public CompletableFuture<@Nullable Void> ended() {
        return ended;
    }

    /** Says that no new exchange will pin it; called once. */
    public void retire() {
        retired = true;
        unpin();
    }
}
