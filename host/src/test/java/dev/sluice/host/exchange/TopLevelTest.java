package dev.sluice.host.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TopLevelTest {
    private static final Json JSON = new Json(64);

    private static TopLevel read(String text) throws Json.Invalid {
        return JSON.topLevel(text.getBytes(StandardCharsets.UTF_8));
    }

    private static HostBody body(String text) {
        return HostBody.of(JSON, text.getBytes(StandardCharsets.UTF_8), true);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"a\":1}|a|1",
                "{\"a\":\"x\"}|a|\"x\"",
                "{ \"é☃\" : \"日本\" ,\t \"a\" :  [1, {\"b\":2}] }|a|[1,{\"b\":2}]",
                "{\"b\":{\"a\":1},\"a\":2.50}|a|2.50",
                "{\"a\":1,\"a\":null}|a|null",
                "{\"\\u0061\":true}|a|true",
                "{\"a\":false}|a|false",
                "{\"a\":-1.0}|a|-1.0",
                "{\"a\":1e99999999999}|a|",
                "{\"b\":1}|a|",
                "{}|a|",
            })
    void aFieldIsReadFromWhereItsValueBegins(String text, String name, String value) throws Exception {
        assertThat(read(text).field(name).toString()).isEqualTo(value == null ? "" : value);
    }

    @Test
    void everyFieldIsWhatTheTreeSays() throws Exception {
        Random random = new Random(7);
        for (int i = 0; i < 2000; i++) {
            ObjectNode object = JsonNodeFactory.instance.objectNode();
            for (int fields = random.nextInt(30); fields > 0; fields--) {
                object.set(text(random), value(random, 3));
            }
            byte[] bytes = (random.nextBoolean() ? object.toPrettyString() : object.toString())
                    .getBytes(StandardCharsets.UTF_8);
            JsonNode tree = JSON.read(bytes);
            TopLevel top = JSON.topLevel(bytes);
            for (var field : tree.properties()) {
                assertThat(top.field(field.getKey())).isEqualTo(field.getValue());
            }
            assertThat(top.field("no such").isMissingNode()).isTrue();
        }
    }

    private static JsonNode value(Random random, int depth) {
        JsonNodeFactory nodes = JsonNodeFactory.instance;
        return switch (random.nextInt(depth == 0 ? 4 : 6)) {
            case 0 -> nodes.textNode(text(random));
            case 1 -> nodes.numberNode(random.nextInt());
            case 2 -> nodes.booleanNode(random.nextBoolean());
            case 3 -> nodes.nullNode();
            case 4 -> nodes.arrayNode().add(value(random, depth - 1)).add(value(random, depth - 1));
            default -> nodes.objectNode().set(text(random), value(random, depth - 1));
        };
    }

    private static String text(Random random) {
        String letters = "aé日\"\\\n{}[]:,𝄞 ";
        StringBuilder text = new StringBuilder();
        for (int left = random.nextInt(12); left > 0; left--) {
            text.appendCodePoint(letters.codePointAt(
                    letters.offsetByCodePoints(0, random.nextInt(letters.codePointCount(0, letters.length())))));
        }
        return text.toString();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[]|the body is no JSON object",
                "``|the body is empty, a JSON object was expected",
                "{\"a\":1} x|the body is not valid JSON (line 1, column 9)",
                "{\"a\":1}{}|there is something after the end of the JSON object",
                "{\"a\":|the body is not valid JSON",
                "{\"a\" 1}|the body is not valid JSON (line 1, column 6)",
            })
    void whatIsNoObjectIsRefused(String text, String message) {
        assertThatThrownBy(() -> read(text))
                .isInstanceOfSatisfying(
                        Json.Invalid.class, e -> assertThat(e.reason()).startsWith(message));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"model\":\"a\",\"mod\\u0065l\":\"b\"}", "{\"model\":\"a\",\"x\":1,\"model\":\"a\"}"})
    void aRequestNamesOneModel(String text) {
        assertThatThrownBy(() -> read(text).facts())
                .isInstanceOfSatisfying(
                        Json.Invalid.class, e -> assertThat(e.reason()).isEqualTo("the field 'model' is there twice"));
    }

    @Test
    void factsAreModelAndStream() throws Exception {
        assertThat(read("{\"stream\":true,\"model\":\"m\"}").facts()).isEqualTo(new Json.Facts("m", true));
        assertThat(read("{\"stream\":\"true\"}").facts()).isEqualTo(Json.Facts.NONE);
        assertThatThrownBy(() -> read("{\"model\":1}").facts())
                .isInstanceOfSatisfying(
                        Json.Invalid.class,
                        e -> assertThat(e.reason()).isEqualTo("the field 'model' must be a string"));
    }

    @Test
    void aBodyTellsFieldsWithoutATreeAndAfterAnEdit() {
        HostBody body = body("{\"usage\":{\"n\":1},\"model\":\"m\"}");

        assertThat(body.isObject()).isTrue();
        assertThat(body.field("usage").path("n").asInt()).isEqualTo(1);
        assertThat(body.has("usage")).isTrue();
        assertThat(body.has("n")).isFalse();
        assertThat(body.hasTree()).isFalse();

        HostBody attempt = body.forTry();
        attempt.edit(root -> root.put("model", "other"));
        assertThat(attempt.field("model").asText()).isEqualTo("other");
        assertThat(body.field("model").asText()).isEqualTo("m");

        attempt.replace("{\"model\":\"third\"}".getBytes(StandardCharsets.UTF_8));
        assertThat(attempt.field("model").asText()).isEqualTo("third");
        assertThat(attempt.hasTree()).isFalse();
    }

    @Test
    void aNumberThatNoTreeCanHoldIsNoException() {
        HostBody body = body("{\"a\":1e99999999999}");

        assertThat(body.isJson()).isFalse();
        assertThatThrownBy(() -> JSON.read(body.bytes()))
                .isInstanceOfSatisfying(
                        Json.Invalid.class,
                        e -> assertThat(e.reason()).isEqualTo("the JSON body holds a number that is too large"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"[1]", "{", "", "7", "null"})
    void aBodyThatIsNoObjectHasNoFields(String text) {
        HostBody body = body(text);

        assertThat(body.isObject()).isFalse();
        assertThat(body.field("model").isMissingNode()).isTrue();
        assertThat(body.has("model")).isFalse();
        assertThat(body.isObject()).isFalse();
    }
}
