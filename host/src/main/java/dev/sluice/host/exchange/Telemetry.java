package dev.sluice.host.exchange;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The gateway's own meters. Labels come from the config only, so they are bounded. Thread-safe. */
public final class Telemetry {
    private final MeterRegistry meters;
    private final Map<String, Timer[]> requests = new ConcurrentHashMap<>();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final Map<Meter.Id, ScopeMeters> owners = new HashMap<>();

    /** Meters in that registry. */
    public Telemetry(MeterRegistry meters) {
        this.meters = meters;
        meters.gauge("sluice_requests_in_flight", inFlight);
    }

    /** The registry. */
    public MeterRegistry meters() {
        return meters;
    }

    /**
     * Makes way for a meter that a scope is about to register: one that another scope has registered under that id is
     * removed. One of the gateway's own, or one that all scopes share, stays.
     */
    void take(Meter.Id id, ScopeMeters by) {
        synchronized (owners) {
            ScopeMeters before = owners.get(id);
            if (before == null && isRegistered(id)) {
                return;
            }
            if (before != null) {
                var unused = meters.remove(id);
            }
            owners.put(id, by);
        }
    }

    private boolean isRegistered(Meter.Id id) {
        return meters.find(id.getName()).meters().stream()
                .anyMatch(meter -> meter.getId().equals(id));
    }

    /** Removes the meters that a scope has taken and that no other has taken over since. */
    void give(ScopeMeters by) {
        synchronized (owners) {
            owners.entrySet().removeIf(owned -> {
                boolean own = owned.getValue() == by;
                if (own) {
                    var unused = meters.remove(owned.getKey());
                }
                return own;
            });
        }
    }

    void begun() {
        inFlight.incrementAndGet();
    }

    /** An exchange has ended; {@code status} 0: the client left before any. */
    void ended(String route, boolean internal, int status, long nanos) {
        inFlight.decrementAndGet();
        Timer[] byClass = requests.computeIfAbsent(internal ? route + " internal" : route, r -> new Timer[6]);
        int statusClass = Math.min(5, Math.max(0, status / 100));
        Timer timer = byClass[statusClass];
        if (timer == null) {
            timer = Timer.builder("sluice_request_duration")
                    .tag("route", route)
                    .tag("internal", Boolean.toString(internal))
                    .tag("status", statusClass == 0 ? "cancelled" : statusClass + "xx")
                    .register(meters);
            byClass[statusClass] = timer;
        }
        timer.record(nanos, TimeUnit.NANOSECONDS);
    }

    void filterFailed(String filter, String hook) {
        meters.counter("sluice_filter_failures_total", "filter", filter, "hook", hook)
                .increment();
    }
}
