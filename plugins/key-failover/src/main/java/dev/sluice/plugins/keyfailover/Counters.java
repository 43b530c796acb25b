package dev.sluice.plugins.keyfailover;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

/** What happens to keys, in numbers. Thread-safe. */
final class Counters {
    private final MeterRegistry meters;
    private final String route;

    Counters(MeterRegistry meters, String route) {
        this.meters = meters;
        this.route = route;
    }

    /** Shows how many of its keys are healthy, and how many are not. */
    void watch(Pool pool) {
        Gauge.builder("sluice.key.failover.keys", pool, Pool::healthy)
                .description("Keys that may be used, and keys that may not")
                .tags("route", route, "provider", pool.provider(), "state", "healthy")
                .register(meters);
        Gauge.builder("sluice.key.failover.keys", pool, p -> p.keys().size() - (double) p.healthy())
                .description("Keys that may be used, and keys that may not")
                .tags("route", route, "provider", pool.provider(), "state", "out")
                .register(meters);
    }

    void failure(Pool pool, Trouble trouble) {
        count("sluice.key.failover.failures", "provider", pool.provider(), "reason", trouble.word());
    }

    void retry(Pool pool) {
        count("sluice.key.failover.retries", "provider", pool.provider());
    }

    /** A try that found no healthy key. */
    void none(Pool pool, boolean tried) {
        count("sluice.key.failover.exhausted", "provider", pool.provider(), "tried", Boolean.toString(tried));
    }

    void probe(Pool pool, String result) {
        count("sluice.key.failover.probes", "provider", pool.provider(), "result", result);
    }

    private void count(String name, String... tags) {
        meters.counter(name, tags).increment();
    }
}
