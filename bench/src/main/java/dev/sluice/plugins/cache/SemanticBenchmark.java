package dev.sluice.plugins.cache;

import dev.sluice.testkit.FakeScope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What it costs to find the nearest of so many vectors of 384 dimensions in one group, and to tell two questions apart. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 3, time = 2)
@Fork(1)
public class SemanticBenchmark {
    private static final int DIMENSIONS = 384;

    @Param({"100", "10000"})
    private int count = 100;

    private final Random random = new Random(7);
    private final double[] common = random.doubles(DIMENSIONS, -1.7, 1.7).toArray();
    private final List<Vector> all = new ArrayList<>();
    private Vectors vectors = memory(1);
    private Vector asked = Vector.of(new float[] {1});

    private static Vectors memory(long most) {
        FakeScope scope = new FakeScope();
        return new MemoryVectors(
                most,
                Duration.ofDays(1),
                new VectorLog(scope.shared(), Duration.ofDays(1), "", error -> {}),
                System::currentTimeMillis);
    }

    /** Questions are mostly about as alike as that: 0.6. */
    private Vector vector() {
        float[] values = new float[DIMENSIONS];
        for (int i = 0; i < DIMENSIONS; i++) {
            values[i] = (float) (Math.sqrt(0.6) * common[i] + Math.sqrt(0.4) * random.nextGaussian());
        }
        return Vector.towards(values);
    }

    /** A group full of vectors. */
    @Setup(Level.Trial)
    public void fill() {
        vectors = memory(count);
        for (int i = 0; i < count; i++) {
            all.add(vector());
            vectors.add(new Question("group", "question " + i), "hash" + i, all.get(i))
                    .toCompletableFuture()
                    .join();
        }
        asked = vector();
    }

    /** The nearest of all. */
    @Benchmark
    public List<Vectors.Near> nearest() {
        return vectors.nearest("group", asked, 0.9, 5).toCompletableFuture().join();
    }

    /** The same with the fractions themselves, each vector to its end: what {@link Coarse} saves. */
    @Benchmark
    public double plainly() {
        double nearest = -1;
        for (Vector vector : all) {
            nearest = Math.max(nearest, plainly(vector.values(), asked.values()));
        }
        return nearest;
    }

    private static float plainly(float[] one, float[] other) {
        float a = 0;
        float b = 0;
        float c = 0;
        float d = 0;
        for (int i = 0; i + 3 < one.length; i += 4) {
            a += one[i] * other[i];
            b += one[i + 1] * other[i + 1];
            c += one[i + 2] * other[i + 2];
            d += one[i + 3] * other[i + 3];
        }
        return a + b + c + d;
    }

    /** What is different in two questions; nothing is. */
    @Benchmark
    public boolean lookalike() {
        return Traits.difference(
                        Traits.of("How do I convert a string to an integer in Python?"),
                        Traits.of("In Python, how can I convert a string to an integer?"))
                == null;
    }
}
