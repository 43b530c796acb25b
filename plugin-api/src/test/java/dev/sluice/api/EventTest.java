package dev.sluice.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventTest {
    private static final String SSE = "text/event-stream";

    private static Event arrived(String data) {
        byte[] frame = ("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8);
        return Event.arrived(SSE, frame, 6, frame.length - 2, "n", "7", Duration.ofSeconds(1));
    }

    @Test
    void parsesOnceAndOnlyWhenAsked() {
        Event event = arrived("{\"a\":\"\u00e9\"}");
        assertThat(event.isParsed()).isFalse();
        assertThat(event.json().path("a").textValue()).isEqualTo("\u00e9");
        assertThat(event.json()).isSameAs(event.json());
        assertThat(event.isParsed()).isTrue();
    }

    @Test
    void keepsItsBytesUntilItIsChanged() {
        Event event = arrived("{\"a\":1}");
        assertThat(event.frame(SSE)).isNotNull();
        assertThat(event.frame("application/x-ndjson")).isNull();
        assertThat(event.name("m").frame(SSE)).isNull();
        assertThat(event.id("8").frame(SSE)).isNull();
        assertThat(event.retry(Duration.ZERO).frame(SSE)).isNull();
        assertThat(event.name("m").data()).isEqualTo("{\"a\":1}");
        assertThat(event.edit(tree -> tree.put("a", 2)).frame(SSE)).isNull();
    }

    @Test
    void editsACopy() {
        Event event = arrived("{\"a\":1}");
        Event edited = event.edit(tree -> tree.put("a", 2));
        assertThat(edited.data()).isEqualTo("{\"a\":2}");
        assertThat(event.data()).isEqualTo("{\"a\":1}");
        assertThat(List.of(edited.name(), edited.id(), edited.retry()))
                .isEqualTo(List.of("n", "7", Duration.ofSeconds(1)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "x", "{", "[1", "{]}", "{\"a\":}", "ping", "{\"a\":1}}x"})
    void whatIsNoJsonHasAMissingTree(String data) {
        for (Event event : List.of(arrived(data), Event.data(data))) {
            assertThat(event.json().isMissingNode()).isTrue();
            assertThatThrownBy(() -> event.edit(tree -> {}))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("only an event whose data is a JSON object can be edited");
        }
    }

    @Test
    void looksLikeJsonByItsEndsAlone() {
        assertThat(arrived(" {\"a\": } \r").looksLikeJson()).isTrue();
        assertThat(Event.data("[1]").looksLikeJson()).isTrue();
        assertThat(Event.data("{]").looksLikeJson()).isFalse();
        assertThat(Event.json(JsonNodeFactory.instance.textNode("x")).looksLikeJson())
                .isFalse();
    }

    @Test
    void mentionsWhatStandsInItsData() {
        for (Event event : List.of(arrived("{\"usage\":1}"), Event.data("{\"usage\":1}"))) {
            assertThat(event.mentions("\"usage\"")).isTrue();
            assertThat(event.mentions("1}")).isTrue();
            assertThat(event.mentions("data:")).isFalse();
            assertThat(event.mentions("1}\n")).isFalse();
        }
    }

    @Test
    void mentionsExactlyWhatItsDataContains() {
        Random random = new Random(5);
        String alphabet = "ab\"\u00e9!A{";
        int found = 0;
        for (int round = 0; round < 20_000; round++) {
            StringBuilder data = new StringBuilder();
            for (int i = random.nextInt(30); i > 0; i--) {
                data.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            StringBuilder needle = new StringBuilder();
            for (int i = random.nextInt(4); i >= 0; i--) {
                needle.append("ab\"!A".charAt(random.nextInt(5)));
            }
            boolean contains = data.indexOf(needle.toString()) >= 0;
            assertThat(arrived(data.toString()).mentions(needle.toString()))
                    .as("%s in %s", needle, data)
                    .isEqualTo(contains);
            found += contains ? 1 : 0;
        }
        assertThat(found).isBetween(1_000, 19_000);
    }

    @Test
    void equalsByValue() {
        Event made = Event.data("{\"a\":1}").name("n").id("7").retry(Duration.ofSeconds(1));
        assertThat(made).isEqualTo(arrived("{\"a\":1}")).hasSameHashCodeAs(arrived("{\"a\":1}"));
        assertThat(made.name("m")).isNotEqualTo(made);
        assertThat(made.size()).isEqualTo(7);
        assertThat(made).hasToString("n: {\"a\":1}");
    }
}
