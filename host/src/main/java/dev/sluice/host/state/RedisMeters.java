package dev.sluice.host.state;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** What is counted of a shared state on Redis. Thread-safe. */
final class RedisMeters {
    /** What becomes of an operation. */
    enum Result {
        OK,
        /** Redis has refused it, or its connection broke. */
        FAILED,
        /** No answer came in time. */
        TIMEOUT,
        /** It was not sent, since Redis is known to be away. */
        REFUSED
    }

    private record Of(String operation, Result result) {}

    private final MeterRegistry meters;

    /** Held here, since a gauge does not hold what it asks. */
    private final BooleanSupplier up;

    private final Map<Of, Timer> timers = new ConcurrentHashMap<>();

    private final Gauge gauge;

    RedisMeters(MeterRegistry meters, String name, Tags tags, BooleanSupplier up) {
        this.meters = meters;
        this.up = up;
        this.gauge = Gauge.builder(name, this, m -> m.up.getAsBoolean() ? 1 : 0)
                .tags(tags)
                .register(meters);
    }

    void close() {
        meters.remove(gauge);
    }

    void record(String operation, Result result, long nanos) {
        timers.computeIfAbsent(new Of(operation, result), this::timer).record(nanos, TimeUnit.NANOSECONDS);
    }

    private Timer timer(Of of) {
        return Timer.builder("sluice_state_operation_duration")
                .tag("operation", of.operation)
                .tag("result", of.result.name().toLowerCase(Locale.ROOT))
                .register(meters);
    }
}
