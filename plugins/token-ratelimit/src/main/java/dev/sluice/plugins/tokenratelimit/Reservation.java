package dev.sluice.plugins.tokenratelimit;

/**
 * What one request takes of a rule before it is answered, in what the rule counts. Immutable.
 *
 * @param asked what it is expected to cost, for which there must be room
 * @param held what it may cost, for which there is no room for others while it is under way; at least {@code asked}
 * @param input tokens of input that were expected
 */
record Reservation(long asked, long held, double input) {
    static final Reservation NONE = new Reservation(0, 0, 0);

    /** What is held beyond what was asked. */
    long beyond() {
        return held - asked;
    }
}
