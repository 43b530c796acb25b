package dev.sluice.plugins.cache;

/**
 * A vector of length 1 as many are compared with one: of whole numbers, whose products the JIT adds up several at once,
 * which it may not do with fractions. Off by less than 0.0001. Immutable.
 */
final class Coarse {
    /** No sum of products of two vectors of length 1 is more than an int holds. */
    private static final float ONE = 1 << 15;

    private static final int PART = 128;

    /** Far less than a step. */
    private static final double SLACK = 1e-9;

    private final int[] steps;

    /** How long what is left of the vector is where each part begins. */
    private final double[] left;

    private Coarse(int[] steps, double[] left) {
        this.steps = steps;
        this.left = left;
    }

    static Coarse of(Vector vector) {
        float[] values = vector.values();
        int[] steps = new int[values.length];
        double[] left = new double[(values.length + PART - 1) / PART];
        double square = 0;
        for (int i = values.length - 1; i >= 0; i--) {
            steps[i] = Math.round(values[i] * ONE);
            square += (double) steps[i] * steps[i];
            if (i % PART == 0) {
                left[i / PART] = Math.sqrt(square);
            }
        }
        return new Coarse(steps, left);
    }

    /** The cosine of the angle between the two, if it is at least that; else less than that, or not a number. */
    double cosine(Coarse other, double least) {
        if (steps.length != other.steps.length) {
            return Double.NaN;
        }
        double whole = left[0] * other.left[0];
        double enough = (least - SLACK) * whole;
        int sum = 0;
        for (int part = 0; part < left.length; part++) {
            // Most are told apart by their beginnings: the rest adds no more than the product of its lengths.
            if (sum + left[part] * other.left[part] < enough) {
                return Double.NEGATIVE_INFINITY;
            }
            sum += product(steps, other.steps, part * PART, Math.min(steps.length, (part + 1) * PART));
        }
        return Math.min(1, sum / whole);
    }

    private static int product(int[] one, int[] other, int from, int to) {
        int sum = 0;
        for (int i = from; i < to; i++) {
            sum += one[i] * other[i];
        }
        return sum;
    }
}
