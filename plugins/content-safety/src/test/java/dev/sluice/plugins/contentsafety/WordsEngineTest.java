package dev.sluice.plugins.contentsafety;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Event;
import dev.sluice.api.llm.ChatDelta;
import dev.sluice.testkit.FakeExchange;
import dev.sluice.testkit.StreamRunner;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class WordsEngineTest {
    private static final WordsEngine ENGINE =
            new WordsEngine(List.of("内部", "aurora"), List.of("国内部分", "Aurora Borealis"), "r", Level.HIGH);

    @ParameterizedTest
    @CsvSource({
        "这是内部消息, 1",
        "这是国内部分地区, 0",
        "国内部分和内部, 1",
        "国内部, 1",
        "the aurora borealis, 0",
        "the ＡＵＲＯＲＡ b\u200borealis, 0",
        "the aurora borealis and the aurora, 1",
        "the aurora bore, 1"
    })
    void aWordWithinAnExceptionIsNone(String text, int times) {
        assertThat(ENGINE.find(Text.of(text))).hasSize(times);
        assertThat(ENGINE.longest()).isEqualTo("aurora borealis".length());
    }

    private static String through(String text, int size) {
        List<Event> events = new ArrayList<>();
        for (int at = 0; at < text.length(); at += size) {
            events.add(Event.data("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
                    + text.substring(at, Math.min(text.length(), at + size)) + "\"}}]}"));
        }
        List<Event> out = StreamRunner.through(Guards.of(ENGINE).cut(40, 20).filter(FakeExchange.openAi()), events);
        return out.stream()
                .map(event -> ChatDelta.of(dev.sluice.api.Dialect.OPENAI, event).text())
                .collect(Collectors.joining());
    }

    @Test
    void soItIsInAStreamWhereverAWindowEnds() {
        for (int before = 0; before < 90; before++) {
            for (int size = 1; size < 12; size += 5) {
                String clean = "x".repeat(before) + " the aurora borealis in 国内部分 places, and on it goes";
                assertThat(through(clean, size))
                        .as("%s before, by %s", before, size)
                        .isEqualTo(clean);
                String bad = "x".repeat(before) + " the aurora boreas is here, and on it goes";
                assertThat(through(bad, size))
                        .as("%s before, by %s", before, size)
                        .isEqualTo("x".repeat(before) + " the ");
            }
        }
    }
}
