package dev.sluice.plugins.modelfallback;

import dev.sluice.api.Operation;
import dev.sluice.plugins.modelfallback.ModelFallbackConfig.Served;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;

/** What all calls through one place of one chain share. */
record Place(
        ModelFallbackConfig config,
        Chains chains,
        Trigger trigger,
        Ordering ordering,
        Waits waits,
        Prefills prefills,
        HealthBoard board,
        FallbackLog log,
        MeterRegistry meters,
        InstantSource clock) {

    /** Whether another model may be asked for that. */
    boolean serves(Operation operation) {
        return switch (operation) {
            case CHAT -> config.operations().contains(Served.CHAT);
            case EMBEDDINGS -> config.operations().contains(Served.EMBEDDINGS);
            case IMAGES -> config.operations().contains(Served.IMAGES);
            case AUDIO -> config.operations().contains(Served.AUDIO);
            case MODERATIONS -> config.operations().contains(Served.MODERATIONS);
            case RERANK -> config.operations().contains(Served.RERANK);
            default -> false;
        };
    }

    void countFallback(String route, Candidate from, Candidate to, String reason) {
        meters.counter("sluice_fallbacks_total", "route", route, "from", from.name(), "to", to.name(), "reason", reason)
                .increment();
    }

    void countRetry(String route, String target, String reason) {
        meters.counter("sluice_fallback_retries_total", "route", route, "target", target, "reason", reason)
                .increment();
    }

    void countResume(String route, Candidate to, String how) {
        meters.counter("sluice_fallback_resumes_total", "route", route, "target", to.name(), "how", how)
                .increment();
    }
}
