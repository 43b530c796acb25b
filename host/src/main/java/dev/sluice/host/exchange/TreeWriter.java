package dev.sluice.host.exchange;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/**
 * Writes a tree as JSON (RFC 8259) in UTF-8: of texts in ASCII whole runs at once. Escaped is only what must be, and half of
 * a pair, which UTF-8 has no bytes for. What is no plain tree is left to the mapper.
 */
final class TreeWriter {
    private static final int LARGEST_KEPT = 256 * 1024;
    private static final ThreadLocal<byte[]> SCRATCH = ThreadLocal.withInitial(() -> new byte[8 * 1024]);
    private static final String HEX = "0123456789ABCDEF";
    /** Shorter texts are written character by character. */
    private static final int SHORT = 24;
    /** Characters that are written in one go. */
    private static final int BLOCK = 1024;
    /** Bytes: a backslash, a letter and four digits. */
    private static final int LONGEST_ESCAPE = 6;

    private final ObjectMapper mapper;
    private byte[] out = SCRATCH.get();
    private int size;

    private TreeWriter(ObjectMapper mapper) {
        this.mapper = mapper;
    }

    /**
     * The tree's bytes.
     *
     * @param mapper writes what is no plain tree: values of other classes, rare numbers
     * @throws IOException if the mapper cannot
     */
    static byte[] write(JsonNode tree, ObjectMapper mapper) throws IOException {
        TreeWriter writer = new TreeWriter(mapper);
        writer.value(tree);
        if (writer.out.length <= LARGEST_KEPT) {
            SCRATCH.set(writer.out);
        }
        return Arrays.copyOf(writer.out, writer.size);
    }

    private void value(JsonNode node) throws IOException {
        switch (node.getNodeType()) {
            case OBJECT -> {
                put('{');
                for (Map.Entry<String, JsonNode> field : node.properties()) {
                    separate('{');
                    text(field.getKey());
                    put(':');
                    value(field.getValue());
                }
                put('}');
            }
            case ARRAY -> {
                put('[');
                for (JsonNode element : node) {
                    separate('[');
                    value(element);
                }
                put(']');
            }
            case STRING -> text(node.textValue());
            case BOOLEAN -> ascii(node.booleanValue() ? "true" : "false");
            case NULL -> ascii("null");
            case NUMBER -> number(node);
            default -> bytes(mapper.writeValueAsBytes(node));
        }
    }

    /** No value ends with an opening bracket. */
    private void separate(char opening) {
        if (out[size - 1] != opening) {
            put(',');
        }
    }

    private void number(JsonNode node) throws IOException {
        if (node.isInt() || node.isLong()) {
            ascii(Long.toString(node.longValue()));
        } else if (node.isDouble() && Double.isFinite(node.doubleValue())) {
            ascii(Double.toString(node.doubleValue()));
        } else if (node.isBigDecimal()) {
            ascii(node.decimalValue().toString());
        } else {
            bytes(mapper.writeValueAsBytes(node));
        }
    }

    private void text(String text) {
        put('"');
        int length = text.length();
        byte[] ascii = length < SHORT || text.charAt(0) >= 0x80 || text.charAt(length / 2) >= 0x80
                ? null
                : text.getBytes(StandardCharsets.UTF_8);
        if (ascii != null && ascii.length == length && !hasHalf(text, ascii)) {
            runs(ascii);
        } else {
            for (int from = 0; from < length; from += BLOCK) {
                characters(text, from, Math.min(length, from + BLOCK));
            }
        }
        put('"');
    }

    /** Whether half of a pair is in it: it became a question mark. Everything else in it is ASCII. */
    private static boolean hasHalf(String text, byte[] utf8) {
        int mark = Skimmer.find(utf8, 0, '?');
        while (mark < utf8.length && text.charAt(mark) == '?') {
            mark = Skimmer.find(utf8, mark + 1, '?');
        }
        return mark < utf8.length;
    }

    private void runs(byte[] ascii) {
        int from = 0;
        while (from < ascii.length) {
            int to = Skimmer.plain(ascii, from);
            reserve(to - from + LONGEST_ESCAPE);
            System.arraycopy(ascii, from, out, size, to - from);
            size += to - from;
            if (to < ascii.length) {
                escape((char) ascii[to]);
            }
            from = to + 1;
        }
    }

    private void characters(String text, int from, int to) {
        reserve(LONGEST_ESCAPE * (to - from));
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                if (c < ' ' || c == '"' || c == '\\') {
                    escape(c);
                } else {
                    out[size++] = (byte) c;
                }
            } else if (c < 0x800) {
                out[size++] = (byte) (0xc0 | (c >> 6));
                follow(c);
            } else if (!Character.isSurrogate(c)) {
                out[size++] = (byte) (0xe0 | (c >> 12));
                follow(c >> 6);
                follow(c);
            } else {
                surrogate(text, i);
            }
        }
    }

    private void follow(int bits) {
        out[size++] = (byte) (0x80 | (bits & 0x3f));
    }

    /** The first half of a pair is written for both. */
    private void surrogate(String text, int i) {
        char c = text.charAt(i);
        if (i > 0 && Character.isSurrogatePair(text.charAt(i - 1), c)) {
            return;
        }
        int code = text.codePointAt(i);
        if (code == c) {
            unicode(c);
            return;
        }
        out[size++] = (byte) (0xf0 | (code >> 18));
        follow(code >> 12);
        follow(code >> 6);
        follow(code);
    }

    private void escape(char c) {
        switch (c) {
            case '"', '\\' -> pair(c);
            case '\b' -> pair('b');
            case '\f' -> pair('f');
            case '\n' -> pair('n');
            case '\r' -> pair('r');
            case '\t' -> pair('t');
            default -> unicode(c);
        }
    }

    private void pair(char letter) {
        out[size++] = '\\';
        out[size++] = (byte) letter;
    }

    private void unicode(char c) {
        pair('u');
        for (int shift = 12; shift >= 0; shift -= 4) {
            out[size++] = (byte) HEX.charAt((c >> shift) & 0xf);
        }
    }

    private void put(char ascii) {
        reserve(1);
        out[size++] = (byte) ascii;
    }

    private void ascii(String text) {
        reserve(text.length());
        for (int i = 0; i < text.length(); i++) {
            out[size++] = (byte) text.charAt(i);
        }
    }

    private void bytes(byte[] all) {
        reserve(all.length);
        System.arraycopy(all, 0, out, size, all.length);
        size += all.length;
    }

    private void reserve(int more) {
        if (out.length - size < more) {
            out = Arrays.copyOf(out, Math.max(2 * out.length, size + more));
        }
    }
}
