package dev.sluice.host.exchange;

import dev.sluice.api.Outcome;
import dev.sluice.api.Usage;
import java.util.List;

/** How an exchange ended. */
record ExchangeOutcome(
        int status,
        boolean succeeded,
        boolean cancelled,
        List<Outcome.Try> attempts,
        Usage usage,
        HostTimings timings,
        String source)
        implements Outcome {

    long nanos() {
        return timings.total().toNanos();
    }
}
