package dev.sluice.plugins.contentsafety;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.llm.ChatDelta;
import dev.sluice.api.llm.Chats;
import dev.sluice.api.llm.FinishReason;
import dev.sluice.testkit.FakeExchange;
import dev.sluice.testkit.StreamRunner;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A violation at every single place of an answer of 10,000 events, within one event and cut over several. */
final class EveryPlaceTest {
    private static final int EVENTS = 10_000;
    private static final String WORD = "forbidden";

    /** The violation, as it is cut: nothing of any but the first piece's {@code ok} may be seen. */
    private static final List<List<String>> CUTS = List.of(
            List.of(" ok forbidden"),
            List.of(" ok f", "orbidden"),
            List.of(" ok ", "forbi", "dden"),
            List.of(" ok f", "o", "r", "b", "i", "d", "d", "e", "n"));

    private static List<Event> events(Dialect dialect, List<String> pieces) {
        return Chats.stream(
                dialect, Chats.reply(dialect, Chats.Answer.of("1", String.join("", pieces))), whole -> pieces);
    }

    private static String text(Dialect dialect, Event event) {
        return ChatDelta.of(dialect, event).text();
    }

    /** Events of a text that are nothing but a piece of it. */
    private static List<Event> pieces(Dialect dialect, List<String> pieces) {
        return events(dialect, pieces).stream()
                .filter(event -> !text(dialect, event).isEmpty())
                .toList();
    }

    @ParameterizedTest
    @Tag("long")
    @EnumSource(names = {"OPENAI", "ANTHROPIC"})
    void nothingOfAViolationIsSeenAndAllBeforeItIs(Dialect dialect) {
        List<Event> clean = events(dialect, Collections.nCopies(EVENTS, " so"));
        int first = 0;
        while (text(dialect, clean.get(first)).isEmpty()) {
            first++;
        }
        List<List<Event>> cuts = CUTS.stream().map(cut -> pieces(dialect, cut)).toList();
        for (int at = 0; at < EVENTS; at++) {
            assertEndsAt(dialect, clean, first + at, cuts.get(at % cuts.size()));
        }
    }

    private static void assertEndsAt(Dialect dialect, List<Event> clean, int at, List<Event> violation) {
        List<Event> sent = new ArrayList<>(clean.subList(0, at));
        sent.addAll(violation);
        // What is behind it, as far as a window reaches.
        sent.addAll(clean.subList(at, Math.min(clean.size(), at + 40)));
        FakeExchange exchange = dialect == Dialect.OPENAI ? FakeExchange.openAi() : FakeExchange.anthropic();
        List<Event> out = StreamRunner.through(Guards.of(Guards.words(WORD)).filter(exchange), sent);
        assertThat(out.size()).as("events, violation at %s", at).isGreaterThan(at);
        for (int i = 0; i < at; i++) {
            if (out.get(i) != sent.get(i)) {
                throw new AssertionError("violation at " + at + ": event " + i + " is " + out.get(i));
            }
        }
        StringBuilder rest = new StringBuilder();
        boolean refused = false;
        for (Event event : out.subList(at, out.size())) {
            rest.append(text(dialect, event));
            refused |= ChatDelta.of(dialect, event).finishReason() == FinishReason.CONTENT_FILTER;
        }
        assertThat(rest.toString())
                .as("text from the violation at %s on", at)
                .isEqualTo(" ok " + (dialect == Dialect.ANTHROPIC ? Guards.REFUSED : ""));
        assertThat(refused).as("refused at %s", at).isTrue();
    }
}
