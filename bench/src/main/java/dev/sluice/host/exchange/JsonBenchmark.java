package dev.sluice.host.exchange;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
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
import org.openjdk.jmh.annotations.Warmup;

/** What a route by model reads of a chat request, beside the tree that a filter looks at, and that tree written. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class JsonBenchmark {

    /** Messages in the request, about 200 bytes each. */
    @Param({"4", "400"})
    int messages;

    /** What is said: in Latin letters, or in Chinese characters. */
    @Param({"All happy families are alike. ", "幸福的家庭都是相似的，"})
    String words = "";

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Json json = new Json(64);
    private byte[] body = {};
    private JsonNode tree = MAPPER.nullNode();

    /** A chat request. */
    @Setup
    public void body() throws Json.Invalid {
        StringBuilder text = new StringBuilder("{\"messages\":[");
        for (int i = 0; i < messages; i++) {
            text.append(i == 0 ? "" : ",")
                    .append("{\"role\":\"user\",\"content\":\"")
                    .append(words.repeat(6))
                    .append("\"}");
        }
        text.append("],\"model\":\"gpt-4o\",\"stream\":true}");
        body = text.toString().getBytes(StandardCharsets.UTF_8);
        tree = json.read(body);
    }

    /** Model and stream, and that the whole is well-formed. */
    @Benchmark
    public Object facts() throws Json.Invalid {
        return json.topLevel(body).facts();
    }

    /** The same by the parser alone, as it is where the bytes are unusual. */
    @Benchmark
    public Object factsParsed() throws Json.Invalid {
        return json.parsed(body).facts();
    }

    /** The whole tree. */
    @Benchmark
    public JsonNode tree() throws Json.Invalid {
        return json.read(body);
    }

    /** The same by the parser alone. */
    @Benchmark
    public JsonNode treeParsed() throws Json.Invalid {
        return json.parsedTree(body);
    }

    /** The tree's bytes. */
    @Benchmark
    public byte[] write() {
        return json.write(tree);
    }

    /** The same by Jackson alone. */
    @Benchmark
    public byte[] writeMapped() throws IOException {
        return MAPPER.writeValueAsBytes(tree);
    }
}
