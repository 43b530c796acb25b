package dev.sluice.plugins.contentsafety;

import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.plugins.contentsafety.ContentSafetyConfig.PiiKind;
import dev.sluice.testkit.FakeExchange;
import dev.sluice.testkit.FakeResponseHead;
import dev.sluice.testkit.FakeScope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
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
import org.openjdk.jmh.annotations.Warmup;

/** What each engine of the gateway's own costs: per KB of a prompt, and per event of a stream of words. Nothing is found. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class SafetyBenchmark {
    private static final int EVENTS = 256;
    private static final String KB = "Every happy family is alike, and on 3 May 1877 nobody had written to the press. "
            .repeat(13)
            .substring(0, 1024);

    /** The engine. */
    @Param({"words", "pii", "injection", "urls"})
    String engine = "words";

    private Engine.Local local = new InjectionEngine();
    private final List<Event> events = new ArrayList<>();

    /** 10,000 deny words, of which none occurs. */
    @Setup
    public void make() {
        local = switch (engine) {
            case "words" -> new WordsEngine(words(), List.of(), "deny-word", Level.HIGH);
            case "pii" -> new PiiEngine(EnumSet.allOf(PiiKind.class), List.of("CN", "US", "GB", "DE", "FR"));
            case "urls" -> new UrlEngine(Set.of(), Set.of("example.com"), Level.HIGH);
            default -> new InjectionEngine();
        };
        for (int i = 0; i < EVENTS; i++) {
            String word = KB.substring(4 * i % 1000, 4 * i % 1000 + 4);
            events.add(Event.data("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + word + "\"}}]}"));
        }
    }

    private static List<String> words() {
        Random random = new Random(1);
        return IntStream.range(0, 10_000)
                .mapToObj(i -> "zq" + Long.toString(random.nextLong() & Long.MAX_VALUE, 36))
                .toList();
    }

    /** A prompt of 1 KB. */
    @Benchmark
    public List<Finding> kilobyte() {
        return local.find(Text.of(KB));
    }

    /** An event of 4 characters, its share of its window's check included. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public Events event() {
        FakeScope scope = new FakeScope();
        SafetyMeters meters = new SafetyMeters(scope);
        Inspector.Way way = new Inspector.Way(false, Duration.ofSeconds(2));
        Inspector inspector = new Inspector(
                List.of(new Inspector.Placed(local, EnumSet.allOf(Direction.class))),
                Map.of(Direction.REQUEST, way, Direction.RESPONSE, way),
                new Policy(List.of(), List.of()),
                meters,
                scope);
        StreamGuard.Cut cut = new StreamGuard.Cut(256, 64, Duration.ofMillis(300));
        SafetyFilter filter = new SafetyFilter(
                FakeExchange.openAi(),
                new Settings(
                        inspector,
                        meters,
                        new OwnRefusal("no", false),
                        cut,
                        true,
                        true,
                        Reach.SHAPES,
                        Settings.Chosen.CONVERSATION,
                        false));
        var unused = filter.onResponse(FakeResponseHead.stream());
        for (Event event : events) {
            Events passed = filter.onEvent(event);
            if (passed instanceof Events.Fail) {
                throw new IllegalStateException("a harmless stream was refused");
            }
        }
        return filter.onEnd();
    }
}
