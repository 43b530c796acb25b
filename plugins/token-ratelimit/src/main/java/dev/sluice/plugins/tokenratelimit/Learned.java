package dev.sluice.plugins.tokenratelimit;

import dev.sluice.api.Usage;
import org.jspecify.annotations.Nullable;

/**
 * What requests under a rule have been found to need, by which the next ones are judged: what they usually need, and the
 * most that any of late has needed. Each node learns for itself. Safe for all threads.
 */
final class Learned {
    /** Before that many answers, they are taken to need what was assumed. */
    static final int ENOUGH = 8;

    /** How many times as large as assumed an answer is taken to be at most, until enough have been seen. */
    static final int ASSUMED_MOST = 16;

    private static final double ASSUMED_TIMES = 1.5;
    private static final int MEMORY = 100;

    private final double assumed;
    private final double least;
    private final Peak largest;
    private final Peak beyondAllowance = new Peak(0);
    /** How many times as large as expected inputs were; of little use for a large one, if it was seen with small ones. */
    private final Peak times = new Peak(ASSUMED_TIMES);
    /** By how many tokens they were larger; of little use for a small one, if it was seen with large ones. */
    private final Peak missed = new Peak(Double.MAX_VALUE);

    private double usual;
    private int answers;
    private double rough;
    private double read;
    private int inputs;

    /**
     * Nothing learned so far.
     *
     * @param assumed tokens that an answer needs
     * @param assumedMost tokens that it needs at most, whatever is seen; null: as is seen
     */
    Learned(double assumed, @Nullable Long assumedMost) {
        this.assumed = assumed;
        this.least = assumedMost == null ? 0 : assumedMost;
        this.largest = new Peak(assumedMost == null ? assumed * ASSUMED_MOST : 0);
    }

    /** Tokens of input that a request is expected to need which has that many by a rough count. */
    synchronized double input(double roughly) {
        return inputs < ENOUGH ? roughly : roughly * read / rough;
    }

    /** Tokens by which its input may exceed what is expected. */
    synchronized double inputBeyond(double expected) {
        return Math.min(missed.get(), expected * Math.max(0, times.get() - 1));
    }

    /** Tokens of output that it is expected to need. */
    synchronized double output(Estimate estimate) {
        Long allowance = estimate.allowance();
        return estimate.answers() * (allowance == null ? usual() : allowance.doubleValue());
    }

    /** Tokens by which its output may exceed what is expected. */
    synchronized double outputBeyond(Estimate estimate) {
        return estimate.answers()
                * (estimate.allowance() == null
                        ? Math.max(0, Math.max(least, largest.get()) - usual())
                        : beyondAllowance.get());
    }

    private double usual() {
        return answers < ENOUGH ? assumed : usual;
    }

    /**
     * Takes note of what a request has used that was answered whole.
     *
     * @param expected tokens of input
     */
    synchronized void add(Estimate estimate, double expected, Usage used) {
        if (expected > 0 && used.input() > 0) {
            times.add(used.input() / expected);
            missed.add(Math.max(0, used.input() - expected));
            inputs = Math.min(inputs + 1, MEMORY);
            rough += (estimate.rough() - rough) / inputs;
            read += (used.input() - read) / inputs;
        }
        if (used.output() > 0 && estimate.answers() > 0) {
            double output = (double) used.output() / estimate.answers();
            if (estimate.allowance() == null) {
                largest.add(output);
            } else {
                beyondAllowance.add(Math.max(0, output - estimate.allowance()));
            }
            answers = Math.min(answers + 1, MEMORY);
            usual += (output - usual) / answers;
        }
    }
}
