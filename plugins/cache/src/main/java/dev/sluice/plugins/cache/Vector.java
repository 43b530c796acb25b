package dev.sluice.plugins.cache;

/** A vector of length 1. Immutable, if its maker lets go of the array. */
final class Vector {
    private final float[] values;

    private Vector(float[] values) {
        this.values = values;
    }

    /** One of length 1 already. */
    static Vector of(float[] values) {
        return new Vector(values);
    }

    /**
     * One in the direction of that one.
     *
     * @throws IllegalStateException if it has none
     */
    static Vector towards(float[] values) {
        double square = 0;
        for (float x : values) {
            square += (double) x * x;
        }
        double length = Math.sqrt(square);
        if (!(length > 0) || Double.isInfinite(length)) {
            throw new IllegalStateException("the embedding is a vector without a direction");
        }
        float[] one = new float[values.length];
        for (int i = 0; i < one.length; i++) {
            one[i] = (float) (values[i] / length);
        }
        return new Vector(one);
    }

    /** Its numbers; not to be changed. */
    float[] values() {
        return values;
    }

    int dimensions() {
        return values.length;
    }

    /** The cosine of the angle between the two; not a number if they have not as many dimensions. */
    double cosine(Vector vector) {
        float[] other = vector.values;
        if (values.length != other.length) {
            return Double.NaN;
        }
        // Four sums, which the processor works out at once.
        float a = 0;
        float b = 0;
        float c = 0;
        float d = 0;
        int i = 0;
        for (; i + 3 < values.length; i += 4) {
            a += values[i] * other[i];
            b += values[i + 1] * other[i + 1];
            c += values[i + 2] * other[i + 2];
            d += values[i + 3] * other[i + 3];
        }
        for (; i < values.length; i++) {
            a += values[i] * other[i];
        }
        return Math.min(1, (double) a + b + c + d);
    }
}
