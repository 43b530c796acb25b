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
}
