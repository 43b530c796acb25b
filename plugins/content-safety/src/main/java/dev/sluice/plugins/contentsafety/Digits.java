package dev.sluice.plugins.contentsafety;

import java.util.ArrayList;
import java.util.List;

/**
 * Digits of a text that may be one number: no more stands between two of them than numbers are written with. Most text has
 * few of them, so that what looks for numbers need not look elsewhere.
 *
 * @param first the place of the first digit
 * @param last that of the last one
 * @param count how many there are
 */
record Digits(int first, int last, int count) {
    private static final String BETWEEN = " ().-/";

    /** What stands between two digits of a number, at most: a bracket, and two more. */
    private static final int MOST_BETWEEN = 3;

    /** All of a text, in order; the digits of two of them are of two numbers. */
    static List<Digits> of(String plain) {
        List<Digits> all = new ArrayList<>();
        int first = -1;
        int last = 0;
        int count = 0;
        for (int i = 0; i < plain.length(); i++) {
            if (!isDigit(plain, i)) {
                continue;
            }
            if (first >= 0 && !areNear(plain, last, i)) {
                all.add(new Digits(first, last, count));
                first = -1;
            }
            if (first < 0) {
                first = i;
                count = 0;
            }
            last = i;
            count++;
        }
        if (first >= 0) {
            all.add(new Digits(first, last, count));
        }
        return all;
    }

    static boolean isDigit(String text, int at) {
        char c = text.charAt(at);
        return c >= '0' && c <= '9';
    }

    private static boolean areNear(String plain, int last, int next) {
        if (next - last > MOST_BETWEEN + 1) {
            return false;
        }
        for (int i = last + 1; i < next; i++) {
            if (BETWEEN.indexOf(plain.charAt(i)) < 0) {
                return false;
            }
        }
        return true;
    }
}
