package dev.sluice.bench.micro;

import dev.sluice.api.Event;
import dev.sluice.host.framing.EventDecoder;
import dev.sluice.host.framing.Framing;
import io.vertx.core.buffer.Buffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** One server-sent event through the codec: cut out of a chunk, and written as it came or changed. Per event. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class FramingBenchmark {
    private static final int EVENTS = 100;
    private static final int MAX_EVENT_BYTES = 1 << 20;

    private final Buffer[] chunks = new Buffer[EVENTS];

    /** A hundred chunks of one chat delta each, as they leave a model. */
    @Setup
    public void chunks() {
        for (int i = 0; i < EVENTS; i++) {
            chunks[i] = Buffer.buffer("data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\","
                    + "\"created\":1700000000,\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,"
                    + "\"delta\":{\"content\":\"token " + i + "\"},\"finish_reason\":null}]}\n\n");
        }
    }

    /** Decoded only. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public void decode(Blackhole hole) {
        EventDecoder decoder = Framing.SSE.decoder(MAX_EVENT_BYTES, true);
        for (Buffer chunk : chunks) {
            decoder.feed(chunk);
            hole.consume(decoder.next());
            hole.consume(decoder.next());
        }
    }

    /** Decoded and written as its bytes. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public Buffer unchanged() {
        EventDecoder decoder = Framing.SSE.decoder(MAX_EVENT_BYTES, true);
        Buffer out = Buffer.buffer(32 * 1024);
        for (Buffer chunk : chunks) {
            decoder.feed(chunk);
            for (Event event = decoder.next(); event != null; event = decoder.next()) {
                Framing.SSE.encode(event, out);
            }
        }
        return out;
    }

    /** Decoded, its text replaced through the tree, and framed anew. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public Buffer changed() {
        EventDecoder decoder = Framing.SSE.decoder(MAX_EVENT_BYTES, true);
        Buffer out = Buffer.buffer(32 * 1024);
        for (Buffer chunk : chunks) {
            decoder.feed(chunk);
            for (Event event = decoder.next(); event != null; event = decoder.next()) {
                Framing.SSE.encode(event.edit(tree -> tree.put("model", "other")), out);
            }
        }
        return out;
    }
}
