package dev.sluice.host.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TreeWriterTest {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final ObjectMapper JACKSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();
    private static final Json JSON = new Json(64);

    @Test
    void aTreeIsWrittenAsJacksonWritesIt() throws Exception {
        Random random = new Random(5);
        for (int i = 0; i < 5_000; i++) {
            JsonNode tree = tree(random, 4);
            byte[] written = JSON.write(tree);
            assertThat(JACKSON.readTree(written)).isEqualTo(tree);
            String same = new String(JACKSON.writeValueAsBytes(tree), StandardCharsets.UTF_8);
            // Except that Jackson escapes what is beyond the first 65,536 characters.
            if (!same.toLowerCase(Locale.ROOT).contains("\\ud8")) {
                assertThat(new String(written, StandardCharsets.UTF_8)).isEqualTo(same);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "?",
                "\ud83d",
                "a\ude00?b",
                "\ude00\ud83d",
                "\ud83d\ude00?",
                "\ud83d\ud83d\ude00\ude00",
                "?\ud83d\ude00\ud83d",
                "é\ud83d",
                "日本\ud83d\ude00\u0000\u001f\u007f\u0080\u07ff\u0800\uffff\u2028",
                "\"\\/\b\f\n\r\t",
            })
    void everyTextComesBack(String text) throws Exception {
        for (int length : new int[] {0, 1, 7, 8, 9, 40, 1022, 1023, 1024, 3000}) {
            for (String padded : List.of("x".repeat(length) + text, text + "x".repeat(length), text.repeat(length))) {
                ObjectNode tree = NODES.objectNode().put("a", padded);
                assertThat(JACKSON.readTree(JSON.write(tree))).isEqualTo(tree);
                assertThat(JSON.read(JSON.write(tree))).isEqualTo(tree);
            }
        }
    }

    @Test
    void aPairIsWrittenInUtf8AndHalfOfOneEscaped() {
        assertThat(JSON.write(NODES.textNode("\ud83d\ude00\ud83d")))
                .isEqualTo("\"\ud83d\ude00\\uD83D\"".getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void whatIsNoPlainTreeIsLeftToJackson() throws Exception {
        ArrayNode tree = NODES.arrayNode()
                .add(NODES.numberNode(1.5f))
                .add(NODES.numberNode((short) 7))
                .add(NODES.numberNode(Double.NaN))
                .add(NODES.numberNode(Double.NEGATIVE_INFINITY))
                .add(NODES.numberNode(1e300))
                .add(NODES.numberNode(0.1))
                .add(NODES.numberNode(Long.MIN_VALUE))
                .add(NODES.numberNode(new BigInteger("123456789012345678901234567890")))
                .add(NODES.numberNode(new BigDecimal("1E+3")))
                .add(NODES.binaryNode(new byte[] {1, 2, 3}))
                .add(MissingNode.getInstance())
                .addPOJO(List.of("a", 1));
        assertThat(new String(JSON.write(tree), StandardCharsets.UTF_8))
                .isEqualTo(new String(JACKSON.writeValueAsBytes(tree), StandardCharsets.UTF_8));
    }

    @Test
    void sizesDoNotMatter() throws Exception {
        for (int length = 1; length < 4_000_000; length = 3 * length + 1) {
            ObjectNode tree = NODES.objectNode();
            tree.putArray("a").add("?".repeat(length)).add("é".repeat(length)).add("\n".repeat(length));
            assertThat(JACKSON.readTree(JSON.write(tree))).isEqualTo(tree);
            assertThat(JSON.write(NODES.arrayNode())).isEqualTo(new byte[] {'[', ']'});
        }
    }

    private static JsonNode tree(Random random, int depth) {
        return switch (random.nextInt(depth == 0 ? 6 : 9)) {
            case 0 -> NODES.textNode(text(random, true));
            case 1 -> NODES.numberNode(random.nextInt());
            case 2 -> NODES.numberNode(random.nextLong() + (1L << 40));
            case 3 -> DecimalNode.valueOf(BigDecimal.valueOf(random.nextLong(), 1 + random.nextInt(30)));
            case 4 -> NODES.booleanNode(random.nextBoolean());
            case 5 -> NODES.nullNode();
            case 6 -> {
                ArrayNode array = NODES.arrayNode();
                for (int left = random.nextInt(4); left > 0; left--) {
                    array.add(tree(random, depth - 1));
                }
                yield array;
            }
            default -> {
                ObjectNode object = NODES.objectNode();
                for (int left = random.nextInt(5); left > 0; left--) {
                    // Jackson writes names with half of a pair, and does not read them.
                    object.set(text(random, false), tree(random, depth - 1));
                }
                yield object;
            }
        };
    }

    private static String text(Random random, boolean halves) {
        int[] letters = "aé日?\"\\\n\u0007{}[]:,\ud834\udd1e ".codePoints().toArray();
        StringBuilder text = new StringBuilder();
        for (int left = random.nextInt(40); left > 0; left--) {
            text.appendCodePoint(random.nextInt(3) == 0 ? letters[random.nextInt(letters.length)] : 'a' + left % 26);
        }
        if (halves && random.nextInt(9) == 0) {
            text.insert(random.nextInt(text.length() + 1), '\ud83d');
        }
        return text.toString();
    }
}
