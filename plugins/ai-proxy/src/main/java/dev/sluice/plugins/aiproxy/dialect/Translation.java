package dev.sluice.plugins.aiproxy.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Usage;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * One chat between a client and a provider of another dialect: its request one way, then its answer the other. Not
 * thread-safe.
 */
public final class Translation {

    private record Pair(DialectReader reader, DialectWriter writer) {}

    private static final Map<Dialect, Pair> DIALECTS = new EnumMap<>(Map.of(
            Dialect.OPENAI, new Pair(new OpenAiReader(), new OpenAiWriter()),
            Dialect.ANTHROPIC, new Pair(new AnthropicReader(), new AnthropicWriter())));

    private final Pair client;
    private final Pair provider;
    private final Losses losses = new Losses();
    private @Nullable Prompt prompt;
    private @Nullable StreamReader reader;
    private @Nullable StreamWriter writer;

    /** Between two dialects that are {@linkplain #knows known}. */
    public Translation(Dialect client, Dialect provider) {
        this.client = Objects.requireNonNull(DIALECTS.get(client));
        this.provider = Objects.requireNonNull(DIALECTS.get(provider));
    }

    /** Whether chats of that dialect can be translated. */
    public static boolean knows(Dialect dialect) {
        return DIALECTS.containsKey(dialect);
    }

    /**
     * The request for the provider, a tree of the caller's own. Comes before everything else.
     *
     * @throws RequestException if it is malformed or cannot be said in the provider's dialect
     */
    public ObjectNode request(JsonNode body, RequestOptions options) {
        Prompt read = client.reader.request(body, losses);
        prompt = read;
        return provider.writer.request(read, options, losses);
    }

    /** The fields of the request that the provider's dialect has no place for; sorted. */
    public Set<String> losses() {
        return losses.fields();
    }

    /** Whether the client asked for a stream. */
    public boolean isStream() {
        return prompt().stream();
    }

    /**
     * A whole answer for the client, a tree of the caller's own.
     *
     * @throws AnswerException if it is none in the provider's dialect
     */
    public ObjectNode answer(JsonNode body) {
        return client.writer.answer(provider.reader.answer(body));
    }

    /** A stream begins. */
    public void begin(long inputTokens, ToIntFunction<String> counter) {
        StreamWriter out = client.writer.stream(prompt(), new StreamWriter.Tokens(inputTokens, counter::applyAsInt));
        writer = out;
        reader = provider.reader.stream(out);
    }

    /** What becomes of one event of the provider's. */
    public List<Event> event(Event event) {
        Objects.requireNonNull(reader).read(event);
        return Objects.requireNonNull(writer).drain();
    }

    /** What follows the provider's last event. */
    public List<Event> end() {
        StreamWriter out = Objects.requireNonNull(writer);
        out.end();
        return out.drain();
    }

    /** The tokens of a stream, as reported, else estimated. */
    public Usage used() {
        return Objects.requireNonNull(writer).used();
    }

    private Prompt prompt() {
        return Objects.requireNonNull(prompt, "the request comes first");
    }
}
