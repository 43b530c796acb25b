package dev.sluice.host.route;

/** Globs: {@code *} stands for any run of characters. */
final class Glob {
    private Glob() {}

    static boolean isLiteral(String glob) {
        return glob.indexOf('*') < 0;
    }

    /** Whether the whole text matches, {@code *} crossing every character. */
    static boolean matches(String glob, String text) {
        int g = 0;
        int t = 0;
        int star = -1;
        int mark = 0;
        while (t < text.length()) {
            if (g < glob.length() && glob.charAt(g) == '*') {
                star = g++;
                mark = t;
            } else if (g < glob.length() && glob.charAt(g) == text.charAt(t)) {
                g++;
                t++;
            } else if (star >= 0) {
                g = star + 1;
                t = ++mark;
            } else {
                return false;
            }
        }
        while (g < glob.length() && glob.charAt(g) == '*') {
            g++;
        }
        return g == glob.length();
    }

    /** A path, or a glob over one, cut at its slashes. */
    static String[] segments(String path) {
        return path.split("/", -1);
    }

    /** Whether the whole path matches: {@code *} within a segment, {@code **} across segments ({@code /a/**} also is /a). */
    static boolean matchesSegments(String[] globs, String[] segments) {
        int g = 0;
        int s = 0;
        int star = -1;
        int mark = 0;
        while (s < segments.length) {
            if (g < globs.length && globs[g].equals("**")) {
                star = g++;
                mark = s;
            } else if (g < globs.length && matches(globs[g], segments[s])) {
                g++;
                s++;
            } else if (star >= 0) {
                g = star + 1;
                s = ++mark;
            } else {
                return false;
            }
        }
        while (g < globs.length && globs[g].equals("**")) {
            g++;
        }
        return g == globs.length;
    }
}
