package dev.sluice.swap;

import java.time.Duration;

/**
 * How hard a test works: briefly in every build, and in full under the profile {@code soak}.
 *
 * @param full whether figures are printed and times are judged
 * @param streams slow streams at a time
 * @param perSecond short requests
 * @param slowPath a stream of twenty events, and its pace
 */
record Load(boolean full, int streams, int perSecond, String slowPath) {

    /** Generous: only whether it happens is judged. */
    static final Duration PATIENCE = Duration.ofSeconds(30);

    /** As the build says. */
    static Load ofThisBuild() {
        return Boolean.getBoolean("sluice.soak")
                ? new Load(true, 200, 500, "/slow/100")
                : new Load(false, 30, 100, "/slow/25");
    }

    /** Tells how far it is, on a long run. */
    void progress(String format, Object... args) {
        if (full) {
            System.out.printf(format + "%n", args);
        }
    }
}
