package dev.sluice.plugins.cache;

import dev.sluice.api.Scope;
import dev.sluice.api.Usage;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** What is counted. Thread-safe. */
final class Meters {
    private final MeterRegistry meters;
    private final String place;
    private final String currency;

    Meters(Scope scope, String currency) {
        this.meters = scope.meters();
        this.place = scope.chain().route();
        this.currency = currency;
    }

    /** Shows how full the memory is. */
    void watch(Store store) {
        List<Tag> tags = List.of(Tag.of("route", place));
        meters.gauge("sluice.cache.entries", tags, store, Store::entries);
        meters.gauge("sluice.cache.bytes", tags, store, Store::bytes);
    }

    void lookup(String route, Result result) {
        meters.counter("sluice.cache.lookups", "route", route, "result", result.word())
                .increment();
    }

    /** A request has waited for an identical one. */
    void waited(String route, String end) {
        meters.counter("sluice.cache.waits", "route", route, "end", end).increment();
    }

    void stored(String route) {
        meters.counter("sluice.cache.stored", "route", route).increment();
    }

    void notStored(String route, Flaw flaw) {
        meters.counter(
                        "sluice.cache.not.stored",
                        "route",
                        route,
                        "reason",
                        flaw.name().toLowerCase(Locale.ROOT))
                .increment();
    }

    void saved(String route, Usage usage, double cost) {
        saved(route, "input", usage.input());
        saved(route, "output", usage.output());
        if (cost > 0) {
            meters.counter("sluice.cache.saved.cost", "route", route, "currency", currency)
                    .increment(cost);
        }
    }

    private void saved(String route, String type, long tokens) {
        meters.counter("sluice.cache.saved.tokens", "route", route, "type", type)
                .increment((double) tokens);
    }

    /** Shows how many vectors the memory holds. */
    void watch(Semantics semantics) {
        meters.gauge("sluice.cache.vectors", List.of(Tag.of("route", place)), semantics, Semantics::size);
    }

    /** A similar question has been looked for. */
    void semantic(String result) {
        meters.counter("sluice.cache.semantic.lookups", "route", place, "result", result)
                .increment();
    }

    /** A request has waited that long for the look. */
    void semanticTime(Duration time) {
        meters.timer("sluice.cache.semantic.time", "route", place).record(time);
    }

    void similarity(double similarity) {
        meters.summary("sluice.cache.semantic.similarity", "route", place).record(similarity);
    }

    void semanticFailed(String what) {
        meters.counter("sluice.cache.semantic.failures", "route", place, "what", what)
                .increment();
    }

    void storeFailed() {
        meters.counter("sluice.cache.store.failures", "route", place).increment();
    }

    void unreadable() {
        meters.counter("sluice.cache.unreadable", "route", place).increment();
    }
}
