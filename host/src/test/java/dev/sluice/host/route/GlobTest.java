package dev.sluice.host.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {

    @ParameterizedTest
    @CsvSource({
        "'', '', true",
        "'', a, false",
        "*, '', true",
        "*, a/b, true",
        "a*, a, true",
        "a*, b, false",
        "*a, ba, true",
        "*a, ab, false",
        "a*c, abc, true",
        "a*c, ac, true",
        "a*c, abcd, false",
        "a**c, abbc, true",
        "*b*, abc, true",
        "*ab*ab, abab, true",
        "*ab*ab, aba, false",
        "a?c, abc, false",
        "A*, abc, false",
    })
    void matchesText(String glob, String text, boolean matches) {
        assertThat(Glob.matches(glob, text)).isEqualTo(matches);
    }

    @Test
    void agreesWithRegularExpressions() {
        Random random = new Random(11);
        int matching = 0;
        for (int i = 0; i < 100_000; i++) {
            String glob = text(random, "ab*", 6);
            String text = text(random, "ab", 8);
            boolean expected = Pattern.matches(glob.replaceAll("\\*+", ".*"), text);
            matching += expected ? 1 : 0;
            assertThat(Glob.matches(glob, text)).as("%s of %s", glob, text).isEqualTo(expected);
        }
        assertThat(matching).isBetween(10_000, 90_000);
    }

    /** Trying every way to share the segments out would take more steps than there is time. */
    @Test
    void manyStarsDoNotMultiply() {
        String glob = "/**/a".repeat(40) + "/**/b";
        String path = "/a".repeat(2_000);

        assertThat(matchesPath(glob, path)).isFalse();
        assertThat(matchesPath(glob, path + "/b")).isTrue();
        assertThat(matchesPath("/" + "**/".repeat(500) + "x", path)).isFalse();
        assertThat(Glob.matches("*a".repeat(40) + "b", "a".repeat(4_000))).isFalse();
    }

    private static boolean matchesPath(String glob, String path) {
        return Glob.matchesSegments(Glob.segments(glob), Glob.segments(path));
    }

    private static String text(Random random, String alphabet, int max) {
        StringBuilder text = new StringBuilder();
        int length = random.nextInt(max + 1);
        for (int i = 0; i < length; i++) {
            text.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return text.toString();
    }
}
