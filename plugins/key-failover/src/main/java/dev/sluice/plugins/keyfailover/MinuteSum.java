package dev.sluice.plugins.keyfailover;

import java.time.Instant;
import java.util.stream.LongStream;

/** The tokens of about the last minute, in steps of five seconds, and of how many tries. Thread-safe. */
final class MinuteSum {
    private static final int STEPS = 12;
    private static final long STEP_SECONDS = 5;

    private final long[] sums = new long[STEPS];
    private final long[] counts = new long[STEPS];
    private long latest = Long.MIN_VALUE;

    synchronized void add(long amount, Instant now) {
        int at = at(now);
        sums[at] += amount;
        counts[at]++;
    }

    synchronized long sum(Instant now) {
        at(now);
        return LongStream.of(sums).sum();
    }

    /** How many tokens a try has used on average; at least one. */
    synchronized long usual(Instant now) {
        at(now);
        long tries = LongStream.of(counts).sum();
        return tries == 0 ? 1 : Math.max(1, LongStream.of(sums).sum() / tries);
    }

    /** The step of now; those that are over are emptied. */
    private int at(Instant now) {
        long step = now.getEpochSecond() / STEP_SECONDS;
        if (latest == Long.MIN_VALUE) {
            latest = step;
        }
        for (long next = Math.max(latest + 1, step - STEPS + 1); next <= step; next++) {
            sums[(int) (next % STEPS)] = 0;
            counts[(int) (next % STEPS)] = 0;
        }
        latest = Math.max(latest, step);
        return (int) (latest % STEPS);
    }
}
