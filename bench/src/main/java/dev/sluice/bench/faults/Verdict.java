package dev.sluice.bench.faults;

import java.time.Duration;

/**
 * What became of a case.
 *
 * @param detail what was wrong, or what the error said
 * @param tries how many requests the primary got
 */
record Verdict(Fault.Seen seen, String detail, int tries, Duration took) {
    static Verdict failed(String detail) {
        return new Verdict(Fault.Seen.FAILED, detail, 0, Duration.ZERO);
    }

    @Override
    public String toString() {
        return seen + " (" + detail + ", " + tries + " tries, " + took.toMillis() + " ms)";
    }
}
