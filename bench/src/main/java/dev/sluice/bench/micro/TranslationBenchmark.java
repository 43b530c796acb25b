package dev.sluice.bench.micro;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.plugins.aiproxy.dialect.RequestOptions;
import dev.sluice.plugins.aiproxy.dialect.Translation;
import java.io.IOException;
import java.util.List;
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

/** What it costs to say a chat in another dialect. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 3, time = 2)
@Fork(1)
public class TranslationBenchmark {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final RequestOptions OPTIONS = new RequestOptions(4096, false);
    private static final int EVENTS = 1000;

    /** Whose client asks whom. */
    @Param({"ANTHROPIC_TO_OPENAI", "OPENAI_TO_ANTHROPIC"})
    public Direction direction = Direction.ANTHROPIC_TO_OPENAI;

    private JsonNode request = MAPPER.nullNode();
    private JsonNode answer = MAPPER.nullNode();
    private byte[] delta = {};
    private Translation stream = new Translation(Dialect.ANTHROPIC, Dialect.OPENAI);
    private int events;

    /** A client's dialect and a provider's. */
    public enum Direction {
        /** An Anthropic client on an OpenAI provider. */
        ANTHROPIC_TO_OPENAI(Dialect.ANTHROPIC, Dialect.OPENAI),
        /** An OpenAI client on an Anthropic provider. */
        OPENAI_TO_ANTHROPIC(Dialect.OPENAI, Dialect.ANTHROPIC);

        private final Dialect client;
        private final Dialect provider;

        Direction(Dialect client, Dialect provider) {
            this.client = client;
            this.provider = provider;
        }
    }

    /** A request and an answer of 1 KB, and an event of a stream. */
    @Setup(Level.Trial)
    public void read() throws IOException {
        String text = "Every unhappy family is unhappy in its own way. ".repeat(18);
        request =
                MAPPER.readTree("{\"model\":\"m\",\"max_tokens\":256,\"temperature\":0.2,\"stream\":true,\"messages\":"
                        + "[{\"role\":\"user\",\"content\":\"" + text + "\"}]}");
        boolean openAi = direction.provider == Dialect.OPENAI;
        answer = MAPPER.readTree(
                openAi
                        ? "{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\""
                                + text
                                + "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}"
                        : "{\"id\":\"c\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[{\"type\":\"text\",\"text\":\""
                                + text
                                + "\"}],\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}");
        delta = MAPPER.writeValueAsBytes(
                MAPPER.readTree(
                        openAi
                                ? "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" word\"},\"finish_reason\":null}]}"
                                : "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" word\"}}"));
        begin();
    }

    private void begin() {
        stream = new Translation(direction.client, direction.provider);
        var unused = stream.request(request, OPTIONS);
        stream.begin(10, String::length);
        events = 0;
    }

    /** A request. */
    @Benchmark
    public Object request() {
        return new Translation(direction.client, direction.provider).request(request, OPTIONS);
    }

    /** A request, and its whole answer. */
    @Benchmark
    public Object requestAndAnswer() {
        Translation translation = new Translation(direction.client, direction.provider);
        var unused = translation.request(request, OPTIONS);
        return translation.answer(answer);
    }

    /** An event, its tree read anew; every thousandth also pays for a new stream. */
    @Benchmark
    public List<Event> event() {
        if (++events > EVENTS) {
            begin();
        }
        return stream.event(Event.data(new String(delta, java.nio.charset.StandardCharsets.UTF_8)));
    }
}
