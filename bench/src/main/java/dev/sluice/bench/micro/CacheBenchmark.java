package dev.sluice.bench.micro;

import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.Step;
import dev.sluice.api.Target;
import dev.sluice.plugins.cache.CacheConfig;
import dev.sluice.plugins.cache.CachePlugin;
import dev.sluice.testkit.FakeAttempt;
import dev.sluice.testkit.FakeBody;
import dev.sluice.testkit.FakeExchange;
import dev.sluice.testkit.FakeOutcome;
import dev.sluice.testkit.FakeResponseHead;
import dev.sluice.testkit.FakeScope;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What the cache costs a request of 1 KB, beside reading it as JSON: a hit in either mode, and a miss's lookup. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 3, time = 2)
@Fork(1)
public class CacheBenchmark {
    private static final String TEXT = "Every happy family is alike. ".repeat(35);

    private FilterFactory cache = exchange -> Filter.PASS;
    private FakeBody known = FakeBody.json("{}");
    private FakeBody knownStream = FakeBody.json("{}");
    private FakeBody unknown = FakeBody.json("{}");

    /** A cache that holds one answer of 1 KB. */
    @Setup(Level.Trial)
    public void fill() {
        cache = new CachePlugin()
                .open(
                        new CacheConfig(
                                CacheConfig.Sharing.CONSUMER,
                                Duration.ofDays(1),
                                null,
                                Duration.ofSeconds(30),
                                1000,
                                1 << 20,
                                1 << 16,
                                null,
                                null,
                                Map.of(),
                                "USD",
                                null,
                                null,
                                null,
                                null,
                                null,
                                null,
                                null,
                                null,
                                null,
                                null),
                        new FakeScope());
        known = chat("known", "");
        knownStream = chat("known", ",\"stream\":true");
        unknown = chat("unknown", "");
        Filter filter = cache.newFilter(FakeExchange.openAi());
        Step unused = filter.onRequestBody(known);
        FakeResponseHead head = FakeResponseHead.json(200);
        unused = filter.onAttempt(FakeAttempt.of(Target.of("p"))).onResponse(head);
        unused = filter.onResponse(head);
        unused = filter.onResponseBody(
                FakeBody.json("{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"" + TEXT
                        + "\"},\"finish_reason\":\"stop\"}]}"));
        filter.onComplete(FakeOutcome.success());
    }

    private static FakeBody chat(String question, String more) {
        return FakeBody.json("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + question + TEXT
                + "\"}]" + more + "}");
    }

    private Step ask(FakeBody body) {
        Filter filter = cache.newFilter(FakeExchange.openAi());
        Step step = filter.onRequestBody(body);
        filter.onComplete(FakeOutcome.success());
        return step;
    }

    /** A whole answer from the cache. */
    @Benchmark
    public Step hit() {
        return ask(known);
    }

    /** A streamed answer from the cache. */
    @Benchmark
    public Step hitAsStream() {
        return ask(knownStream);
    }

    /** No answer in the cache. */
    @Benchmark
    public Step miss() {
        return ask(unknown);
    }
}
