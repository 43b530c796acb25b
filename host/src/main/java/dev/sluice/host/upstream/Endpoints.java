package dev.sluice.host.upstream;

import dev.sluice.api.Failure;
import dev.sluice.host.config.Config.Health;
import dev.sluice.host.config.Config.PassiveHealth;
import dev.sluice.host.config.Config.ProviderConfig;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A provider's endpoints: which of them gets the next try, and which of them are out because of what became of others.
 * Thread-safe.
 */
public final class Endpoints {
    private static final Logger LOG = LoggerFactory.getLogger(Endpoints.class);

    private final ProviderConfig provider;
    private final List<Endpoint> all;
    private final LongSupplier nanos;
    private final Runnable ejection;
    private final AtomicInteger turn = new AtomicInteger();

    /**
     * Those of that provider.
     *
     * @param nanos the time, as {@link System#nanoTime}
     * @param ejection told of each ejection, for its counter
     */
    Endpoints(ProviderConfig provider, List<Endpoint> all, LongSupplier nanos, Runnable ejection) {
        this.provider = provider;
        this.all = all;
        this.nanos = nanos;
        this.ejection = ejection;
    }

    /** All of them, in the config's order. */
    public List<Endpoint> all() {
        return all;
    }

    /** Where that one stands now. */
    public Endpoint.State state(Endpoint endpoint) {
        return endpoint.state(nanos.getAsLong());
    }

    /** How long that one stays ejected; zero if it is not. */
    public Duration ejectedFor(Endpoint endpoint) {
        return endpoint.ejectedFor(nanos.getAsLong());
    }

    /** How many do not get requests. */
    public int out() {
        long now = nanos.getAsLong();
        int out = 0;
        for (Endpoint endpoint : all) {
            if (endpoint.state(now) != Endpoint.State.IN) {
                out++;
            }
        }
        return out;
    }

    /** The soonest that an ejected one may be tried again; null if none is ejected. */
    public @Nullable Duration soonest() {
        long now = nanos.getAsLong();
        return all.stream()
                .filter(Endpoint::isEjected)
                .map(endpoint -> endpoint.ejectedFor(now))
                .min(Duration::compareTo)
                .orElse(null);
    }

    /** The endpoint for the next try; null if all are out, or there is none. Its use ends with {@link EndpointUse#end}. */
    public @Nullable EndpointUse pick() {
        if (all.isEmpty()) {
            return null;
        }
        long now = nanos.getAsLong();
        int first = all.size() == 1 ? 0 : Math.floorMod(turn.getAndIncrement(), all.size());
        Endpoint best = null;
        for (int i = 0; i < all.size(); i++) {
            Endpoint endpoint = all.get((first + i) % all.size());
            switch (endpoint.state(now)) {
                case PROBING -> {
                    if (endpoint.claimProbe()) {
                        return new EndpointUse(this, endpoint, true);
                    }
                }
                case IN -> {
                    if (best == null || isBetter(endpoint, best)) {
                        best = endpoint;
                    }
                }
                default -> {}
            }
        }
        return best == null ? null : new EndpointUse(this, best, false);
    }

    /** A use of the endpoint that a filter chose, in or out; null if it is none of these. */
    public @Nullable EndpointUse use(URI uri) {
        for (Endpoint endpoint : all) {
            if (endpoint.uri().equals(uri)) {
                return new EndpointUse(this, endpoint, false);
            }
        }
        return null;
    }

    private boolean isBetter(Endpoint one, Endpoint best) {
        return switch (provider.loadBalance()) {
            case "least-request" -> one.inFlight() < best.inFlight();
            // What is under way there will be answered first.
            case "latency" -> cost(one) < cost(best);
            default -> false;
        };
    }

    private static double cost(Endpoint endpoint) {
        return (double) endpoint.latency().toNanos() * (endpoint.inFlight() + 1);
    }

    void answered(Endpoint endpoint, boolean probe) {
        PassiveHealth passive = passive();
        if (passive != null && endpoint.succeeded(nanos.getAsLong(), passive, probe)) {
            LOG.info("provider {}: {} is back", provider.name(), endpoint);
        }
    }

    void failed(Endpoint endpoint, boolean probe) {
        PassiveHealth passive = passive();
        if (passive == null || !endpoint.failed(nanos.getAsLong(), passive, probe)) {
            return;
        }
        // Under one lock, so that no two of them are the last that may go.
        synchronized (this) {
            long others = all.stream()
                    .filter(other -> other != endpoint && other.isEjected())
                    .count();
            if ((!endpoint.isEjected() || probe) && (others + 1) * 100 <= (long) passive.maxEjected() * all.size()) {
                Duration out = endpoint.eject(nanos.getAsLong(), passive);
                ejection.run();
                LOG.warn("provider {}: {} is ejected for {} ms", provider.name(), endpoint, out.toMillis());
            } else if (probe) {
                endpoint.releaseProbe();
            }
        }
    }

    private @Nullable PassiveHealth passive() {
        Health health = provider.health();
        return health.passive();
    }

    /** Whether a try's failure is its endpoint's fault, not the request's, the key's or a filter's. */
    public static boolean isBlamed(Failure failure) {
        return switch (failure.reason()) {
            case CONNECT, CONNECT_TIMEOUT, FIRST_EVENT_TIMEOUT, ANSWER_TIMEOUT, IDLE_TIMEOUT, TOTAL_TIMEOUT, BROKEN ->
                true;
            case STATUS, IN_BAND -> failure.status() >= 500;
            default -> false;
        };
    }
}
