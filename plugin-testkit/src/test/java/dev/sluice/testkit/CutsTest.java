package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class CutsTest {
    private static final byte[] ABC = "abc".getBytes(StandardCharsets.US_ASCII);

    private static List<String> texts(Stream<List<byte[]>> cuts) {
        return cuts.map(CutsTest::text).toList();
    }

    private static String text(List<byte[]> parts) {
        return parts.stream().map(p -> new String(p, StandardCharsets.US_ASCII)).collect(Collectors.joining("|"));
    }

    @Test
    void cutsInTwoEverywhere() {
        assertThat(texts(Cuts.everyCut(ABC))).containsExactly("|abc", "a|bc", "ab|c", "abc|");
        assertThat(texts(Cuts.everyCut(new byte[0]))).containsExactly("|");
    }

    @Test
    void cutsInThreeEverywhere() {
        assertThat(texts(Cuts.everyCut(ABC, 3)))
                .hasSize(10)
                .doesNotHaveDuplicates()
                .contains("||abc", "a|b|c", "abc||")
                .allMatch(cut -> cut.replace("|", "").equals("abc"));
        assertThat(texts(Cuts.everyCut(ABC, 1))).containsExactly("abc");
        assertThatThrownBy(() -> Cuts.everyCut(ABC, 0)).hasMessage("bytes are cut into at least one part, not 0");
    }

    @Test
    void cutsIntoSingleBytes() {
        assertThat(text(Cuts.singleBytes(ABC))).isEqualTo("a|b|c");
    }
}
