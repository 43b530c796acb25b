package dev.sluice.plugins.contentsafety;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Exchange;
import dev.sluice.api.llm.ChatDelta;
import dev.sluice.api.llm.Chats;
import dev.sluice.api.llm.FinishReason;
import dev.sluice.testkit.FakeExchange;
import dev.sluice.testkit.StreamRunner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class StreamGuardTest {
    private static final String WORD = "forbidden";

    private static List<Event> events(Dialect dialect, List<String> pieces) {
        List<Event> all = Chats.stream(
                dialect, Chats.reply(dialect, Chats.Answer.of("1", String.join("", pieces))), whole -> pieces);
        return all;
    }

    private static FakeExchange exchange(Dialect dialect) {
        return dialect == Dialect.OPENAI ? FakeExchange.openAi() : FakeExchange.anthropic();
    }

    private static String text(Dialect dialect, List<Event> events) {
        return events.stream().map(event -> ChatDelta.of(dialect, event).text()).collect(Collectors.joining());
    }

    private static FinishReason finish(Dialect dialect, List<Event> events) {
        return events.stream()
                .map(event -> ChatDelta.of(dialect, event).finishReason())
                .filter(reason -> reason != null)
                .findFirst()
                .orElse(null);
    }

    private static List<String> pieces(String text, int size) {
        List<String> pieces = new ArrayList<>();
        for (int at = 0; at < text.length(); at += size) {
            pieces.add(text.substring(at, Math.min(text.length(), at + size)));
        }
        return pieces;
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "ANTHROPIC"})
    void aCleanStreamIsUntouched(Dialect dialect) {
        for (int size = 1; size < 60; size += 7) {
            List<Event> events = events(dialect, pieces("all quiet here. ".repeat(40), size));
            assertThat(StreamRunner.through(Guards.of(Guards.words(WORD)).filter(exchange(dialect)), events))
                    .isEqualTo(events);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "ANTHROPIC"})
    void aViolationAnywhereEndsTheStreamBeforeIt(Dialect dialect) {
        for (int at = 0; at < 130; at++) {
            assertBlocked(dialect, at, 260, 3);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 41, 9_983, 15_000, 29_990})
    void inAStreamOfTenThousandEventsTooAtSomePlaces(int at) {
        assertBlocked(Dialect.OPENAI, at, 30_000, 3);
    }

    private static void assertBlocked(Dialect dialect, int at, int length, int size) {
        String before = "quiet ".repeat(at / 6 + 1).substring(0, at) + (at == 0 ? "" : " ");
        String behind = " and quiet".repeat(Math.max(1, (length - at) / 10));
        List<Event> events = events(dialect, pieces(before + WORD + behind, size));
        List<Event> out = StreamRunner.through(Guards.of(Guards.words(WORD)).filter(exchange(dialect)), events);
        // OpenAI's delta has a field of its own for a refusal, Anthropic's stream says it as text.
        assertThat(text(dialect, out))
                .as("at %s", at)
                .isEqualTo(before + (dialect == Dialect.ANTHROPIC ? Guards.REFUSED : ""));
        assertThat(out.toString()).contains(Guards.REFUSED);
        assertThat(finish(dialect, out)).as("at %s", at).isEqualTo(FinishReason.CONTENT_FILTER);
    }

    @Test
    void whatIsWithinAnotherWordIsNoViolationThoughAWindowEndsThere() {
        String text = "an unforbiddenness is here, and forbiddenly too ".repeat(6);
        for (int size = 1; size < 30; size++) {
            List<Event> events = events(Dialect.OPENAI, pieces(text, size));
            assertThat(StreamRunner.through(Guards.of(Guards.words(WORD)).filter(FakeExchange.openAi()), events))
                    .isEqualTo(events);
        }
    }

    @Test
    void aDisguisedViolationIsOneWhereverItIsCut() {
        String disguised = "f\u200bo\u200br\u200bb\u200bi\u200bd\u200bd\u200be\u200bn";
        for (int at = 0; at < 60; at++) {
            String before = "quiet ".repeat(20).substring(0, at) + " ";
            List<Event> events = events(Dialect.OPENAI, pieces(before + disguised + " and on and on", 1));
            List<Event> out = StreamRunner.through(Guards.of(Guards.words(WORD)).filter(FakeExchange.openAi()), events);
            assertThat(text(Dialect.OPENAI, out)).isEqualTo(before);
        }
    }

    @Test
    void whatIsMaskedIsMaskedWhereverItIsCut() {
        String text = "Call bob@example.com or the other one, eve@example.com, today please.";
        for (int size = 1; size < 40; size++) {
            Guards guards = Guards.of(Guards.pii()).rules(new Policy.Rule("email", Level.LOW, Action.MASK, null));
            List<Event> out = StreamRunner.through(
                    guards.filter(FakeExchange.openAi()), events(Dialect.OPENAI, pieces(text, size)));
            assertThat(text(Dialect.OPENAI, out)).isEqualTo("Call <EMAIL> or the other one, <EMAIL>, today please.");
            assertThat(guards.counted("sluice_content_safety_findings_total", "risk", "email"))
                    .as("size %s", size)
                    .isEqualTo(2);
        }
    }

    /** An engine outside whose answers the test gives. */
    private static final class Slow implements Engine.Outside {
        private final List<CompletableFuture<List<Finding>>> asked = new ArrayList<>();
        private final List<String> texts = new ArrayList<>();

        @Override
        public String name() {
            return "slow";
        }

        @Override
        public CompletionStage<List<Finding>> look(
                Exchange exchange, Direction direction, List<String> texts, Duration budget) {
            CompletableFuture<List<Finding>> answer = new CompletableFuture<>();
            asked.add(answer);
            this.texts.add(String.join("|", texts));
            return answer;
        }
    }

    @Test
    void checksOverlapTheStreamAndWhatWaitsIsBounded() {
        Slow slow = new Slow();
        StreamRunner runner = StreamRunner.of(Guards.of(slow).filter(FakeExchange.openAi()));
        List<Event> events = events(Dialect.OPENAI, pieces("0123456789".repeat(100), 10));
        runner.send(events);
        assertThat(slow.asked).hasSize(8);
        assertThat(text(Dialect.OPENAI, runner.out())).isEmpty();
        assertThat(runner.unread()).isPositive();
        slow.asked.get(1).complete(List.of());
        assertThat(text(Dialect.OPENAI, runner.out())).isEmpty();
        slow.asked.get(0).complete(List.of());
        assertThat(text(Dialect.OPENAI, runner.out())).isEqualTo("0123456789".repeat(6));
        runner.end();
        for (int i = 0; i < slow.asked.size(); i++) {
            slow.asked.get(i).complete(List.of());
        }
        assertThat(runner.out()).isEqualTo(events);
        assertThat(runner.state()).isEqualTo(StreamRunner.State.ENDED);
    }

    @Test
    void aCleanStreamIsDelayedByAWindowItsOverlapAndOneCheck() {
        Slow slow = new Slow();
        StreamRunner runner = StreamRunner.of(Guards.of(slow).filter(FakeExchange.openAi()));
        String text = "0123456789".repeat(30);
        List<Event> events = events(Dialect.OPENAI, pieces(text, 1));
        int sent = 0;
        for (Event event : events) {
            runner.send(event);
            slow.asked.forEach(one -> one.complete(List.of()));
            sent += ChatDelta.of(Dialect.OPENAI, event).text().length();
            assertThat(text(Dialect.OPENAI, runner.out()).length()).isGreaterThanOrEqualTo(sent - 40 - 20);
        }
    }

    @Test
    void anEngineThatFailsEndsTheStreamOrIsPassedOver() {
        for (boolean allow : new boolean[] {true, false}) {
            Slow slow = new Slow();
            Guards guards = Guards.of(slow);
            StreamRunner runner =
                    StreamRunner.of((allow ? guards.allowOnFailure() : guards).filter(FakeExchange.openAi()));
            List<Event> events = events(Dialect.OPENAI, pieces("0123456789".repeat(5), 10));
            runner.send(events).end();
            slow.asked.get(0).completeExceptionally(new IllegalStateException("it answered with status 500"));
            slow.asked.forEach(one -> one.complete(List.of()));
            assertThat(runner.state()).isEqualTo(allow ? StreamRunner.State.ENDED : StreamRunner.State.FAILED);
            assertThat(runner.out()).isEqualTo(allow ? events : List.of(events.get(0)));
            assertThat(guards.counted(
                            "sluice_content_safety_engine_failures_total",
                            "decision",
                            allow ? "allow" : "block",
                            "direction",
                            "response"))
                    .isEqualTo(1);
        }
    }

    @Test
    void anEngineThatDoesNotAnswerInTimeHasFailed() {
        FakeExchange exchange = FakeExchange.openAi();
        StreamRunner runner = StreamRunner.of(Guards.of(new Slow()).filter(exchange));
        runner.send(events(Dialect.OPENAI, pieces("0123456789".repeat(5), 10)));
        exchange.clock().advance(Duration.ofSeconds(3));
        assertThat(runner.state()).isEqualTo(StreamRunner.State.FAILED);
        assertThat(runner.reply().code()).isEqualTo("check_failed");
    }

    @Test
    void aSlowStreamDoesNotWaitForItsWindow() {
        FakeExchange exchange = FakeExchange.openAi();
        StreamRunner runner =
                StreamRunner.of(Guards.of(Guards.words(WORD)).cut(1000, 5).filter(exchange));
        runner.send(
                events(Dialect.OPENAI, List.of("one two", " three", " four")).subList(0, 3));
        assertThat(text(Dialect.OPENAI, runner.out())).isEmpty();
        exchange.clock().advance(Duration.ofMillis(301));
        assertThat(text(Dialect.OPENAI, runner.out())).isEqualTo("one two");
    }

    @Test
    void reasoningAndToolArgumentsAreCheckedToo() {
        String reasoning =
                "{\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"so it is forbidden then\"}}]}";
        String tool = "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":"
                + "\"{\\\"q\\\":\\\"a f\\\\u006frbidden thing\\\"}\"}}]}}]}";
        for (String data : List.of(reasoning, tool)) {
            List<Event> out = StreamRunner.through(
                    Guards.of(Guards.words(WORD)).filter(FakeExchange.openAi()), List.of(Event.data(data)));
            assertThat(finish(Dialect.OPENAI, out)).isEqualTo(FinishReason.CONTENT_FILTER);
            assertThat(out.toString()).doesNotContain("rbidden");
        }
    }

    @Test
    void reasoningThatHasEndedDoesNotHoldTheTextBack() {
        List<Event> events = new ArrayList<>();
        events.add(Event.data("{\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"hm\"}}]}"));
        for (int i = 0; i < 12; i++) {
            events.add(Event.data("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"0123456789\"}}]}"));
        }
        StreamRunner runner = StreamRunner.of(Guards.of(Guards.words(WORD)).filter(FakeExchange.openAi()));
        runner.send(events);
        assertThat(text(Dialect.OPENAI, runner.out())).hasSizeGreaterThanOrEqualTo(120 - 60);
    }

    @Test
    void aCharacterOfTwoUnitsIsNotCut() {
        String text = "\ud83d\ude00".repeat(100) + " forbidden";
        List<Event> out = StreamRunner.through(
                Guards.of(Guards.words(WORD)).filter(FakeExchange.openAi()), events(Dialect.OPENAI, pieces(text, 2)));
        assertThat(text(Dialect.OPENAI, out)).isEqualTo("\ud83d\ude00".repeat(100) + " ");
    }
}
