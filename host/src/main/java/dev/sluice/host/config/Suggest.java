package dev.sluice.host.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Guesses what an operator meant by a word that is not known. */
final class Suggest {
    private static final int MAX_DISTANCE = 2;
    private static final int MAX_LISTED = 12;

    private Suggest() {}

    /** {@code did you mean 'ttl'?} where one known word is near, else what is known; empty if nothing is. */
    static String hint(String word, Collection<String> known) {
        Optional<String> near = near(word, known);
        if (near.isPresent()) {
            return "did you mean '" + near.get() + "'?";
        }
        return known.isEmpty() ? "" : "known: " + list(known);
    }

    /** The words, sorted, the many cut short. */
    static String list(Collection<String> words) {
        String listed =
                String.join(", ", words.stream().sorted().limit(MAX_LISTED).toList());
        return words.size() > MAX_LISTED ? listed + ", …" : listed;
    }

    /** The known word that is at most two slips away, or that one begins with the other. */
    static Optional<String> near(String word, Collection<String> known) {
        String lower = word.toLowerCase(Locale.ROOT);
        Optional<String> slipped = known.stream()
                .filter(candidate -> distance(lower, candidate) <= Math.min(MAX_DISTANCE, candidate.length() / 2))
                .min(Comparator.<String>comparingInt(candidate -> distance(lower, candidate))
                        .thenComparing(Comparator.naturalOrder()));
        return slipped.or(() -> known.stream()
                .filter(candidate -> isPrefix(lower, candidate.toLowerCase(Locale.ROOT)))
                .min(Comparator.naturalOrder()));
    }

    private static boolean isPrefix(String word, String candidate) {
        return word.length() >= 3
                && candidate.length() >= 3
                && (candidate.startsWith(word) || word.startsWith(candidate));
    }

    /** Levenshtein's distance, letters of either case alike. */
    private static int distance(String lower, String candidate) {
        String other = candidate.toLowerCase(Locale.ROOT);
        int[] row = new int[other.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= lower.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int substituted = diagonal + (lower.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(substituted, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[other.length()];
    }
}
