package dev.sluice.host.exchange;

import dev.sluice.api.Outcome;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** When things happened, out of readings of the monotonic clock. */
record HostTimings(Instant started, @Nullable Duration firstEvent, Duration total) implements Outcome.Timings {

    /** From nanosecond readings; -1: has not happened. */
    static HostTimings of(Instant started, long startedNanos, long firstEventNanos, long endNanos) {
        return new HostTimings(
                started,
                firstEventNanos < 0 ? null : Duration.ofNanos(firstEventNanos - startedNanos),
                Duration.ofNanos((endNanos < 0 ? System.nanoTime() : endNanos) - startedNanos));
    }
}
