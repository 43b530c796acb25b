package dev.sluice.plugins.tokenratelimit;

/** A moving average that begins with an assumption. Safe for all threads. */
final class Average {
    /** Before that many values, the assumption holds. */
    static final int ENOUGH = 8;

    private static final int MEMORY = 100;

    private final double assumed;
    private double average;
    private int count;

    Average(double assumed) {
        this.assumed = assumed;
    }

    synchronized void add(double value) {
        count = Math.min(count + 1, MEMORY);
        average += (value - average) / count;
    }

    synchronized double get() {
        return count < ENOUGH ? assumed : average;
    }
}
