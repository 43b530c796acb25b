package dev.sluice.host.exchange;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a JSON object and where their values are in its bytes: one pass over all of it, which makes no tree.
 * Names are unescaped, so that no other reader of the same bytes can see other fields.
 */
final class TopLevel {
    private static final int UNKNOWN = -1;

    private final byte[] bytes;
    private final ObjectReader values;
    /** As a parser has read them; null where they are to be found in the bytes, in plain ASCII. */
    private final @Nullable List<String> names;
    /** Of each field: where its name begins and ends, and its value. */
    private int[] places = new int[4 * 8];

    private int count;

    private TopLevel(byte[] bytes, ObjectReader values, @Nullable List<String> names) {
        this.bytes = bytes;
        this.values = values;
        this.names = names;
    }

    /** By a look at the bytes; null if they are such that only a parser can tell. */
    static @Nullable TopLevel skimmed(byte[] bytes, int deepest, ObjectReader values) {
        TopLevel all = new TopLevel(bytes, values, null);
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
        List<String> names = new ArrayList<>();
        TopLevel all = new TopLevel(bytes, values, names);
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            names.add(parser.currentName());
            parser.nextToken();
            all.add(UNKNOWN, UNKNOWN, (int) parser.currentTokenLocation().getByteOffset(), UNKNOWN);
            parser.skipChildren();
        }
        if (parser.nextToken() != null) {
            throw new Json.Invalid("there is something after the end of the JSON object");
        }
        return all;
    }

    private void add(int name, int nameEnd, int value, int end) {
        int at = 4 * count;
        if (at == places.length) {
            places = Arrays.copyOf(places, 2 * at);
        }
        places[at] = name;
        places[at + 1] = nameEnd;
        places[at + 2] = value;
        places[at + 3] = end;
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
        if (model >= 0 && first(model) != '"') {
            throw new Json.Invalid("the field 'model' must be a string");
        }
        int stream = last("stream", count);
        return new Json.Facts(model < 0 ? null : value(model).textValue(), stream >= 0 && first(stream) == 't');
    }

    private int last(String name, int before) {
        for (int i = before - 1; i >= 0; i--) {
            if (names == null ? isNamed(i, name) : names.get(i).equals(name)) {
                return i;
            }
        }
        return -1;
    }

    private boolean isNamed(int at, String name) {
        int start = places[4 * at];
        if (places[4 * at + 1] - start != name.length()) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            if (bytes[start + i] != name.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private byte first(int at) {
        return bytes[places[4 * at + 2]];
    }

    private JsonNode value(int at) {
        int start = places[4 * at + 2];
        int end = places[4 * at + 3];
        JsonNode read = TreeReader.valueAt(bytes, start);
        if (read != null) {
            return read;
        }
        try (JsonParser parser = values.getFactory().createParser(bytes, start, length(start, end))) {
            return values.readTree(parser);
        } catch (IOException | NumberFormatException e) {
            // A number that no tree can hold: 1e99999999999.
            return MissingNode.getInstance();
        }
    }

    /** Up to the end of a number, after which a parser would allow nothing but space, else at least up to its end. */
    private int length(int start, int end) {
        if (end != UNKNOWN) {
            return end - start;
        }
        boolean number = bytes[start] == '-' || isDigit(bytes[start]);
        int to = number ? start : bytes.length;
        while (to < bytes.length && (isDigit(bytes[to]) || "+-.eE".indexOf(bytes[to]) >= 0)) {
            to++;
        }
        return to - start;
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }
}
