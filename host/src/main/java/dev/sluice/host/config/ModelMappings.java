package dev.sluice.host.config;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Checks model mappings: patterns that compile, and no two globs between which nothing decides. */
final class ModelMappings {
    private static final String REGEX = "~";

    private final Places places;
    private final List<Problem> problems;

    ModelMappings(Places places, List<Problem> problems) {
        this.places = places;
        this.problems = problems;
    }

    /** Reports what is wrong in the mapping at that path. */
    void check(Map<String, String> mapping, String path) {
        List<String> globs = new ArrayList<>();
        for (String key : mapping.keySet()) {
            if (key.startsWith(REGEX)) {
                regex(key, path);
            } else if (key.contains("*")) {
                globs.stream()
                        .filter(other -> other.length() == key.length() && overlap(other, key))
                        .findFirst()
                        .ifPresent(other -> problems.add(places.keyProblem(
                                path + '.' + key,
                                "a model may match both this and '" + other
                                        + "', which is as long: make one of them longer")));
                globs.add(key);
            }
        }
    }

    private void regex(String key, String path) {
        try {
            Pattern.compile(key.substring(REGEX.length()));
        } catch (StackOverflowError e) {
            problems.add(places.keyProblem(path + '.' + key, "a regular expression nested too deep: simplify it"));
        } catch (PatternSyntaxException e) {
            problems.add(places.keyProblem(
                    path + '.' + key,
                    "not a regular expression (RE2): " + e.getDescription() + ": '" + e.getPattern() + "'"));
        }
    }

    /** Whether some text matches both globs. */
    static boolean overlap(String one, String other) {
        // reach[j]: what is read of one and the first j characters of other can be the same text.
        boolean[] reach = new boolean[other.length() + 1];
        reach[0] = true;
        for (int j = 1; j <= other.length(); j++) {
            reach[j] = reach[j - 1] && other.charAt(j - 1) == '*';
        }
        for (int i = 1; i <= one.length(); i++) {
            boolean star = one.charAt(i - 1) == '*';
            boolean diagonal = reach[0];
            reach[0] &= star;
            for (int j = 1; j <= other.length(); j++) {
                boolean above = reach[j];
                boolean otherStar = other.charAt(j - 1) == '*';
                boolean same = one.charAt(i - 1) == other.charAt(j - 1);
                reach[j] = (star || otherStar) ? above || reach[j - 1] || diagonal : same && diagonal;
                diagonal = above;
            }
        }
        return reach[other.length()];
    }
}
