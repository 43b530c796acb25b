package dev.sluice.plugins.websearch;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;

/** What searching cost and gave. */
final class Counters {
    private final MeterRegistry meters;

    Counters(MeterRegistry meters) {
        this.meters = meters;
    }

    void request(String route, Outcome outcome) {
        meters.counter("sluice.search.requests", "route", route, "result", outcome.word())
                .increment();
    }

    void tokens(String route, int tokens) {
        meters.counter("sluice.search.tokens", "route", route).increment(tokens);
    }

    void rewrite(String route, String result) {
        meters.counter("sluice.search.rewrites", "route", route, "result", result)
                .increment();
    }

    void query(String engine, String result) {
        meters.counter("sluice.search.queries", "engine", engine, "result", result)
                .increment();
    }

    void answered(String engine, Duration time, int results) {
        Timer.builder("sluice.search.duration")
                .tag("engine", engine)
                .register(meters)
                .record(time);
        meters.counter("sluice.search.results", "engine", engine).increment(results);
    }

    /** What became of a request's search, as the answer's header and the metrics say it. */
    enum Outcome {
        /** Results were put before the model. */
        HIT,
        /** Nothing was to be looked for, or nothing was found. */
        NONE,
        /** No engine answered, or the model that decides did not and nothing is done without it. */
        FAILED,
        /** The request was not to be searched for. */
        OFF;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
