package dev.sluice.plugins.keyfailover;

import dev.sluice.api.ConfigException;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.IntStream;

/** The error statuses that a list of patterns means; each pattern stands for a whole status. Immutable. */
final class StatusPatterns {
    /** Errors of a request, whatever key it came with. */
    static final Set<Integer> CLIENTS_OWN = Set.of(400, 404, 413, 422);

    private static final int FIRST = 100;
    private static final int FIRST_ERROR = 400;
    private static final int END = 600;

    private final BitSet statuses;

    private StatusPatterns(BitSet statuses) {
        this.statuses = statuses;
    }

    /** All errors but the client's own. */
    static StatusPatterns errors() {
        BitSet all = new BitSet();
        all.set(FIRST_ERROR, END);
        CLIENTS_OWN.forEach(all::clear);
        return new StatusPatterns(all);
    }

    /**
     * What these patterns match, but for the client's own errors.
     *
     * @param field where they stand, for messages
     * @throws ConfigException if one is no pattern, or matches what cannot be meant
     */
    static StatusPatterns of(String field, List<String> patterns) {
        BitSet all = new BitSet();
        for (int i = 0; i < patterns.size(); i++) {
            all.or(matched(field + "[" + i + "]", patterns.get(i)));
        }
        return new StatusPatterns(all);
    }

    private static BitSet matched(String path, String text) {
        Pattern pattern;
        try {
            pattern = Pattern.compile(text);
        } catch (PatternSyntaxException e) {
            throw new ConfigException(
                    path,
                    "'" + text + "' is no regular expression: " + e.getDescription() + "; write '429' or '5..', say");
        }
        BitSet matched = new BitSet();
        IntStream.range(FIRST, END)
                .filter(status -> pattern.matcher(Integer.toString(status)).matches())
                .forEach(matched::set);
        if (matched.isEmpty()) {
            throw new ConfigException(
                    path, "'" + text + "' matches no status: it must match all three digits, as '429' or '5..' do");
        }
        int good = matched.nextSetBit(FIRST);
        if (good < FIRST_ERROR) {
            throw new ConfigException(
                    path,
                    "'" + text + "' matches " + good + ", which is no error: match statuses of 400 and more only");
        }
        if (matched.stream().allMatch(CLIENTS_OWN::contains)) {
            throw new ConfigException(
                    path,
                    "'" + text + "' matches only errors of the client's own (400, 404, 413, 422), which no other key"
                            + " mends: remove it");
        }
        CLIENTS_OWN.forEach(matched::clear);
        return matched;
    }

    boolean match(int status) {
        return status > 0 && statuses.get(status);
    }
}
