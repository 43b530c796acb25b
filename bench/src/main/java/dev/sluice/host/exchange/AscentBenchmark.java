package dev.sluice.host.exchange;

import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Filter;
import dev.sluice.api.Outcome;
import dev.sluice.api.Reply;
import dev.sluice.host.route.HookMasks;
import dev.sluice.host.upstream.UpstreamPool;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** One event on its way up through a chain of filters. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class AscentBenchmark {

    /** How many filters, and whether they look at events or override another hook alone. */
    @Param({"0", "1 looking", "7 looking", "1 elsewhere", "7 elsewhere"})
    String filters = "0";

    private static final int LARGE = 1 << 20;

    private final Vertx vertx = Vertx.vertx();
    private final HookWatch watch =
            new HookWatch(new SimpleMeterRegistry(), Duration.ofMinutes(1), Duration.ofMinutes(2));
    private final Sink sink = new Sink();
    private final Event event = arrived();
    private Ascent ascent = ascent(new Filter[0]);

    private static Event arrived() {
        byte[] frame = "data: {\"choices\":[{\"delta\":{\"content\":\"token\"}}]}\n\n".getBytes(StandardCharsets.UTF_8);
        return Event.arrived("text/event-stream", frame, 6, frame.length - 2, null, null, null);
    }

    /** Opens the ascent: its head has passed, and one event. */
    @Setup
    public void open() {
        Filter[] looking = {new LookA(), new LookB(), new LookC(), new LookD(), new LookE(), new LookF(), new LookG()};
        Filter[] elsewhere = new Filter[looking.length];
        Arrays.fill(elsewhere, new Elsewhere());
        int count = filters.charAt(0) - '0';
        ascent = ascent(Arrays.copyOf(filters.endsWith("looking") ? looking : elsewhere, count));
        ascent.head(new HostResponseHead(200, HostHeaders.empty(), true, HostResponseHead.UPSTREAM));
        ascent.event(event);
        if (sink.last == null) {
            throw new IllegalStateException("the event did not pass");
        }
    }

    private Ascent ascent(Filter[] chain) {
        String[] names = new String[chain.length];
        int[] masks = new int[chain.length];
        for (int i = 0; i < chain.length; i++) {
            names[i] = "filter-" + i;
            masks[i] = HookMasks.of(chain[i].getClass());
        }
        Loop loop = new Loop(vertx, new UpstreamPool(vertx, 1), watch);
        return new Ascent(
                new Ascent.Filters(chain, names, masks, null, null), loop, new Ascent.Bounds(30_000, 1 << 20), sink);
    }

    /** Ends the threads. */
    @TearDown
    public void close() {
        watch.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    /** The event, from the try's filters to the first filter's exit. */
    @Benchmark
    public Object event() {
        ascent.event(event);
        return sink;
    }

    // Seven classes, as in a real chain: the call of the hook is not one the JIT can inline for all.

    private abstract static class Look implements Filter {
        Events look(Event event) {
            return event.size() > LARGE ? Events.none() : event;
        }
    }

    private static final class LookA extends Look {
        @Override
        public Events onEvent(Event event) {
            return look(event);
        }
    }

    private static final class LookB extends Look {
        @Override
        public Events onEvent(Event event) {
            return look(event);
        }
    }

    private static final class LookC extends Look {
        @Override
        public Events onEvent(Event event) {
            return look(event);
        }
    }

    private static final class LookD extends Look {
        @Override
        public Events onEvent(Event event) {
            return look(event);
        }
    }

    private static final class LookE extends Look {
        @Override
        public Events onEvent(Event event) {
            return look(event);
        }
    }

    private static final class LookF extends Look {
        @Override
        public Events onEvent(Event event) {
            return look(event);
        }
    }

    private static final class LookG extends Look {
        @Override
        public Events onEvent(Event event) {
            return look(event);
        }
    }

    private static final class Elsewhere implements Filter {
        @Override
        public void onComplete(Outcome outcome) {}
    }

    private static final class Sink implements Ascent.Exit {
        private @Nullable Event last;

        @Override
        public void head(HostResponseHead head) {}

        @Override
        public void event(Event event) {
            last = event;
        }

        @Override
        public void bytes(Buffer bytes) {}

        @Override
        public void body(HostBody body) {}

        @Override
        public void end(boolean stream) {}

        @Override
        public void broken(Reply reply, String filter) {}

        @Override
        public void cut() {}

        @Override
        public void upgraded(NetSocket upstream) {}

        @Override
        public void sourceDone() {}

        @Override
        public void held() {}

        @Override
        public boolean hookFailed(int filter, String hook, Throwable cause) {
            throw new IllegalStateException(hook, cause);
        }

        @Override
        public void touched(int filter) {}

        @Override
        public void ready() {}

        @Override
        public boolean full() {
            return false;
        }

        @Override
        public Answer render(Reply reply, int filter) {
            throw new IllegalStateException("no filter here replies");
        }
    }
}
