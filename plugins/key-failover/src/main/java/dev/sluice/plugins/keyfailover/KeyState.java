package dev.sluice.plugins.keyfailover;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one key, as it is kept in the shared state. Immutable; what happens to a key makes another one, and
 * every change is a function of the state before, so that it can be done again on what another node has written.
 *
 * @param failures without a success in between, while it is in
 * @param successes of probes, while it is out
 * @param steps how often its rest or the wait for its next probe has grown
 * @param since when it got into its condition
 * @param due when its rest ends, or its next probe may be; with {@code IN} without meaning
 * @param detail what was last seen, for operators; may be empty
 */
record KeyState(
        Condition condition,
        @Nullable Trouble trouble,
        int failures,
        int successes,
        int steps,
        Instant since,
        Instant due,
        String detail) {

    /** What a key may be used for. */
    enum Condition {
        /** It is used. */
        IN,
        /** It is not used until its time has come. */
        RESTING,
        /** It is not used until a probe has passed. */
        OUT,
        /** An operator has taken it out, for a time. */
        HELD
    }

    /** Of a key of which nothing bad is known. */
    static final KeyState FRESH = new KeyState(Condition.IN, null, 0, 0, 0, Instant.EPOCH, Instant.EPOCH, "");

    private static final String VERSION = "1";
    private static final int FIELDS = 9;

    /** Whether a try may use it. */
    boolean isHealthy(Instant now) {
        return switch (condition) {
            case IN -> true;
            case RESTING, HELD -> !due.isAfter(now);
            case OUT -> false;
        };
    }

    /** Whether it waits for a probe, and its time has come. */
    boolean wantsProbe(Instant now) {
        return condition == Condition.OUT && !due.isAfter(now);
    }

    /**
     * After a failed try.
     *
     * @param asked how long the provider asked to wait; null if it did not
     * @param random from 0 to 1
     */
    KeyState failed(
            Trouble kind, String seen, @Nullable Duration asked, double random, Instant now, Settings settings) {
        if (!isHealthy(now)) {
            // A try that began before: it tells nothing new, unless for how much longer.
            boolean longer = kind == Trouble.RATE
                    && condition == Condition.RESTING
                    && asked != null
                    && now.plus(asked).isAfter(due);
            return longer
                    ? new KeyState(condition, trouble, failures, successes, steps, since, now.plus(asked), seen)
                    : this;
        }
        if (kind == Trouble.RATE) {
            Duration rest = asked != null && asked.toMillis() > 0 ? asked : shortened(settings.rest(steps), random);
            return new KeyState(Condition.RESTING, kind, failures, 0, steps + 1, now, now.plus(rest), seen);
        }
        int counted = failures + 1;
        if (counted < settings.failureThreshold()) {
            return new KeyState(Condition.IN, kind, counted, 0, steps, now, now, seen);
        }
        Duration wait = settings.checkWait(kind, 0);
        return new KeyState(Condition.OUT, kind, counted, 0, 0, now, now.plus(wait), seen);
    }

    private static Duration shortened(Duration wait, double random) {
        return Duration.ofMillis(Math.max(1, (long) (wait.toMillis() * (1 - random / 2))));
    }

    /** After a try that went well. */
    KeyState succeeded(Instant now) {
        // Of a key that is not in, a try that began before tells nothing.
        return isHealthy(now) ? FRESH : this;
    }

    /** After a probe that passed, or a try of a key that was out which went well all the same. */
    KeyState passed(Instant now, Settings settings) {
        if (condition == Condition.HELD) {
            return this;
        }
        if (condition != Condition.OUT || successes + 1 >= settings.successThreshold()) {
            return FRESH;
        }
        return new KeyState(
                condition,
                trouble,
                failures,
                successes + 1,
                0,
                since,
                now.plus(settings.checkInterval()),
                "a probe has passed");
    }

    /**
     * After a probe that did not pass.
     *
     * @param kind what the answer says of the key; null: nothing
     * @param random from 0 to 1
     */
    KeyState notPassed(
            @Nullable Trouble kind,
            String seen,
            @Nullable Duration asked,
            double random,
            Instant now,
            Settings settings) {
        if (condition != Condition.OUT) {
            return this;
        }
        boolean other = kind != trouble && (kind == Trouble.AUTH || kind == Trouble.QUOTA);
        Trouble is = other ? kind : trouble;
        int failed = other ? 0 : steps + 1;
        Duration wait = shortened(settings.checkWait(is == null ? Trouble.STATUS : is, failed), random / 2);
        Duration longer = asked != null && asked.compareTo(wait) > 0 ? asked : wait;
        return new KeyState(condition, is, failures, successes, failed, since, now.plus(longer), seen);
    }

    /** While a probe of it is under way, so that no other node sends one too. */
    KeyState probed(Instant until) {
        return new KeyState(condition, trouble, failures, successes, steps, since, until, detail);
    }

    /** As an operator wants it; {@link Instant#MAX} as the end for until further notice. */
    static KeyState held(Instant now, Instant until) {
        return new KeyState(Condition.HELD, null, 0, 0, 0, now, until, "an operator rests it");
    }

    /** As it is stored. */
    String text() {
        return String.join(
                "|",
                VERSION,
                condition.name(),
                trouble == null ? "" : trouble.name(),
                Integer.toString(failures),
                Integer.toString(successes),
                Integer.toString(steps),
                since.toString(),
                due.toString(),
                detail);
    }

    /** Of what was stored; {@link #FRESH} of what cannot be read, which another version may have written. */
    static KeyState of(String text) {
        String[] fields = text.split("\\|", FIELDS);
        if (fields.length != FIELDS || !fields[0].equals(VERSION)) {
            return FRESH;
        }
        try {
            return new KeyState(
                    Condition.valueOf(fields[1]),
                    fields[2].isEmpty() ? null : Trouble.valueOf(fields[2]),
                    Integer.parseInt(fields[3]),
                    Integer.parseInt(fields[4]),
                    Integer.parseInt(fields[5]),
                    Instant.parse(fields[6]),
                    Instant.parse(fields[7]),
                    fields[8]);
        } catch (IllegalArgumentException | java.time.DateTimeException e) {
            return FRESH;
        }
    }
}
