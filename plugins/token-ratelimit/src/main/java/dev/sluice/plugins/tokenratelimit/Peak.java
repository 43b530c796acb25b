package dev.sluice.plugins.tokenratelimit;

/** The largest value of late: of the last {@value #MEMORY} to twice as many. Confined to a lock of its owner. */
final class Peak {
    /** Before that many values, the assumption holds too: so few do not tell how large one may be. */
    static final int ENOUGH = 32;

    private static final int MEMORY = 128;

    private final double assumed;
    private double before;
    private double now;
    private int count;
    private boolean knows;

    Peak(double assumed) {
        this.assumed = assumed;
    }

    void add(double value) {
        now = Math.max(now, value);
        count++;
        knows |= count >= ENOUGH;
        if (count == MEMORY) {
            before = now;
            now = 0;
            count = 0;
        }
    }

    double get() {
        double seen = Math.max(before, now);
        return knows ? seen : Math.max(seen, assumed);
    }
}
