package dev.sluice.plugins.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole numbers and early ends, beside the cosine itself. */
final class CoarseTest {
    private final Random random = new Random(3);

    private Vector near(float[] base, float share) {
        float[] values = new float[base.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = share * base[i] + (1 - share) * (float) random.nextGaussian();
        }
        return Vector.towards(values);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 127, 128, 129, 384, 512, 3072, 65536})
    void itIsTheCosineFromTheLeastOnAndLessBelow(int dimensions) {
        float[] base = new float[dimensions];
        for (int i = 0; i < dimensions; i++) {
            base[i] = (float) random.nextGaussian();
        }
        Vector one = Vector.towards(base);
        for (float share : new float[] {0, 0.3f, 0.6f, 0.8f, 0.95f, 1}) {
            Vector other = near(base, share);
            double exact = 0;
            for (int i = 0; i < dimensions; i++) {
                exact += (double) one.values()[i] * other.values()[i];
            }
            for (double least : new double[] {-1, 0, exact - 0.001, exact + 0.001, 0.9}) {
                double cosine = Coarse.of(one).cosine(Coarse.of(other), least);
                if (exact >= least) {
                    assertThat(cosine).isEqualTo(exact, within(1e-4)).isLessThanOrEqualTo(1);
                } else {
                    assertThat(cosine).isLessThan(least);
                }
            }
        }
        assertThat(Coarse.of(one).cosine(Coarse.of(one), 0.999)).isEqualTo(1, within(1e-9));
    }

    @Test
    void whatHasOtherDimensionsIsNotCompared() {
        Coarse one = Coarse.of(Vector.of(new float[] {1}));
        assertThat(one.cosine(Coarse.of(Vector.of(new float[] {1, 0})), -1)).isNaN();
    }
}
