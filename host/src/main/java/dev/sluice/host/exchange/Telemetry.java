package dev.sluice.host.exchange;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The gateway's own meters. Labels come from the config only, so they are bounded. Thread-safe. */
public final class Telemetry {
    private final MeterRegistry meters;
    private final Map<String, Timer[]> requests = new ConcurrentHashMap<>();
    private final AtomicInteger inFlight = new AtomicInteger();

    /** Meters in that registry. */
    public Telemetry(MeterRegistry meters) {
        this.meters = meters;
        meters.gauge("sluice_requests_in_flight", inFlight);
    }

    /** The registry. */
    public MeterRegistry meters() {
        return meters;
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
