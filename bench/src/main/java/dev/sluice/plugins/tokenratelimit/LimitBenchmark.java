package dev.sluice.plugins.tokenratelimit;

import dev.sluice.api.SharedState;
import dev.sluice.host.state.MemoryStore;
import dev.sluice.testkit.TestRedis;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Decisions of limits, 64 at a time: what a request reserves, of one of a thousand subjects. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class LimitBenchmark {
    private static final int TOGETHER = 64;
    private static final List<String> ARGS = List.of(
            "s", "1000000000000", "3600000", "1000000000000", "strict", "900000", "20", "0", "0", "1", "0", "1");

    /** Where the counts are kept. */
    @Param({"memory", "redis"})
    String store = "memory";

    private @Nullable TestRedis redis;
    private SharedState state = MemoryStore.ofBytes(64 << 20).of("limits", 1);

    /** Starts a Redis, if it is to be one. */
    @Setup
    public void start() {
        if (store.equals("redis")) {
            TestRedis started = TestRedis.single();
            redis = started;
            state = started.state("limits");
        }
    }

    /** Ends it. */
    @TearDown
    public void stop() {
        if (redis != null) {
            redis.close();
        }
    }

    /** All of them, decided. */
    @Benchmark
    @OperationsPerInvocation(TOGETHER)
    public List<CompletableFuture<List<String>>> decide() {
        List<CompletableFuture<List<String>>> all = new ArrayList<>(TOGETHER);
        for (int i = 0; i < TOGETHER; i++) {
            String key = "{" + ThreadLocalRandom.current().nextInt(1000) + "}t";
            all.add(state.run(Windows.SCRIPT, List.of(key), ARGS).toCompletableFuture());
        }
        all.forEach(CompletableFuture::join);
        return all;
    }
}
