package dev.sluice.host.exchange;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Measurement;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The meters of one scope, each of which is one of the gateway's. Counters and timers hold numbers, are shared with other
 * scopes and go on without this one; what calls code of the plugin belongs to the scope that registered it last, so
 * that a successor takes it over while its predecessor drains. Thread-safe.
 */
final class ScopeMeters extends CompositeMeterRegistry {
    private final Telemetry telemetry;

    ScopeMeters(Telemetry telemetry) {
        this.telemetry = telemetry;
        add(telemetry.meters());
    }

    @Override
    protected <T> Gauge newGauge(Meter.Id id, @Nullable T object, ToDoubleFunction<T> value) {
        telemetry.take(id, this);
        return super.newGauge(id, object, value);
    }

    @Override
    protected <T> TimeGauge newTimeGauge(Meter.Id id, @Nullable T object, TimeUnit unit, ToDoubleFunction<T> value) {
        telemetry.take(id, this);
        return super.newTimeGauge(id, object, unit, value);
    }

    @Override
    protected <T> FunctionCounter newFunctionCounter(Meter.Id id, T object, ToDoubleFunction<T> count) {
        telemetry.take(id, this);
        return super.newFunctionCounter(id, object, count);
    }

    @Override
    protected <T> FunctionTimer newFunctionTimer(
            Meter.Id id, T object, ToLongFunction<T> count, ToDoubleFunction<T> total, TimeUnit unit) {
        telemetry.take(id, this);
        return super.newFunctionTimer(id, object, count, total, unit);
    }

    @Override
    protected Meter newMeter(Meter.Id id, Meter.Type type, Iterable<Measurement> measurements) {
        telemetry.take(id, this);
        return super.newMeter(id, type, measurements);
    }

    @Override
    public void close() {
        telemetry.give(this);
        // What belongs to it when it closes is closed with it, and a closed registry takes no new meters.
        remove(telemetry.meters());
        super.close();
    }
}
