package dev.sluice.host.exchange;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * One pass over a JSON object as it mostly comes, eight bytes of a string at a time; gives up at whatever it is not sure
 * of, which is then a parser's to judge. So it may refuse what a parser takes, and never takes what a parser refuses or
 * reads in another way (RFC 8259; UTF-8 by RFC 3629).
 */
final class Skimmer {
    /** In place of a position: given up. */
    private static final int UNSURE = -1;

    static final int DEEPEST = 64;
    private static final int LONGEST_NUMBER = 100;
    static final int LONGEST_NAME = 1000;
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;

    /** What is told of the object. */
    interface Fields {
        /**
         * One field, in order.
         *
         * @param name where its name's first byte is; all of them are ASCII and stand for themselves
         * @param nameEnd behind its last, where the quote is
         * @param value where the value's first byte is
         * @param end behind its last
         */
        void add(int name, int nameEnd, int value, int end);
    }

    private final byte[] bytes;
    private final int deepest;
    private final Fields fields;

    private Skimmer(byte[] bytes, int deepest, Fields fields) {
        this.bytes = bytes;
        this.deepest = Math.min(deepest, DEEPEST);
        this.fields = fields;
    }

    /**
     * Tells the fields of that object in their order.
     *
     * @param deepest how deep values may be nested, the object itself included
     * @return whether it was sure of all of it; what it has told is worth nothing otherwise
     */
    static boolean skim(byte[] bytes, int deepest, Fields fields) {
        Skimmer skimmer = new Skimmer(bytes, deepest, fields);
        int start = space(bytes, 0);
        return skimmer.byteAt(start) == '{' && space(bytes, skimmer.object(start, 1)) == bytes.length;
    }

    /** The byte there; -1 at the end, and where there is no position: no byte of ASCII either way. */
    private int byteAt(int at) {
        return at >= 0 && at < bytes.length ? bytes[at] : -1;
    }

    /** Behind the space there; stays where there is no position. */
    static int space(byte[] bytes, int from) {
        int at = from;
        while (at >= 0 && at < bytes.length && isSpace(bytes[at])) {
            at++;
        }
        return at;
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || b == '\n' || b == '\r' || b == '\t';
    }

    private int value(int at, int depth) {
        return switch (byteAt(at)) {
            case '{' -> depth < deepest ? object(at, depth + 1) : UNSURE;
            case '[' -> depth < deepest ? array(at, depth + 1) : UNSURE;
            case '"' -> string(at + 1);
            case 't' -> word(bytes, at, "true");
            case 'f' -> word(bytes, at, "false");
            case 'n' -> word(bytes, at, "null");
            default -> number(at);
        };
    }

    /** Not sure of a name that is not plain ASCII: there may be other ways to write it, or none. */
    private int object(int start, int depth) {
        int at = space(bytes, start + 1);
        if (byteAt(at) == '}') {
            return at + 1;
        }
        while (byteAt(at) == '"') {
            int name = at + 1;
            int nameEnd = plain(bytes, name);
            int colon = byteAt(nameEnd) == '"' ? space(bytes, nameEnd + 1) : UNSURE;
            int value = byteAt(colon) == ':' ? space(bytes, colon + 1) : UNSURE;
            int end = value(value, depth);
            if (end < 0 || nameEnd - name > LONGEST_NAME) {
                return UNSURE;
            }
            if (depth == 1) {
                fields.add(name, nameEnd, value, end);
            }
            at = space(bytes, end);
            if (byteAt(at) != ',') {
                return byteAt(at) == '}' ? at + 1 : UNSURE;
            }
            at = space(bytes, at + 1);
        }
        return UNSURE;
    }

    private int array(int start, int depth) {
        int at = space(bytes, start + 1);
        if (byteAt(at) == ']') {
            return at + 1;
        }
        while (true) {
            at = space(bytes, value(at, depth));
            if (byteAt(at) != ',') {
                return byteAt(at) == ']' ? at + 1 : UNSURE;
            }
            at = space(bytes, at + 1);
        }
    }

    /** Behind that word, whose first letter is there; negative if it is another one. */
    static int word(byte[] bytes, int at, String word) {
        for (int i = 1; i < word.length(); i++) {
            if (at + i >= bytes.length || bytes[at + i] != word.charAt(i)) {
                return UNSURE;
            }
        }
        return at + word.length();
    }

    private int number(int from) {
        int at = byteAt(from) == '-' ? from + 1 : from;
        int end = digits(at);
        if (end == at || (byteAt(at) == '0' && end > at + 1)) {
            return UNSURE;
        }
        if (byteAt(end) == '.') {
            at = end + 1;
            end = digits(at);
            if (end == at) {
                return UNSURE;
            }
        }
        if (byteAt(end) == 'e' || byteAt(end) == 'E') {
            at = byteAt(end + 1) == '-' || byteAt(end + 1) == '+' ? end + 2 : end + 1;
            end = digits(at);
            if (end == at) {
                return UNSURE;
            }
        }
        return end - from <= LONGEST_NUMBER ? end : UNSURE;
    }

    private int digits(int from) {
        int at = from;
        while (byteAt(at) >= '0' && byteAt(at) <= '9') {
            at++;
        }
        return at;
    }

    /** Where it ends, behind its quote. */
    private int string(int from) {
        int at = from;
        while (true) {
            at = plain(bytes, at);
            int b = byteAt(at);
            if (b == '"') {
                return at + 1;
            }
            if (b == '\\') {
                at = escape(at + 1);
            } else if (b < 0) {
                at = beyondAscii(at);
            } else {
                return UNSURE;
            }
            if (at < 0) {
                return UNSURE;
            }
        }
    }

    /** Where the first byte is that is no plain ASCII of a string: a quote, backslash, control character, or over 0x7f. */
    static int plain(byte[] bytes, int from) {
        int at = from;
        while (at + Long.BYTES <= bytes.length) {
            long eight = (long) LONGS.get(bytes, at);
            long quote = eight ^ ('"' * ONES);
            long backslash = eight ^ ('\\' * ONES);
            // The classical test for a zero byte, and for one below a bound: what it finds first is right.
            long found = ((quote - ONES) & ~quote)
                    | ((backslash - ONES) & ~backslash)
                    | ((eight - ' ' * ONES) & ~eight)
                    | eight;
            found &= HIGHS;
            if (found != 0) {
                return at + (Long.numberOfTrailingZeros(found) >>> 3);
            }
            at += Long.BYTES;
        }
        while (at < bytes.length && bytes[at] >= ' ' && bytes[at] != '"' && bytes[at] != '\\') {
            at++;
        }
        return at;
    }

    /** Where the next such character, of ASCII, is; the end if there is none. */
    static int find(byte[] bytes, int from, char wanted) {
        int at = from;
        while (at + Long.BYTES <= bytes.length) {
            long different = (long) LONGS.get(bytes, at) ^ (wanted * ONES);
            long found = (different - ONES) & ~different & HIGHS;
            if (found != 0) {
                return at + (Long.numberOfTrailingZeros(found) >>> 3);
            }
            at += Long.BYTES;
        }
        while (at < bytes.length && bytes[at] != wanted) {
            at++;
        }
        return at;
    }

    private int escape(int at) {
        return switch (byteAt(at)) {
            case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> at + 1;
            case 'u' -> isHex(at + 1) && isHex(at + 2) && isHex(at + 3) && isHex(at + 4) ? at + 5 : UNSURE;
            default -> UNSURE;
        };
    }

    private boolean isHex(int at) {
        return Character.digit(byteAt(at), 16) >= 0;
    }

    /** Behind all that is not ASCII there. */
    private int beyondAscii(int from) {
        int at = from;
        while (at < bytes.length && bytes[at] < 0) {
            int first = bytes[at] & 0xff;
            int length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
            if (first < 0xc2 || first > 0xf4 || !follow(at + 1, at + length) || !isShortest(first, bytes[at + 1])) {
                return UNSURE;
            }
            at += length;
        }
        return at == from ? UNSURE : at;
    }

    private boolean follow(int from, int to) {
        for (int i = from; i < to; i++) {
            if (i >= bytes.length || (bytes[i] & 0xc0) != 0x80) {
                return false;
            }
        }
        return true;
    }

    /** Whether it is written as short as can be, and is no half of a pair nor beyond the last character. */
    private static boolean isShortest(int first, byte second) {
        int next = second & 0xff;
        return switch (first) {
            case 0xe0 -> next >= 0xa0;
            case 0xed -> next < 0xa0;
            case 0xf0 -> next >= 0x90;
            case 0xf4 -> next < 0x90;
            default -> true;
        };
    }
}
