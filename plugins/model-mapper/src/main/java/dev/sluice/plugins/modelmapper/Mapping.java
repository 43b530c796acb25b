package dev.sluice.plugins.modelmapper;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.sluice.api.ConfigException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Model names, from what a client asks for to what is asked: exact match, else the longest matching glob, else the first
 * matching {@code ~regex} in listed order, else {@code *}. Regular expressions run in linear time, as clients choose
 * the names. Immutable.
 */
final class Mapping {
    private record ByPattern(String key, Pattern pattern, String target) {}

    private final Map<String, String> exact = new HashMap<>();
    private final List<ByPattern> globs = new ArrayList<>();
    private final List<ByPattern> patterns = new ArrayList<>();
    private final @Nullable String otherwise;

    Mapping(Map<String, String> mapping) {
        mapping.forEach((from, to) -> {
            if (from.isEmpty()) {
                throw new ConfigException("modelMapping", "a model needs a name: name it, or remove the empty key");
            } else if (from.startsWith("~")) {
                patterns.add(new ByPattern(from, compile(from), to));
            } else if (from.equals("*")) {
                return;
            } else if (from.contains("*")) {
                glob(from, to);
            } else {
                exact.put(from, to);
            }
        });
        globs.sort(
                Comparator.comparingInt((ByPattern glob) -> glob.key().length()).reversed());
        otherwise = mapping.get("*");
    }

    private static Pattern compile(String key) {
        try {
            return Pattern.compile(key.substring(1));
        } catch (PatternSyntaxException e) {
            throw new ConfigException(
                    "modelMapping." + key,
                    "not a regular expression (RE2): " + e.getDescription() + ": '" + e.getPattern() + "'");
        }
    }

    private void glob(String key, String target) {
        for (ByPattern other : globs) {
            if (other.key().length() == key.length() && overlap(other.key(), key)) {
                throw new ConfigException(
                        "modelMapping." + key,
                        "a model may match both this and '" + other.key()
                                + "', which is as long: make one of them longer");
            }
        }
        StringBuilder regex = new StringBuilder("(?s)");
        for (String literal : key.split("\\*", -1)) {
            regex.append(regex.length() == 4 ? "" : ".*").append(Pattern.quote(literal));
        }
        globs.add(new ByPattern(key, Pattern.compile(regex.toString()), target));
    }

    /** Whether some text matches both globs. */
    private static boolean overlap(String one, String other) {
        // both[i][j]: whether some text matches what is left of one behind i, and of other behind j.
        boolean[][] both = new boolean[one.length() + 2][other.length() + 2];
        for (int i = one.length(); i >= 0; i--) {
            for (int j = other.length(); j >= 0; j--) {
                char a = i < one.length() ? one.charAt(i) : 0;
                char b = j < other.length() ? other.charAt(j) : 0;
                if (a == '*' || b == '*') {
                    both[i][j] = (a != 0 && both[i + 1][j]) || (b != 0 && both[i][j + 1]);
                } else {
                    both[i][j] = a == b && (a == 0 || both[i + 1][j + 1]);
                }
            }
        }
        return both[0][0];
    }

    /**
     * The model to ask for.
     *
     * @param model what the request names; null if it names none
     * @return null if it stays as it is
     */
    @Nullable
    String map(@Nullable String model) {
        String target = model == null ? otherwise : find(model);
        return target == null || target.isEmpty() || target.equals(model) ? null : target;
    }

    private @Nullable String find(String model) {
        String target = exact.get(model);
        if (target != null) {
            return target;
        }
        for (List<ByPattern> list : List.of(globs, patterns)) {
            for (ByPattern entry : list) {
                if (entry.pattern().matches(model)) {
                    return entry.target();
                }
            }
        }
        return otherwise;
    }
}
