package dev.sluice.plugins.modelfallback;

import java.time.Duration;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/** How long to wait before the same target is asked again. Immutable. */
final class Waits {
    private final Duration base;
    private final Duration most;
    private final DoubleSupplier random;

    /**
     * Waits.
     *
     * @param random from 0 to 1
     */
    Waits(Duration base, Duration most, DoubleSupplier random) {
        this.base = base;
        this.most = most;
        this.random = random;
    }

    /**
     * Before the retry of that number, from 0: what the target asked for, else a random time up to a bound that doubles
     * each time, so that callers who failed together do not come back together.
     *
     * @param asked by the target; null: it did not
     * @return null: the target asks for more than may be waited
     */
    @Nullable
    Duration before(int retry, @Nullable Duration asked) {
        if (asked != null) {
            return asked.compareTo(most) > 0 ? null : asked;
        }
        double bound = Math.min((double) most.toMillis(), base.toMillis() * 2.0 * Math.pow(2, retry));
        return Duration.ofMillis((long) (bound * random.getAsDouble()));
    }
}
