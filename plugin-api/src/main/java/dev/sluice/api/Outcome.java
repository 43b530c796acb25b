package dev.sluice.api;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How an exchange ended. Immutable. */
public interface Outcome {

    /** The status that the client got; 0 if it left before any. */
    int status();

    /** Whether the client got a whole answer with a status below 400. */
    boolean succeeded();

    /** Whether the client left before the answer was whole. */
    boolean cancelled();

    /** The tries, in order; empty if a filter answered. */
    List<Try> attempts();

    /**
     * The sum of what the tries have reported by now; {@link Usage#NONE} if none did. A filter further down the list may
     * have reported an estimate in its own {@link Filter#onComplete}.
     */
    Usage usage();

    /** The exchange's timings. */
    Timings timings();

    /** Where the answer came from: {@code upstream}, or the name of the filter that replied. */
    String source();

    /** One try. */
    interface Try {

        /** Where it went. */
        Target target();

        /** What it reported; null if nothing. */
        @Nullable
        Usage usage();

        /** Why it failed; null if it did not. */
        @Nullable
        Failure failure();

        /** Its timings. */
        Timings timings();
    }

    /** When things happened. */
    interface Timings {

        /** When it began. */
        Instant started();

        /** From its beginning to the first event, or the answer's head where there are none; null if it never came. */
        @Nullable
        Duration firstEvent();

        /** From its beginning to its end. */
        Duration total();
    }
}
