package dev.sluice.plugins.contentsafety;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ReachTest {
    private static final Reach REACH = new Reach(
            true,
            List.of(),
            List.of(TextPath.dotted("nowhere.0")::in, TextPath.dotted("output.#.words")::in, Reach.ANY),
            List.of());

    private static List<String> reply(String json) throws JsonProcessingException {
        JsonNode tree = new ObjectMapper().readTree(json);
        List<Place> places = REACH.reply(tree);
        places.forEach(place -> place.set().accept(place.text().toUpperCase(java.util.Locale.ROOT)));
        assertThat(REACH.reply(tree)).hasSameSizeAs(places);
        return REACH.reply(tree).stream().map(Place::text).toList();
    }

    @Test
    void theFirstThatLeadsToATextCounts() throws JsonProcessingException {
        assertThat(reply("{\"output\":[{\"words\":\"a\"},{\"words\":1},{\"words\":\"b\"}],\"x\":\"c\"}"))
                .containsExactly("A", "B");
        assertThat(reply("{\"nowhere\":[\"a\",\"b\"],\"output\":[{\"words\":\"c\"}]}"))
                .containsExactly("A");
        assertThat(reply("{\"choices\":[{\"message\":{\"content\":\"a\"}}],\"nowhere\":[\"b\"]}"))
                .containsExactly("A");
        assertThat(reply("{\"x\":[\"a\",{\"y\":[[\"b\"]]},2,null]}")).containsExactly("A", "B");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a..b", "a.@reverse", "a.#(b)", "a|b", "a.*"})
    void aPathOfHigresssThatIsMoreIsRefused(String path) {
        assertThatThrownBy(() -> TextPath.dotted(path)).hasMessageContaining("no modifiers, queries or wildcards");
    }
}
