package dev.sluice.host.route;

import org.jspecify.annotations.Nullable;

/** Request paths, brought into the one form that is matched and that filters see. */
public final class Paths {
    private Paths() {}

    /**
     * Resolves {@code //}, {@code .}, {@code ..} and encoded dots; encoded slashes stay encoded.
     *
     * @param raw the path as sent, without query
     * @return null if it is not absolute, climbs above the root, or holds a broken percent sign or a control character
     */
    public static @Nullable String normalize(String raw) {
        if (raw.isEmpty() || raw.charAt(0) != '/') {
            return null;
        }
        return isNormal(raw) ? raw : rebuild(raw);
    }

    private static boolean isNormal(String raw) {
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c == '%' || c <= ' ' || c >= 0x7f || c == '\\') {
                return false;
            }
            if (c == '/' && i + 1 < raw.length()) {
                char next = raw.charAt(i + 1);
                if (next == '/' || next == '.') {
                    return false;
                }
            }
        }
        return true;
    }

    private static @Nullable String rebuild(String raw) {
        StringBuilder decoded = new StringBuilder(raw.length());
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c <= ' ' || c == 0x7f || c == '\\') {
                return null;
            }
            if (c != '%') {
                decoded.append(c);
                continue;
            }
            int value = i + 2 < raw.length() ? hex(raw.charAt(i + 1)) * 16 + hex(raw.charAt(i + 2)) : -1;
            if (value < 0 || value == 0) {
                return null;
            }
            // Unreserved characters mean the same encoded or not (RFC 3986, section 6.2.2.2): one spelling is matched.
            if (isUnreserved(value)) {
                decoded.append((char) value);
            } else {
                decoded.append('%')
                        .append(Character.toUpperCase(raw.charAt(i + 1)))
                        .append(Character.toUpperCase(raw.charAt(i + 2)));
            }
            i += 2;
        }
        return resolveDots(decoded);
    }

    private static @Nullable String resolveDots(CharSequence path) {
        StringBuilder out = new StringBuilder(path.length());
        int at = 0;
        while (at < path.length()) {
            int end = at + 1;
            while (end < path.length() && path.charAt(end) != '/') {
                end++;
            }
            String segment = path.subSequence(at + 1, end).toString();
            boolean last = end == path.length();
            switch (segment) {
                case "", "." -> {
                    if (last) {
                        out.append('/');
                    }
                }
                case ".." -> {
                    int parent = out.lastIndexOf("/");
                    if (parent < 0) {
                        return null;
                    }
                    out.setLength(parent);
                    if (last) {
                        out.append('/');
                    }
                }
                default -> out.append('/').append(segment);
            }
            at = end;
        }
        return out.isEmpty() ? "/" : out.toString();
    }

    private static int hex(char c) {
        int digit = c < 0x80 ? Character.digit(c, 16) : -1;
        return digit < 0 ? -1000 : digit;
    }

    private static boolean isUnreserved(int c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '-'
                || c == '.'
                || c == '_'
                || c == '~';
    }
}
