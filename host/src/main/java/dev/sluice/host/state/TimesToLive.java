package dev.sluice.host.state;

import java.time.Duration;

/** What every store asks of a time to live. */
final class TimesToLive {
    private static final long LONGEST_MILLIS = 1L << 46;

    private TimesToLive() {}

    /**
     * Returns it.
     *
     * @throws IllegalArgumentException unless it is more than zero
     */
    static Duration positive(Duration ttl) {
        if (ttl.isNegative() || ttl.isZero()) {
            throw new IllegalArgumentException("a time to live must be positive, not " + ttl);
        }
        return ttl;
    }

    /** In whole milliseconds, at least one; two thousand years for what is longer. */
    static long millis(Duration ttl) {
        Duration positive = positive(ttl);
        if (positive.toSeconds() >= LONGEST_MILLIS / 1000) {
            return LONGEST_MILLIS;
        }
        return positive.plusNanos(999_999).toMillis();
    }
}
