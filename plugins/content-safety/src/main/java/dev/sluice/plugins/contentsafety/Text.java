package dev.sluice.plugins.contentsafety;

import java.text.Normalizer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A text and what it says once disguises are taken off: escapes of JSON resolved, compatibility forms made plain, what is
 * invisible left out. Places in the plain text are led back to places in the text itself. Immutable to its users; the
 * plain forms are made when first asked for, by one thread at a time.
 */
final class Text {
    private static final int BMP = 0x10000;

    /** Plain forms by character, filled as they are met: the same whoever fills them. */
    private static final @Nullable String[] PLAIN = new @Nullable String[BMP];

    private static final String INVISIBLE = "";

    private final String raw;
    private final boolean json;
    private @Nullable String plain;
    private @Nullable String folded;
    private int @Nullable [] begins;
    private int @Nullable [] ends;

    private Text(String raw, boolean json) {
        this.raw = raw;
        this.json = json;
    }

    /** A text as people read it. */
    static Text of(String raw) {
        return new Text(raw, false);
    }

    /** JSON as text, or a piece of it: what stands in its strings counts. */
    static Text json(String raw) {
        return new Text(raw, true);
    }

    String raw() {
        return raw;
    }

    boolean isJson() {
        return json;
    }

    int length() {
        return raw.length();
    }

    /** The text without disguises; letters in the case they are in. */
    String plain() {
        String p = plain;
        if (p == null) {
            p = isPlain() ? raw : strip();
            plain = p;
        }
        return p;
    }

    /** The plain text in one case and one alphabet for letters that look alike; of the plain text's length. */
    String folded() {
        String f = folded;
        if (f == null) {
            f = fold(plain());
            folded = f;
        }
        return f;
    }

    /** A finding in the plain text, at its place in the text itself. */
    Finding back(Finding found) {
        int[] b = begins;
        int[] e = ends;
        return b == null || e == null || !found.hasPlace() ? found : found.placed(b[found.from()], e[found.to() - 1]);
    }

    private boolean isPlain() {
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c >= 0x7F || (c < ' ' && c != '\n' && c != '\t' && c != '\r') || (json && c == '\\')) {
                return false;
            }
        }
        return true;
    }

    private String strip() {
        StringBuilder out = new StringBuilder(raw.length());
        int[] from = new int[raw.length() + 16];
        int[] to = new int[raw.length() + 16];
        for (int i = 0; i < raw.length(); ) {
            int c = raw.codePointAt(i);
            int width = Character.charCount(c);
            if (json && c == '\\' && i + 1 < raw.length()) {
                width = escape(i);
                c = unescaped(i, width);
            }
            String says = plainOf(c);
            int at = out.length();
            out.append(says);
            if (out.length() > from.length) {
                from = Arrays.copyOf(from, Math.max(out.length(), 2 * from.length));
                to = Arrays.copyOf(to, from.length);
            }
            Arrays.fill(from, at, out.length(), i);
            Arrays.fill(to, at, out.length(), i + width);
            i += width;
        }
        begins = from;
        ends = to;
        return out.toString();
    }

    private int escape(int at) {
        boolean unicode = raw.charAt(at + 1) == 'u' && at + 6 <= raw.length();
        for (int i = at + 2; unicode && i < at + 6; i++) {
            unicode = Character.digit(raw.charAt(i), 16) >= 0;
        }
        return unicode ? 6 : 2;
    }

    private int unescaped(int at, int width) {
        if (width == 6) {
            return Integer.parseInt(raw, at + 2, at + 6, 16);
        }
        char c = raw.charAt(at + 1);
        return switch (c) {
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'b', 'f' -> ' ';
            default -> c;
        };
    }

    /** What a character says when it is not disguised; empty for one that nobody sees. */
    static String plainOf(int c) {
        if (c >= BMP) {
            return make(c);
        }
        String known = PLAIN[c];
        if (known == null) {
            known = make(c);
            PLAIN[c] = known;
        }
        return known;
    }

    private static String make(int c) {
        if (isInvisible(c)) {
            return INVISIBLE;
        }
        String one = Character.toString(c);
        // Letters with marks fall apart, so that marks can be left out; syllables and ideographs stay whole.
        boolean marked = (c >= 0xC0 && c < 0x530) || (c >= 0x1E00 && c < 0x2000);
        String plain = Normalizer.normalize(one, marked ? Normalizer.Form.NFKD : Normalizer.Form.NFKC);
        StringBuilder out = new StringBuilder(plain.length());
        plain.codePoints().filter(p -> !isInvisible(p)).forEach(out::appendCodePoint);
        return out.toString();
    }

    /** Whether nobody sees it: controls, marks of direction, joiners, variation selectors, tags, stray diacritics. */
    static boolean isInvisible(int c) {
        if (c < 0x7F) {
            return c < ' ' && c != '\n' && c != '\t' && c != '\r';
        }
        int type = Character.getType(c);
        return type == Character.FORMAT
                || type == Character.CONTROL
                || (c >= 0x300 && c <= 0x36F)
                || (c >= 0x20D0 && c <= 0x20FF)
                || (c >= 0xFE00 && c <= 0xFE0F)
                || (c >= 0xE0100 && c <= 0xE01EF)
                || c == 0x115F
                || c == 0x1160
                || c == 0x3164
                || c == 0xFFA0
                || c == 0x2800;
    }

    private static String fold(String plain) {
        char[] chars = plain.toCharArray();
        for (int i = 0; i < chars.length; i++) {
            chars[i] = LookAlikes.fold(chars[i]);
        }
        return new String(chars);
    }
}
