package dev.sluice.api.llm;

import java.io.ByteArrayOutputStream;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Where the value of one text field stands among a form's bytes. Immutable. */
final class FormField {
    private static final Pattern BOUNDARY =
            Pattern.compile(";\\s*boundary=(?:\"([^\"]+)\"|([^\\s;\"]+))", Pattern.CASE_INSENSITIVE);
    private static final Pattern NAME = Pattern.compile(";\\s*name=(?:\"([^\"]*)\"|([^\\s;\"]+))");
    private static final Pattern FILE = Pattern.compile(";\\s*filename\\*?=");
    private static final byte[] HEAD_END = ascii("\r\n\r\n");
    private static final byte[] LAST = ascii("--");

    private final byte[] form;
    private final int from;
    private final int to;
    private final boolean encoded;

    private FormField(byte[] form, int from, int to, boolean encoded) {
        this.form = form;
        this.from = from;
        this.to = to;
        this.encoded = encoded;
    }

    /** The field; null if this is no form, or it has no such field, or several: which one counts is not ours to say. */
    static @Nullable FormField find(String contentType, byte[] form, String name) {
        String type = contentType.toLowerCase(Locale.ROOT);
        if (type.startsWith("application/x-www-form-urlencoded")) {
            return inPairs(form, name);
        }
        Matcher boundary = BOUNDARY.matcher(contentType);
        return type.startsWith("multipart/form-data") && boundary.find()
                ? inParts(form, name, boundary.group(1) == null ? boundary.group(2) : boundary.group(1))
                : null;
    }

    private static @Nullable FormField inPairs(byte[] form, String name) {
        FormField found = null;
        for (int at = 0; at <= form.length; ) {
            int amp = find(form, at, new byte[] {'&'});
            int end = amp < 0 ? form.length : amp;
            int equals = find(form, at, new byte[] {'='});
            if (equals >= 0 && equals < end && name.equals(decoded(form, at, equals))) {
                if (found != null) {
                    return null;
                }
                found = new FormField(form, equals + 1, end, true);
            }
            at = end + 1;
        }
        return found;
    }

    private static @Nullable FormField inParts(byte[] form, String name, String boundary) {
        byte[] first = ascii("--" + boundary);
        byte[] next = ascii("\r\n--" + boundary);
        FormField found = null;
        int at = find(form, 0, first);
        int delimiter = first.length;
        while (at >= 0) {
            int head = at + delimiter;
            if (find(form, head, LAST) == head) {
                return found;
            }
            int headEnd = find(form, head, HEAD_END);
            int value = headEnd + HEAD_END.length;
            int end = headEnd < 0 ? -1 : find(form, value, next);
            if (end < 0) {
                return null;
            }
            if (isField(new String(form, head, headEnd - head, StandardCharsets.UTF_8), name)) {
                if (found != null) {
                    return null;
                }
                found = new FormField(form, value, end, false);
            }
            at = end;
            delimiter = next.length;
        }
        return null;
    }

    private static boolean isField(String head, String name) {
        for (String line : head.split("\r\n", -1)) {
            if (line.toLowerCase(Locale.ROOT).startsWith("content-disposition:")
                    && !FILE.matcher(line).find()) {
                Matcher named = NAME.matcher(line);
                if (named.find()) {
                    return name.equals(named.group(1) == null ? named.group(2) : named.group(1));
                }
            }
        }
        return false;
    }

    String value() {
        return encoded ? decoded(form, from, to) : new String(form, from, to - from, StandardCharsets.UTF_8);
    }

    /** The form with another value there; every other byte is the same. */
    byte[] with(String value) {
        String written = encoded ? URLEncoder.encode(value, StandardCharsets.UTF_8) : value;
        ByteArrayOutputStream out = new ByteArrayOutputStream(form.length + written.length());
        out.write(form, 0, from);
        out.writeBytes(written.getBytes(StandardCharsets.UTF_8));
        out.write(form, to, form.length - to);
        return out.toByteArray();
    }

    private static String decoded(byte[] form, int from, int to) {
        String text = new String(form, from, to - from, StandardCharsets.UTF_8);
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException notEncoded) {
            return text;
        }
    }

    private static int find(byte[] in, int from, byte[] what) {
        for (int i = from; i <= in.length - what.length; i++) {
            int j = 0;
            while (j < what.length && in[i + j] == what[j]) {
                j++;
            }
            if (j == what.length) {
                return i;
            }
        }
        return -1;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
