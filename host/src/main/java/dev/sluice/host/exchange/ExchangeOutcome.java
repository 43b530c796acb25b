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
        HostTimings timings,
        String source)
        implements Outcome {

    /** Of what the tries have reported by now: a filter may still report while the exchange completes. */
    @Override
    public Usage usage() {
        Usage sum = Usage.NONE;
        for (Outcome.Try attempt : attempts) {
            Usage used = attempt.usage();
            if (used != null) {
                sum = sum.plus(used);
            }
        }
        return sum;
    }

    long nanos() {
        return timings.total().toNanos();
    }
}
