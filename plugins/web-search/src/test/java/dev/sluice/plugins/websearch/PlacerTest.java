package dev.sluice.plugins.websearch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.plugins.websearch.WebSearchConfig.Place;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The list of references in a text, however long it is and however it is cut. */
class PlacerTest {
    private static final List<Source> SOURCES = List.of(
            new Source("One [x](y) *z*", "https://a.example/1", "c", ""),
            new Source("Two 😀", "https://a.example/2", "c", ""),
            new Source("A document", "", "c", ""));
    private static final String LIST = "**References:**\n[1] [One \\[x\\](y) \\*z\\*](https://a.example/1)\n\n"
            + "[2] [Two 😀](https://a.example/2)\n\n[3] A document";

    private static References references(Place place) {
        return new References(SOURCES, Configs.referring(place));
    }

    private static String placed(Place place, boolean refers, List<String> pieces) {
        Placer placer = new Placer(references(place));
        StringBuilder out = new StringBuilder();
        pieces.forEach(piece -> out.append(placer.add(piece)));
        out.append(placer.finish(refers));
        assertThat(placer.text().toString()).isEqualTo(out.toString());
        if (placer.listAt() >= 0) {
            assertThat(out.substring(placer.listAt())).startsWith(LIST);
        }
        return out.toString();
    }

    @Test
    void theHeadIsBeforeTheFirstWords() {
        assertThat(placed(Place.HEAD, true, List.of("Hi."))).isEqualTo(LIST + "\n\nHi.");
        assertThat(placed(Place.HEAD, true, List.of(""))).isEqualTo(LIST);
        assertThat(placed(Place.HEAD, true, List.of())).isEqualTo(LIST);
        assertThat(placed(Place.HEAD, false, List.of("Hi."))).isEqualTo(LIST + "\n\nHi.");
        assertThat(placed(Place.HEAD, false, List.of())).isEmpty();
    }

    @Test
    void theTailIsBehindTheLast() {
        assertThat(placed(Place.TAIL, true, List.of("Hi", "."))).isEqualTo("Hi.\n\n" + LIST);
        assertThat(placed(Place.TAIL, true, List.of())).isEqualTo(LIST);
        assertThat(placed(Place.TAIL, false, List.of("Hi."))).isEqualTo("Hi.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "x",
                "<",
                "<thin",
                "<think>",
                "<think></think>",
                "<think>a < b</think>",
                "\n <think>x</think>\n\nHi.",
                "<think>a</thinking></think>Hi <think>b</think>",
                "<thinker>Hi",
                "Hi <think>x</think>",
                "<think>never ends",
                "one two [1] three",
                "12345678901234567890123456789012345"
            })
    void cutsMakeNoDifference(String text) {
        for (Place place : Place.values()) {
            String whole = placed(place, true, List.of(text));
            assertThat(whole.replace(LIST, "").replace("\n\n", "")).isEqualTo(text.replace("\n\n", ""));
            assertThat(whole).containsOnlyOnce(LIST);
            for (int i = 0; i <= text.length(); i++) {
                for (int j = i; j <= text.length(); j++) {
                    List<String> cut = List.of(text.substring(0, i), text.substring(i, j), text.substring(j));
                    assertThat(placed(place, true, cut)).isEqualTo(whole);
                }
            }
            assertThat(placed(
                            place,
                            true,
                            text.codePoints().mapToObj(Character::toString).toList()))
                    .isEqualTo(whole);
        }
    }

    @Test
    void whatItThinksStaysFirst() {
        assertThat(placed(Place.HEAD, true, List.of("<think>a</think>\n\nHi.")))
                .isEqualTo("<think>a</think>\n\n" + LIST + "\n\n\n\nHi.");
        assertThat(placed(Place.HEAD, true, List.of("<think>a"))).isEqualTo("<think>a\n\n" + LIST);
    }

    @ParameterizedTest
    @EnumSource
    void aHundredThousandCharacters(Place place) {
        String text = "0123456789".repeat(10_000);
        List<String> single = text.chars().mapToObj(Character::toString).toList();
        assertThat(placed(place, true, single)).isEqualTo(placed(place, true, List.of(text)));
    }

    @Test
    void annotationsPointAtWhatTheyCite() {
        String text = "😀 Yes [1], and a[2] or [2][1] but [9] nor [3] nor [1](x).";
        for (Place place : Place.values()) {
            Placer placer = new Placer(references(place));
            String whole = placer.add(text) + placer.finish(true);
            JsonNode all = references(place).annotations(placer.text(), placer.listAt());
            StringBuilder cited = new StringBuilder();
            for (JsonNode annotation : all) {
                assertThat(annotation.path("type").asText()).isEqualTo("url_citation");
                JsonNode citation = annotation.path("url_citation");
                int from =
                        whole.offsetByCodePoints(0, citation.path("start_index").asInt());
                int to = whole.offsetByCodePoints(0, citation.path("end_index").asInt());
                String target = whole.substring(from, to);
                cited.append(target).append(' ');
                int number = citation.path("url").asText().endsWith("/1") ? 1 : 2;
                assertThat(target).matches("(?s)\\[" + number + "]|\\[.*\\(https://a.example/" + number + "\\)");
                assertThat(citation.path("title").asText())
                        .isEqualTo(SOURCES.get(number - 1).title());
            }
            String links = "[One \\[x\\](y) \\*z\\*](https://a.example/1) [Two 😀](https://a.example/2) ";
            String marks = "[1] [2] [1] ";
            assertThat(cited).hasToString(place == Place.HEAD ? links + marks : marks + links);
        }
    }
}
