package dev.sluice.testkit;

import dev.sluice.api.Failure;
import dev.sluice.api.Outcome;
import dev.sluice.api.Target;
import dev.sluice.api.Usage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How an exchange ended, for the unit test of a filter: begun at {@link FakeClock#START}, first event after 200 ms, over
 * after 1 s, unless told.
 */
public final class FakeOutcome implements Outcome {
    private final int status;
    private final boolean succeeded;
    private final boolean cancelled;
    private final List<Try> attempts = new ArrayList<>();
    private Usage usage = Usage.NONE;
    private Timings timings = new FakeTimings(FakeClock.START, Duration.ofMillis(200), Duration.ofSeconds(1));
    private String source = "upstream";

    private FakeOutcome(int status, boolean succeeded, boolean cancelled) {
        this.status = status;
        this.succeeded = succeeded;
        this.cancelled = cancelled;
    }

    /** A whole answer with status 200. */
    public static FakeOutcome success() {
        return new FakeOutcome(200, true, false);
    }

    /** An answer with that status, or a cut one if it is below 400. */
    public static FakeOutcome failure(int status) {
        return new FakeOutcome(status, false, false);
    }

    /** The client left; with 0 before the head. */
    public static FakeOutcome cancellation(int status) {
        return new FakeOutcome(status, false, true);
    }

    /** The same, with one more try, whose usage is added to the exchange's. */
    public FakeOutcome attempt(Target target, @Nullable Usage used, @Nullable Failure failure) {
        attempts.add(new FakeTry(target, used, failure, timings));
        usage = used == null ? usage : usage.plus(used);
        return this;
    }

    /** The same, with this usage in all. */
    public FakeOutcome usage(Usage usage) {
        this.usage = usage;
        return this;
    }

    /** The same, with these timings, of the tries added from now on too; null if a first event never came. */
    public FakeOutcome took(@Nullable Duration firstEvent, Duration total) {
        timings = new FakeTimings(FakeClock.START, firstEvent, total);
        return this;
    }

    /** The same, as the reply of that filter. */
    public FakeOutcome from(String filter) {
        source = filter;
        return this;
    }

    @Override
    public int status() {
        return status;
    }

    @Override
    public boolean succeeded() {
        return succeeded;
    }

    @Override
    public boolean cancelled() {
        return cancelled;
    }

    @Override
    public List<Try> attempts() {
        return List.copyOf(attempts);
    }

    @Override
    public Usage usage() {
        return usage;
    }

    @Override
    public Timings timings() {
        return timings;
    }

    @Override
    public String source() {
        return source;
    }

    private record FakeTry(
            Target target, @Nullable Usage usage, @Nullable Failure failure, Timings timings) implements Try {}

    private record FakeTimings(Instant started, @Nullable Duration firstEvent, Duration total) implements Timings {}
}
