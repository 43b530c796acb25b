package dev.sluice.plugins.aistatistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class JsonPathTest {
    private static final String TREE =
            "{\"a\":{\"b\":[1,2,{\"c\":\"x\"}]},\"d.e\":7,\"#\":8,\"0\":9," + "\"m\":[{\"r\":\"u\"},{\"r\":\"v\"},{}]}";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "a.b.0 | 1",
                "a.b.2.c | \"x\"",
                "a.b.# | 3",
                "a.b.@reverse.0.c | \"x\"",
                "m.#.r | [\"u\",\"v\"]",
                "m.@reverse.1.r | \"v\"",
                "d\\.e | 7",
                "\\# | 8",
                "0 | 9",
                "a.@this.b.1 | 2",
                "a.b.7 | ``",
                "a.b.99999999999 | ``",
                "a.b.c | ``",
                "a.# | ``",
                "z.y.x | ``"
            })
    void paths(String given, String found) throws IOException {
        JsonNode tree = new ObjectMapper().readTree(TREE);
        assertThat(JsonPath.of(given).in(tree).toString()).isEqualTo(found);
    }

    @ParameterizedTest
    @CsvSource({"a..b, empty step", "'', empty step", "a.#(x==1), #(x==1)", "a.*, known are names", "@pretty, @pretty"})
    void whatIsNotKnownIsRefused(String path, String message) {
        assertThatThrownBy(() -> JsonPath.of(path))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }
}
