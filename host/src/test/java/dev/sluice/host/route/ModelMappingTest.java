package dev.sluice.host.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ModelMappingTest {

    @Test
    void prefersExactThenTheLongestGlobThenTheFirstRegexThenTheStar() {
        ModelMapping mapping = mapping(
                "*", "other",
                "~gpt-[0-9]", "first-regex",
                "~gpt-.", "second-regex",
                "gpt-4*", "short-glob",
                "gpt-4o-*", "long-glob",
                "gpt-4o-mini", "exact");

        assertThat(mapping.map("gpt-4o-mini")).isEqualTo("exact");
        assertThat(mapping.map("gpt-4o-max")).isEqualTo("long-glob");
        assertThat(mapping.map("gpt-4o")).isEqualTo("short-glob");
        assertThat(mapping.map("gpt-5")).isEqualTo("first-regex");
        assertThat(mapping.map("gpt-x")).isEqualTo("second-regex");
        assertThat(mapping.map("gpt-55")).as("a regex matches the whole name").isEqualTo("other");
        assertThat(mapping.map("")).isEqualTo("other");
    }

    @Test
    void anEmptyTargetKeepsTheNameAndLooksNoFurther() {
        ModelMapping mapping = mapping("keep", "", "keep-*", "", "~kept.", "", "*", "other");

        assertThat(mapping.map("keep")).isEqualTo("keep");
        assertThat(mapping.map("keep-it")).isEqualTo("keep-it");
        assertThat(mapping.map("kept1")).isEqualTo("kept1");
        assertThat(mapping.map("else")).isEqualTo("other");
    }

    @Test
    void withoutAStarWhatMatchesNothingKeepsItsName() {
        assertThat(mapping("a", "b").map("c")).isEqualTo("c");
        assertThat(mapping().map("c")).isEqualTo("c");
    }

    @Test
    @Timeout(20)
    void aHostileNameCostsNoMoreThanItsLength() {
        ModelMapping mapping = mapping("~(a+)+(b|a)+c", "x", "~(.*a){20}", "y", "*", "other");

        assertThat(mapping.map("a".repeat(5_000) + "!")).isEqualTo("other");
        assertThat(mapping.map("a*".repeat(100))).isEqualTo("other");
    }

    private static ModelMapping mapping(String... pairs) {
        Map<String, String> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put(pairs[i], pairs[i + 1]);
        }
        return new ModelMapping(map);
    }
}
