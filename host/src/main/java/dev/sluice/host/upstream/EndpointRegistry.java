package dev.sluice.host.upstream;

import dev.sluice.host.config.Config.ProviderConfig;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.URI;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/** What is known of all endpoints, kept from one config to the next. Thread-safe. */
public final class EndpointRegistry {

    private record Key(String provider, URI uri) {}

    private final Map<Key, Endpoint> known = new ConcurrentHashMap<>();
    private final MeterRegistry meters;
    private final LongSupplier nanos;

    /**
     * Nothing is known yet.
     *
     * @param nanos the time, as {@link System#nanoTime}
     */
    public EndpointRegistry(MeterRegistry meters, LongSupplier nanos) {
        this.meters = meters;
        this.nanos = nanos;
    }

    /** The endpoints of that provider; those that were known under its name keep what is known of them. */
    public Endpoints of(ProviderConfig provider) {
        List<Endpoint> all = provider.endpoints().stream()
                .distinct()
                .map(uri -> known.computeIfAbsent(
                        new Key(provider.name(), uri), key -> new Endpoint(uri, nanos.getAsLong())))
                .toList();
        Counter ejections = meters.counter("sluice_endpoint_ejections_total", "provider", provider.name());
        return new Endpoints(provider, all, nanos, ejections::increment);
    }

    /** Forgets the endpoints that none of these have. */
    public void keep(Collection<Endpoints> used) {
        Set<Endpoint> kept = new HashSet<>();
        used.forEach(endpoints -> kept.addAll(endpoints.all()));
        known.values().retainAll(kept);
    }
}
