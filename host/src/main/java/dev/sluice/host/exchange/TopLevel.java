package dev.sluice.host.exchange;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a JSON object and where their values are in its bytes: one pass over all of it, which makes no tree.
 * Names are unescaped, so that no other reader of the same bytes can see other fields.
 */
final class TopLevel {
    private static final String NUMBER = "0123456789+-.eE";
    private static final int UNKNOWN = -1;

    private final byte[] bytes;
    private final ObjectReader values;
    private String[] names = new String[12];
    private JsonToken[] kinds = new JsonToken[12];
    private int[] starts = new int[12];
    private int[] ends = new int[12];
    private int count;

    private TopLevel(byte[] bytes, ObjectReader values) {
        this.bytes = bytes;
        this.values = values;
    }

    /** By a look at the bytes; null if they are such that only a parser can tell. */
    static @Nullable TopLevel skimmed(byte[] bytes, int deepest, ObjectReader values) {
        TopLevel all = new TopLevel(bytes, values);
        return Skimmer.skim(bytes, deepest, all::add) ? all : null;
    }

    /**
     * Reads to the end.
     *
     * @param values reads one value of what follows
     * @throws Json.Invalid if it is no JSON object
     * @throws IOException if it is no JSON
     */
    static TopLevel of(JsonParser parser, byte[] bytes, ObjectReader values) throws Json.Invalid, IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw new Json.Invalid(
                    bytes.length == 0 ? "the body is empty, a JSON object was expected" : "the body is no JSON object");
        }
        TopLevel all = new TopLevel(bytes, values);
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            JsonToken kind = parser.nextToken();
            all.add(name, kind, (int) parser.currentTokenLocation().getByteOffset(), UNKNOWN);
            parser.skipChildren();
        }
        if (parser.nextToken() != null) {
            throw new Json.Invalid("there is something after the end of the JSON object");
        }
        return all;
    }

    /**
     * One more.
     *
     * @param kind of a number either of the two
     * @param end behind its last byte
     */
    private void add(String name, JsonToken kind, int start, int end) {
        if (count == names.length) {
            names = Arrays.copyOf(names, 2 * count);
            kinds = Arrays.copyOf(kinds, 2 * count);
            starts = Arrays.copyOf(starts, 2 * count);
            ends = Arrays.copyOf(ends, 2 * count);
        }
        names[count] = name;
        kinds[count] = kind;
        starts[count] = start;
        ends[count] = end;
        count++;
    }

    boolean has(String name) {
        return last(name, count) >= 0;
    }

    /** The value of that field, the last of several; a missing node if there is none, or none that a tree can hold. */
    JsonNode field(String name) {
        int at = last(name, count);
        return at < 0 ? MissingNode.getInstance() : value(at);
    }

    /** What the gateway itself wants to know of a request. */
    Json.Facts facts() throws Json.Invalid {
        int model = last("model", count);
        if (model >= 0 && last("model", model) >= 0) {
            throw new Json.Invalid("the field 'model' is there twice");
        }
        if (model >= 0 && kinds[model] != JsonToken.VALUE_STRING) {
            throw new Json.Invalid("the field 'model' must be a string");
        }
        int stream = last("stream", count);
        return new Json.Facts(
                model < 0 ? null : value(model).textValue(), stream >= 0 && kinds[stream] == JsonToken.VALUE_TRUE);
    }

    private int last(String name, int before) {
        for (int i = before - 1; i >= 0; i--) {
            if (names[i].equals(name)) {
                return i;
            }
        }
        return -1;
    }

    /** Up to the end of a number, after which a parser would allow nothing but space, else at least up to its end. */
    private int length(int at) {
        int end = ends[at] == UNKNOWN ? bytes.length : ends[at];
        if (ends[at] == UNKNOWN && kinds[at].isNumeric()) {
            end = starts[at];
            while (end < bytes.length && NUMBER.indexOf(bytes[end]) >= 0) {
                end++;
            }
        }
        return end - starts[at];
    }

    private JsonNode value(int at) {
        if (kinds[at] == JsonToken.VALUE_TRUE || kinds[at] == JsonToken.VALUE_FALSE) {
            return BooleanNode.valueOf(kinds[at] == JsonToken.VALUE_TRUE);
        }
        if (kinds[at] == JsonToken.VALUE_STRING && ends[at] != UNKNOWN && isPlain(starts[at], ends[at])) {
            return TextNode.valueOf(
                    new String(bytes, starts[at] + 1, ends[at] - starts[at] - 2, StandardCharsets.UTF_8));
        }
        try (JsonParser parser = values.getFactory().createParser(bytes, starts[at], length(at))) {
            return values.readTree(parser);
        } catch (IOException | NumberFormatException e) {
            // A number that no tree can hold: 1e99999999999.
            return MissingNode.getInstance();
        }
    }

    private boolean isPlain(int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] == '\\') {
                return false;
            }
        }
        return true;
    }
}
