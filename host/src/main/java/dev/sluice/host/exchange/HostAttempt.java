package dev.sluice.host.exchange;

import dev.sluice.api.Attempt;
import dev.sluice.api.Failure;
import dev.sluice.api.Key;
import dev.sluice.api.Outcome;
import dev.sluice.api.Said;
import dev.sluice.api.Target;
import dev.sluice.api.Usage;
import dev.sluice.host.upstream.EndpointUse;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One try as its filters and the outcome see it. */
final class HostAttempt implements Attempt, Outcome.Try {
    private final int number;
    private final Target wanted;
    private final Target target;
    private final boolean resume;
    private final SaidRecorder said;
    private final Said saidBefore;
    private final TryDeadlines deadlines;
    private final @Nullable EndpointUse use;
    private final Instant started = Instant.now();
    private final long startedNanos = System.nanoTime();
    private @Nullable Map<Key<?>, Object> values;
    private @Nullable Usage usage;
    private @Nullable HostFailure failure;
    private long firstEventNanos = -1;
    private long endNanos = -1;

    /**
     * A try.
     *
     * @param use null: it goes to no endpoint of a provider
     */
    HostAttempt(
            int number,
            Target wanted,
            Target target,
            boolean resume,
            SaidRecorder said,
            TryDeadlines deadlines,
            @Nullable EndpointUse use) {
        this.use = use;
        this.number = number;
        this.wanted = wanted;
        this.target = target;
        this.resume = resume;
        this.said = said;
        this.saidBefore = said.said();
        this.deadlines = deadlines;
    }

    /** The target before model mapping and choice of endpoint. */
    Target wanted() {
        return wanted;
    }

    TryDeadlines deadlines() {
        return deadlines;
    }

    void failed(HostFailure why) {
        failure = why;
        if (use != null) {
            use.failed(why);
        }
    }

    void firstEvent() {
        if (firstEventNanos < 0) {
            firstEventNanos = System.nanoTime();
            if (use != null) {
                use.answered(firstEventNanos - startedNanos);
            }
        }
    }

    void ended() {
        if (endNanos < 0) {
            endNanos = System.nanoTime();
            if (use != null) {
                use.end();
            }
        }
    }

    @Override
    public int number() {
        return number;
    }

    @Override
    public Target target() {
        return target;
    }

    @Override
    public boolean isResume() {
        return resume;
    }

    @Override
    public Said said() {
        return failure != null ? said.said() : saidBefore;
    }

    @Override
    public void usage(Usage usage) {
        this.usage = usage;
    }

    @Override
    public @Nullable Usage usage() {
        return usage;
    }

    @Override
    public <T> @Nullable T get(Key<T> key) {
        return values == null ? null : key.type().cast(values.get(key));
    }

    @Override
    public <T> void put(Key<T> key, T value) {
        Map<Key<?>, Object> map = values;
        if (map == null) {
            map = new HashMap<>();
            values = map;
        }
        map.put(key, key.type().cast(value));
    }

    void putAll(Map<Key<?>, ?> keys) {
        keys.forEach(this::putChecked);
    }

    private <T> void putChecked(Key<T> key, Object value) {
        put(key, key.type().cast(value));
    }

    @Override
    public void firstEventWithin(Duration limit) {
        deadlines.firstEventWithin(limit);
    }

    @Override
    public void answerWithin(Duration limit) {
        deadlines.answerWithin(limit);
    }

    @Override
    public void idleWithin(Duration limit) {
        deadlines.idleWithin(limit);
    }

    @Override
    public void totalWithin(Duration limit) {
        deadlines.totalWithin(limit);
    }

    @Override
    public @Nullable Failure failure() {
        return failure;
    }

    @Override
    public Outcome.Timings timings() {
        return HostTimings.of(started, startedNanos, firstEventNanos, endNanos);
    }
}
