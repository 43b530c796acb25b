package dev.sluice.plugins.modelfallback;

/** Globs over names, {@code *} for any run of characters. */
final class Globs {
    private Globs() {}

    static boolean matches(String glob, String text) {
        int g = 0;
        int star = -1;
        int mark = 0;
        int t = 0;
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

    /** Whether the first glob surely matches whatever the second does. */
    static boolean covers(String first, String second) {
        return first.equals("*") || first.equals(second) || (second.indexOf('*') < 0 && matches(first, second));
    }
}
