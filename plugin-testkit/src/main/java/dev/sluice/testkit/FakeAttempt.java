package dev.sluice.testkit;

import dev.sluice.api.Attempt;
import dev.sluice.api.Credential;
import dev.sluice.api.Key;
import dev.sluice.api.Said;
import dev.sluice.api.Target;
import dev.sluice.api.Usage;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One try for the unit test of a filter; the first one, unless told. Confined to the test's thread. */
public final class FakeAttempt implements Attempt {
    private final Target target;
    private final Keys keys = new Keys();
    private int number = 1;
    private boolean resume;
    private Said said = Said.NOTHING;
    private @Nullable Usage usage;
    private @Nullable Duration firstEventLimit;
    private @Nullable Duration answerLimit;
    private @Nullable Duration idleLimit;
    private @Nullable Duration totalLimit;

    private FakeAttempt(Target target) {
        this.target = target;
    }

    /** A try of that target. */
    public static FakeAttempt of(Target target) {
        return new FakeAttempt(target);
    }

    /** A try of that provider's model. */
    public static FakeAttempt of(String provider, String model) {
        return new FakeAttempt(Target.of(provider).model(model));
    }

    /** The same, as the try of this number. */
    public FakeAttempt number(int number) {
        this.number = number;
        return this;
    }

    /** The same, with this credential chosen. */
    public FakeAttempt with(Credential credential) {
        credential(credential);
        return this;
    }

    /** The same, after this was said, in it or before it. */
    public FakeAttempt said(Said said) {
        this.said = said;
        return this;
    }

    /** The same, as one that continues what was said. */
    public FakeAttempt resuming(Said said) {
        this.resume = true;
        return said(said);
    }

    /** The strictest limit to its first event; null if none was set. */
    public @Nullable Duration firstEventLimit() {
        return firstEventLimit;
    }

    /** The strictest limit to its whole JSON answer; null if none was set. */
    public @Nullable Duration answerLimit() {
        return answerLimit;
    }

    /** The strictest limit to silence; null if none was set. */
    public @Nullable Duration idleLimit() {
        return idleLimit;
    }

    /** The strictest limit altogether; null if none was set. */
    public @Nullable Duration totalLimit() {
        return totalLimit;
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
        return said;
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
        return keys.get(key);
    }

    @Override
    public <T> void put(Key<T> key, T value) {
        keys.put(key, value);
    }

    @Override
    public void firstEventWithin(Duration limit) {
        firstEventLimit = strictest(firstEventLimit, limit);
    }

    @Override
    public void answerWithin(Duration limit) {
        answerLimit = strictest(answerLimit, limit);
    }

    @Override
    public void idleWithin(Duration limit) {
        idleLimit = strictest(idleLimit, limit);
    }

    @Override
    public void totalWithin(Duration limit) {
        totalLimit = strictest(totalLimit, limit);
    }

    private static Duration strictest(@Nullable Duration one, Duration other) {
        return one == null || other.compareTo(one) < 0 ? other : one;
    }
}
