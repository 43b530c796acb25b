package dev.sluice.bench.faults;

import java.time.Duration;

/**
 * How long the faults last and what waits for them.
 *
 * @param settings of model-fallback, each with a comma before it
 * @param stall how long a slow provider says nothing
 * @param outage how long one is down before it is well again
 * @param back how long after that it may take until it is asked again
 * @param limit how long a call may take in all
 */
record Timing(String settings, Duration stall, Duration outage, Duration back, Duration limit) {
    /** The filter's own defaults. */
    static final Timing FULL = new Timing(
            "", Duration.ofSeconds(20), Duration.ofMinutes(1), Duration.ofSeconds(12), Duration.ofSeconds(75));

    /** For every build. */
    static final Timing SHORT = new Timing(
            ", firstEventTimeout: 1500ms, idleTimeout: 1500ms, answerTimeout: 1500ms, backoff: 20ms,"
                    + " health: { baseEjection: 300ms, maxEjection: 300ms }",
            Duration.ofSeconds(6),
            Duration.ofSeconds(1),
            Duration.ofSeconds(5),
            Duration.ofSeconds(20));
}
