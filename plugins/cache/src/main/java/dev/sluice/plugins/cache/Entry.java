package dev.sluice.plugins.cache;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Usage;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * A stored answer: the JSON of a whole answer in its client's dialect, and what is known of it. Immutable.
 *
 * <p>It is one text, in memory and in the shared state alike: a line that says what it is, then the answer. A text of
 * another version, or one that is not whole, is none.
 */
final class Entry {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String VERSION = "sluice-cache/1 ";
    private static final int OVERHEAD = 512;

    private final String text;
    private final int from;
    private final long at;
    private final String route;
    private final String model;
    private final String consumer;
    private final Usage usage;
    private final double similarity;

    private Entry(Entry same, double similarity) {
        this.text = same.text;
        this.from = same.from;
        this.at = same.at;
        this.route = same.route;
        this.model = same.model;
        this.consumer = same.consumer;
        this.usage = same.usage;
        this.similarity = similarity;
    }

    private Entry(String text, int from, JsonNode says) {
        this.text = text;
        this.from = from;
        this.similarity = Double.NaN;
        this.at = says.path("at").asLong();
        this.route = says.path("route").asText();
        this.model = says.path("model").asText();
        this.consumer = says.path("consumer").asText();
        Usage used = Usage.of(says.path("input").asLong(), says.path("output").asLong())
                .cachedInput(says.path("cachedInput").asLong());
        this.usage = says.path("estimated").asBoolean() ? used.asEstimated() : used;
    }

    /**
     * An answer as it is stored.
     *
     * @param at when it was asked for, in milliseconds
     * @param answer JSON
     */
    static Entry of(CacheKey key, long at, Usage usage, String answer) {
        ObjectNode says = JsonNodeFactory.instance
                .objectNode()
                .put("at", at)
                .put("route", key.route())
                .put("model", key.model())
                .put("consumer", key.consumer())
                .put("input", usage.input())
                .put("output", usage.output())
                .put("cachedInput", usage.cachedInput())
                .put("estimated", usage.estimated())
                .put("check", check(answer));
        String head = VERSION + says + '\n';
        return new Entry(head + answer, head.length(), says);
    }

    /** The answer of which that is the text; null if it is none. */
    static @Nullable Entry read(String text) {
        int end = text.indexOf('\n');
        if (!text.startsWith(VERSION) || end < 0) {
            return null;
        }
        try {
            JsonNode says = MAPPER.readTree(text.substring(VERSION.length(), end));
            return says.isObject()
                            && says.path("at").isIntegralNumber()
                            && says.path("check").isIntegralNumber()
                            && says.path("check").asLong() == check(text.substring(end + 1))
                    ? new Entry(text, end + 1, says)
                    : null;
        } catch (JsonProcessingException e) {
            return null;
        }
    }

    private static long check(String answer) {
        CRC32 sum = new CRC32();
        sum.update(answer.getBytes(StandardCharsets.UTF_8));
        return sum.getValue();
    }

    /** The whole of it. */
    String text() {
        return text;
    }

    /** The answer's JSON. */
    byte[] answer() {
        return text.substring(from).getBytes(StandardCharsets.UTF_8);
    }

    /** The answer, a tree of the caller's own. */
    ObjectNode tree() {
        try {
            return (ObjectNode) MAPPER.readTree(text.substring(from));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("only JSON is stored", e);
        }
    }

    /** When it was asked for, in milliseconds. */
    long at() {
        return at;
    }

    String route() {
        return route;
    }

    String model() {
        return model;
    }

    String consumer() {
        return consumer;
    }

    Usage usage() {
        return usage;
    }

    /** The same answer, to a question that is only similar. */
    Entry similar(double similarity) {
        return new Entry(this, similarity);
    }

    /** How similar the question it answered is, as a cosine; not a number if it is the same. */
    double similarity() {
        return similarity;
    }

    /** About how many bytes it takes in memory, its key included. */
    int weight() {
        boolean wide = text.chars().anyMatch(c -> c > 0xff);
        return (int) Math.min(Integer.MAX_VALUE, OVERHEAD + (wide ? 2L : 1L) * text.length());
    }
}
