package dev.sluice.host.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

    @Test
    void whateverTheBytesAreTheParserSeesTheSame() {
        Random random = new Random(11);
        int skimmed = 0;
        int refused = 0;
        int trees = 0;
        for (int i = 0; i < 20_000; i++) {
            ObjectNode object = JsonNodeFactory.instance.objectNode();
            for (int fields = random.nextInt(6); fields >= 0; fields--) {
                object.set(random.nextInt(9) == 0 ? text(random) : "name" + fields, value(random, 3));
            }
            byte[] bytes = mutated(random, object.toString().getBytes(StandardCharsets.UTF_8));
            Object seen = seen(bytes, false);
            String shown = new String(bytes, StandardCharsets.ISO_8859_1);
            assertThat(seen).as(shown).isEqualTo(seen(bytes, true));
            assertThat(tree(bytes, false)).as(shown).isEqualTo(tree(bytes, true));
            trees += TreeReader.read(bytes, 64) == null ? 0 : 1;
            List<String> told = new ArrayList<>();
            Skimmer.Fields telling = (name, nameEnd, value, end) ->
                    told.add(new String(bytes, name, nameEnd - name, StandardCharsets.US_ASCII));
            if (Skimmer.skim(bytes, 64, telling)) {
                assertThat(told).isEqualTo(names(bytes));
                skimmed++;
            }
            refused += seen instanceof String ? 1 : 0;
        }
        assertThat(skimmed).isGreaterThan(5_000);
        assertThat(refused).isGreaterThan(5_000);
        assertThat(trees).isGreaterThan(1_000);
    }

    private static Object tree(byte[] bytes, boolean parsed) {
        try {
            return parsed ? JSON.parsedTree(bytes) : JSON.read(bytes);
        } catch (Json.Invalid e) {
            return "refused: " + e.reason();
        }
    }

    private static byte[] mutated(Random random, byte[] bytes) {
        byte[] odd = "\"\\{}[]:,0123456789.-+eEtfnu \t\n\u0001\0".getBytes(StandardCharsets.UTF_8);
        for (int changes = random.nextInt(3); changes > 0; changes--) {
            int at = random.nextInt(bytes.length);
            byte there = random.nextBoolean() ? odd[random.nextInt(odd.length)] : (byte) random.nextInt(256);
            switch (random.nextInt(3)) {
                case 0 -> bytes[at] = there;
                case 1 -> System.arraycopy(bytes, at, bytes, Math.max(0, at - 1), bytes.length - at);
                default -> {
                    byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
                    System.arraycopy(bytes, at, longer, at + 1, bytes.length - at);
                    longer[at] = there;
                    bytes = longer;
                }
            }
        }
        return bytes;
    }

    private static List<String> names(byte[] bytes) {
        List<String> names = new ArrayList<>();
        try (JsonParser parser = new JsonFactory().createParser(bytes)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                names.add(parser.currentName());
                parser.nextToken();
                parser.skipChildren();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return names;
    }

    /** All fields by their names, or why it is refused. */
    private static Object seen(byte[] bytes, boolean parsed) {
        try {
            TopLevel all = parsed ? JSON.parsed(bytes) : JSON.topLevel(bytes);
            Map<String, JsonNode> seen = new LinkedHashMap<>();
            names(bytes).forEach(name -> seen.put(name, all.field(name)));
            return seen;
        } catch (Json.Invalid e) {
            return "refused: " + e.reason();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\":01}",
                "{\"a\":-}",
                "{\"a\":1.}",
                "{\"a\":.1}",
                "{\"a\":1e}",
                "{\"a\":+1}",
                "{\"a\":tru}",
                "{\"a\":truex}",
                "{\"a\":NaN}",
                "{\"a\":1,}",
                "{,}",
                "{\"a\":[1,]}",
                "{\"a\":[,1]}",
                "{\"a\":{\"b\"}}",
                "{\"a\":\"\\x\"}",
                "{\"a\":\"\\u12g4\"}",
                "{\"a\":\"\\u00e9\"}",
                "{\"a\":\"tab\there\"}",
                "{'a':1}",
                "{a:1}",
                "{\"a\":1}\u00a0",
                "\ufeff{\"a\":1}",
                "{\"a\":1} //",
                "{\"a\":1//\n}",
                "{\"a\" :1 , \"b\": [ ] , \"c\" : { } } \n",
                "{\"a\":\"",
                "{\"a\":\"\\",
                "{\"a\":\"\\u12",
                "{\"a\":1e99999999999}",
                "{\"\":1,\"\":2}",
                "{\"a\":-0}",
                "{\"a\":1E+2}",
                "{\"a\":[1E+2, 1.50, -0.0, 0.1e1, 123456789012345678, -1234567890123456789, 2147483648]}",
                "{\"a\":1.2345678901234567,\"b\":0.12345678901234567890}",
                "{\"a\":\"\\ud83d\\ude00\\u00E9\\/\\b\\f\\n\\r\\t\\\"\\\\\",\"b\":\"\\ud83d\"}",
                "{\"a\":{\"\\ud83d\":1}}",
                "{\"a\":{\"\\u0062\":\"日\\n本\",\"日\":[{},[],[[]],null,true,false,\"\"]}}",
                "{\"a\":{\"b\":1,\"b\":{\"c\":2},\"\":3}}",
            })
    void oddFormsAreSeenAsTheParserSeesThem(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        assertThat(seen(bytes, false)).isEqualTo(seen(bytes, true));
        assertThat(tree(bytes, false)).isEqualTo(tree(bytes, true));
    }

    @Test
    void aDepthIsAllowedOrRefusedAsByTheParser() {
        for (int depth = 60; depth < 70; depth++) {
            byte[] bytes =
                    ("{\"a\":" + "[".repeat(depth - 1) + "]".repeat(depth - 1) + "}").getBytes(StandardCharsets.UTF_8);
            assertThat(seen(bytes, false)).isEqualTo(seen(bytes, true));
            assertThat(tree(bytes, false)).isEqualTo(tree(bytes, true));
            assertThat(seen(bytes, false) instanceof String).isEqualTo(depth > 64);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "c0 af",
        "e0 80 af",
        "ed a0 80",
        "f4 90 80 80",
        "f8 88 80 80 80",
        "80",
        "e6 97",
        "ff",
        "c3 28",
        "f0 9f 98"
    })
    void brokenUtf8IsRefused(String hex) {
        byte[] odd = HexFormat.ofDelimiter(" ").parseHex(hex);
        byte[] bytes = ("{\"a\":\"" + new String(odd, StandardCharsets.ISO_8859_1) + "\"}")
                .getBytes(StandardCharsets.ISO_8859_1);
        assertThat(Skimmer.skim(bytes, 64, (name, nameEnd, value, end) -> {})).isFalse();
        assertThat(seen(bytes, false)).isEqualTo("refused: the body is not valid JSON: it is not UTF-8");
    }

    @Test
    void anotherCharsetIsRefused() {
        for (Charset other :
                List.of(StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE, Charset.forName("UTF-32LE"))) {
            assertThatThrownBy(() -> JSON.topLevel("{\"model\":\"m\"}".getBytes(other)))
                    .isInstanceOfSatisfying(
                            Json.Invalid.class, e -> assertThat(e.reason()).contains("not UTF-8"));
        }
    }

    /** The parser's table of names holds "model" by then. */
    @Test
    void aBrokenNameIsNotTakenForAnother() throws Exception {
        assertThat(JSON.parsed("{\"model\":1}".getBytes(StandardCharsets.UTF_8)).has("model"))
                .isTrue();
        byte[] bytes = "{\"mode\u00ffl\":1}".getBytes(StandardCharsets.ISO_8859_1);
        assertThatThrownBy(() -> JSON.topLevel(bytes))
                .isInstanceOfSatisfying(
                        Json.Invalid.class, e -> assertThat(e.reason()).contains("not UTF-8"));
    }

    private static JsonNode value(Random random, int depth) {
        JsonNodeFactory nodes = JsonNodeFactory.instance;
        return switch (random.nextInt(depth == 0 ? 4 : 6)) {
            case 0 -> nodes.textNode(text(random));
            case 1 -> number(random);
            case 2 -> nodes.booleanNode(random.nextBoolean());
            case 3 -> nodes.nullNode();
            case 4 -> nodes.arrayNode().add(value(random, depth - 1)).add(value(random, depth - 1));
            default -> {
                ObjectNode object = nodes.objectNode();
                for (int fields = random.nextInt(4); fields > 0; fields--) {
                    object.set(random.nextInt(9) == 0 ? text(random) : "name" + fields, value(random, depth - 1));
                }
                yield object;
            }
        };
    }

    /** Of every length, whole ones mostly. */
    private static JsonNode number(Random random) {
        long any = random.nextLong() >> random.nextInt(64);
        return switch (random.nextInt(8)) {
            case 0 -> JsonNodeFactory.instance.numberNode(BigDecimal.valueOf(any, random.nextInt(5)));
            case 1 ->
                JsonNodeFactory.instance.numberNode(BigInteger.valueOf(any).pow(3));
            default ->
                any == (int) any
                        ? JsonNodeFactory.instance.numberNode((int) any)
                        : JsonNodeFactory.instance.numberNode(any);
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
