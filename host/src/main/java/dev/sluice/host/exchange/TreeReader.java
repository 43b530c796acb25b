package dev.sluice.host.exchange;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads the tree of JSON in ASCII, as most of it is, eight bytes of a string at a time. Like {@link Skimmer} it gives up,
 * with null, at whatever it is not sure of, which is then a parser's to judge: other characters, rare numbers, anything
 * malformed. What it takes it reads as the parser of {@link Json} does.
 */
final class TreeReader {
    /** With so many characters a number fits into 64 bits. */
    private static final int LONGEST_NUMBER = 18;

    private static final int LONGEST_KEPT = 32;
    /** A few names are most of those of all bodies. Any thread may put in the one it has met last. */
    private static final String[] NAMES = new String[512];

    private final byte[] bytes;
    private final int deepest;
    private int at;

    private TreeReader(byte[] bytes, int start, int deepest) {
        this.bytes = bytes;
        this.at = start;
        this.deepest = Math.min(deepest, Skimmer.DEEPEST);
    }

    /**
     * The tree of all of it.
     *
     * @param deepest how deep values may be nested
     */
    static @Nullable JsonNode read(byte[] bytes, int deepest) {
        TreeReader reader = new TreeReader(bytes, 0, deepest);
        reader.space();
        JsonNode tree = reader.value(0);
        reader.space();
        return tree != null && tree.isContainerNode() && reader.at == bytes.length ? tree : null;
    }

    /** The value that begins there, of an object that is well-formed. */
    static @Nullable JsonNode valueAt(byte[] bytes, int start) {
        return new TreeReader(bytes, start, Skimmer.DEEPEST).value(0);
    }

    private int next() {
        return at < bytes.length ? bytes[at] : -1;
    }

    private void space() {
        at = Skimmer.space(bytes, at);
    }

    /** The next character that is no space; goes on to what follows it. */
    private int mark() {
        space();
        int mark = next();
        at++;
        space();
        return mark;
    }

    private @Nullable JsonNode value(int depth) {
        return switch (next()) {
            case '{' -> object(depth + 1);
            case '[' -> array(depth + 1);
            case '"' -> text();
            case 't' -> word("true", BooleanNode.TRUE);
            case 'f' -> word("false", BooleanNode.FALSE);
            case 'n' -> word("null", NullNode.getInstance());
            default -> number();
        };
    }

    private @Nullable JsonNode object(int depth) {
        if (depth > deepest) {
            return null;
        }
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        if (isEmpty('}')) {
            return object;
        }
        while (true) {
            String name = next() == '"' ? name() : null;
            JsonNode value = name == null || mark() != ':' ? null : value(depth);
            if (value == null) {
                return null;
            }
            object.set(name, value);
            int mark = mark();
            if (mark != ',') {
                return mark == '}' ? object : null;
            }
        }
    }

    private @Nullable JsonNode array(int depth) {
        if (depth > deepest) {
            return null;
        }
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        if (isEmpty(']')) {
            return array;
        }
        while (true) {
            JsonNode value = value(depth);
            if (value == null) {
                return null;
            }
            array.add(value);
            int mark = mark();
            if (mark != ',') {
                return mark == ']' ? array : null;
            }
        }
    }

    /** Goes behind the opening bracket; and behind the closing one if that is next, which is told. */
    private boolean isEmpty(char closing) {
        at++;
        space();
        boolean empty = next() == closing;
        if (empty) {
            at++;
        }
        return empty;
    }

    private @Nullable String name() {
        int from = at + 1;
        int to = Skimmer.plain(bytes, from);
        int length = to - from;
        if (to == bytes.length || bytes[to] != '"' || length > Skimmer.LONGEST_NAME) {
            return null;
        }
        at = to + 1;
        if (length == 0 || length > LONGEST_KEPT) {
            return new String(bytes, from, length, StandardCharsets.ISO_8859_1);
        }
        int hash = 31 * (31 * length + bytes[from]) + 17 * bytes[from + length / 2] + bytes[to - 1];
        String kept = NAMES[hash & (NAMES.length - 1)];
        if (kept != null && isAt(kept, from, length)) {
            return kept;
        }
        String name = new String(bytes, from, length, StandardCharsets.ISO_8859_1);
        NAMES[hash & (NAMES.length - 1)] = name;
        return name;
    }

    private boolean isAt(String name, int from, int length) {
        if (name.length() != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (bytes[from + i] != name.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private @Nullable JsonNode text() {
        String text = string();
        return text == null ? null : TextNode.valueOf(text);
    }

    private @Nullable String string() {
        int from = at + 1;
        int to = Skimmer.plain(bytes, from);
        if (to < bytes.length && bytes[to] == '"') {
            at = to + 1;
            return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
        }
        StringBuilder text = new StringBuilder(2 * (to - from) + 16);
        while (to < bytes.length && bytes[to] == '\\') {
            text.append(new String(bytes, from, to - from, StandardCharsets.ISO_8859_1));
            int escaped = to + 1 < bytes.length ? escaped(to + 1) : -1;
            if (escaped < 0) {
                return null;
            }
            text.append((char) escaped);
            from = to + (bytes[to + 1] == 'u' ? 6 : 2);
            to = Skimmer.plain(bytes, from);
        }
        if (to >= bytes.length || bytes[to] != '"') {
            return null;
        }
        at = to + 1;
        return text.append(new String(bytes, from, to - from, StandardCharsets.ISO_8859_1))
                .toString();
    }

    /** The character that is meant; -1 if none is. */
    private int escaped(int letter) {
        return switch (bytes[letter]) {
            case '"', '\\', '/' -> bytes[letter];
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> coded(letter + 1);
            default -> -1;
        };
    }

    private int coded(int from) {
        int code = 0;
        for (int i = from; i < from + 4; i++) {
            int digit = i < bytes.length ? Character.digit(bytes[i], 16) : -1;
            if (digit < 0) {
                return -1;
            }
            code = 16 * code + digit;
        }
        return code;
    }

    private @Nullable JsonNode word(String word, JsonNode meant) {
        at = Skimmer.word(bytes, at, word);
        return at < 0 ? null : meant;
    }

    private @Nullable JsonNode number() {
        boolean negative = next() == '-';
        int from = negative ? at + 1 : at;
        int point = -1;
        long digits = 0;
        int i = from;
        while (i < bytes.length && i - from <= LONGEST_NUMBER) {
            if (bytes[i] >= '0' && bytes[i] <= '9') {
                digits = 10 * digits + bytes[i] - '0';
            } else if (bytes[i] == '.' && point < 0) {
                point = i;
            } else {
                break;
            }
            i++;
        }
        int whole = (point < 0 ? i : point) - from;
        boolean leads = whole > 1 && bytes[from] == '0';
        if (whole == 0
                || leads
                || point == i - 1
                || i == bytes.length
                || i - from > LONGEST_NUMBER
                || goesOn(bytes[i])) {
            return null;
        }
        at = i;
        long number = negative ? -digits : digits;
        if (point >= 0) {
            return DecimalNode.valueOf(BigDecimal.valueOf(number, i - point - 1));
        }
        return number == (int) number ? IntNode.valueOf((int) number) : LongNode.valueOf(number);
    }

    private static boolean goesOn(byte behind) {
        return behind != ',' && behind != '}' && behind != ']' && behind > ' ';
    }
}
