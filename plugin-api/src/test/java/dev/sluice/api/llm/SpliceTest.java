package dev.sluice.api.llm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.ResponseHooks;
import dev.sluice.api.Said;
import dev.sluice.api.Usage;
import dev.sluice.api.llm.Chats.Answer;
import dev.sluice.api.llm.Chats.Continuation;
import dev.sluice.api.llm.Chats.FirstStream;
import dev.sluice.api.llm.Chats.Prefill;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class SpliceTest {
    private static final String SAID = "The quick brown fox jumps over ";
    private static final Usage SPENT = Usage.of(10, 7);
    private static final String DIVERGED =
            "FAIL upstream_broken the answer was cut, and the next model's differs from the part that was already sent";

    /** How a try's request may have been shaped. */
    enum Shape {
        PREFILLED((request, said) -> Chats.prefill(request, said, Prefill.PLAIN)),
        ASKED(Chats::continuation),
        RESTARTED((request, said) -> Chats.restart(said));

        final BiFunction<ChatRequest, Said, Continuation> with;

        Shape(BiFunction<ChatRequest, Said, Continuation> with) {
            this.with = with;
        }
    }

    private static Continuation shape(Shape shape, Dialect dialect, Said said) {
        FakeBody body = FakeBody.of("{'messages':[{'role':'user','content':'Go'}]}");
        return shape.with.apply(ChatRequest.of(dialect, body), said);
    }

    private static Said said(String text) {
        return Said.of(text, "", false, false);
    }

    /** What the client has: the opening of a stream, cut where its text so far ends. */
    private static List<Event> cut(Dialect dialect, FirstStream first, String text) {
        List<Event> seen = new ArrayList<>();
        for (Event event : Chats.events(dialect, Answer.of("first", text).model("model-1"))) {
            first.onEvent(event);
            seen.add(event);
            if (!ChatDelta.of(dialect, event).text().isEmpty()) {
                break;
            }
        }
        return seen;
    }

    private static List<Event> second(Dialect dialect, String text, int pieceLength) {
        ObjectNode answer =
                Chats.reply(dialect, Answer.of("second", text).model("model-2").usage(Usage.of(20, 5)));
        return Chats.stream(dialect, answer, whole -> pieces(whole, pieceLength));
    }

    private static List<String> pieces(String text, int length) {
        List<String> all = new ArrayList<>();
        for (int at = 0; at < text.length(); at += length) {
            all.add(text.substring(at, Math.min(text.length(), at + length)));
        }
        return all;
    }

    static List<Arguments> matrix() {
        List<Arguments> all = new ArrayList<>();
        for (Dialect dialect : List.of(Dialect.OPENAI, Dialect.ANTHROPIC)) {
            // Nothing repeated.
            all.add(Arguments.of(dialect, Shape.PREFILLED, SAID, "the lazy dog.", SAID + "the lazy dog."));
            all.add(Arguments.of(dialect, Shape.ASKED, SAID, "the lazy dog.", SAID + "the lazy dog."));
            // An overlap of 12 characters or more is removed, a shorter one is not.
            all.add(Arguments.of(dialect, Shape.PREFILLED, SAID, "fox jumps over the dog.", SAID + "the dog."));
            all.add(Arguments.of(dialect, Shape.ASKED, SAID, "fox jumps over the dog.", SAID + "the dog."));
            all.add(Arguments.of(dialect, Shape.PREFILLED, SAID + "it", "over it again", SAID + "itover it again"));
            // All of what was said, however short.
            all.add(Arguments.of(dialect, Shape.PREFILLED, SAID, SAID + "it.", SAID + "it."));
            all.add(Arguments.of(dialect, Shape.ASKED, "Well", "Well then.", "Well then."));
            all.add(Arguments.of(dialect, Shape.RESTARTED, SAID, SAID + "it.", SAID + "it."));
            all.add(Arguments.of(dialect, Shape.RESTARTED, SAID, SAID, SAID));
            // Begins like an overlap and is none.
            all.add(Arguments.of(dialect, Shape.PREFILLED, SAID, "fox jumps up", SAID + "fox jumps up"));
            all.add(Arguments.of(dialect, Shape.PREFILLED, SAID, "fox", SAID + "fox"));
            // Starts again and diverges, or ends too early.
            all.add(Arguments.of(dialect, Shape.ASKED, SAID, "The quick brown cat sleeps.", null));
            all.add(Arguments.of(dialect, Shape.RESTARTED, SAID, "The quick brown cat sleeps.", null));
            all.add(Arguments.of(dialect, Shape.RESTARTED, SAID, "A cat.", null));
            all.add(Arguments.of(dialect, Shape.RESTARTED, SAID, "The quick", null));
            all.add(Arguments.of(dialect, Shape.RESTARTED, SAID, "", null));
        }
        return all;
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void joinsWithoutGapOrRepeat(Dialect dialect, Shape shape, String before, String answer, String joined) {
        for (int length : new int[] {1, 2, 5, 100}) {
            FirstStream first = Chats.firstStream(dialect);
            List<Event> seen = cut(dialect, first, before);
            ResponseHooks splice = Chats.splice(first, shape(shape, dialect, said(before)), SPENT);

            List<Event> rest = Fakes.run(splice, second(dialect, answer, length));
            if (joined == null) {
                assertThat(rest.get(rest.size() - 1).data()).isEqualTo(DIVERGED);
                assertThat(Fakes.text(dialect, rest.subList(0, rest.size() - 1)))
                        .isEmpty();
                continue;
            }
            seen.addAll(rest);
            assertThat(Fakes.text(dialect, seen)).isEqualTo(joined);
            ObjectNode whole = Chats.aggregate(dialect, seen);
            ChatReply reply = ChatReply.of(dialect, whole);
            assertThat(reply.text()).isEqualTo(joined);
            assertThat(reply.model()).isEqualTo("model-1");
            assertThat(whole.path("id").textValue()).endsWith("first");
            assertThat(reply.finishReason()).isEqualTo(FinishReason.STOP);
            assertThat(reply.usage()).isEqualTo(Usage.of(30, 12));
            if (dialect == Dialect.OPENAI) {
                assertThat(rest)
                        .allSatisfy(event ->
                                assertThat(event.json().path("id").textValue()).isEqualTo("chatcmpl-first"));
                assertThat(rest).noneMatch(event -> event.mentions("\"role\""));
            } else {
                assertThat(whole.path("content")).hasSize(1);
                assertThat(rest).noneMatch(event -> "message_start".equals(event.name()));
            }
        }
    }

    @Test
    void whiteSpaceThatWasTrimmedAndIsSaidAgainIsNotDoubled() {
        for (String again : List.of(" the dog.", "the dog.")) {
            FirstStream first = Chats.firstStream(Dialect.ANTHROPIC);
            List<Event> seen = cut(Dialect.ANTHROPIC, first, SAID);
            ResponseHooks splice = Chats.splice(first, shape(Shape.PREFILLED, Dialect.ANTHROPIC, said(SAID)), SPENT);
            seen.addAll(Fakes.run(splice, second(Dialect.ANTHROPIC, again, 3)));
            assertThat(Fakes.text(Dialect.ANTHROPIC, seen)).isEqualTo(SAID + "the dog.");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "ANTHROPIC"})
    void textIsHeldNotDroppedUntilDecided(Dialect dialect) {
        FirstStream first = Chats.firstStream(dialect);
        cut(dialect, first, SAID);
        ResponseHooks splice = Chats.splice(first, shape(Shape.PREFILLED, dialect, said(SAID)), SPENT);
        List<Events> out = new ArrayList<>();
        second(dialect, "fox jumps over it", 5).forEach(event -> out.add(splice.onEvent(event)));
        assertThat(out).contains(Events.held());
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "ANTHROPIC"})
    void aCutToolCallIsNeverContinued(Dialect dialect) {
        Continuation open = shape(Shape.PREFILLED, dialect, Said.of("", "", true, false));
        List<Event> out =
                Fakes.run(Chats.splice(Chats.firstStream(dialect), open, SPENT), second(dialect, "anything", 4));
        assertThat(out)
                .singleElement()
                .extracting(Event::data)
                .isEqualTo(
                        "FAIL upstream_broken the answer was cut inside a tool call, which no other model can continue");
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "ANTHROPIC"})
    void aToolCallMayFollowTheJoinedText(Dialect dialect) {
        FirstStream first = Chats.firstStream(dialect);
        List<Event> seen = cut(dialect, first, SAID);
        ResponseHooks splice = Chats.splice(first, shape(Shape.PREFILLED, dialect, said(SAID)), SPENT);
        ObjectNode answer = Chats.reply(
                dialect, Answer.of("second", "fox").reasoning("hm").toolCall(ToolCall.of(0, "c", "f", "{\"a\":1}")));
        seen.addAll(Fakes.run(splice, Chats.stream(dialect, answer)));

        ObjectNode whole = Chats.aggregate(dialect, seen);
        ChatReply reply = ChatReply.of(dialect, whole);
        assertThat(reply.text()).isEqualTo(SAID + "fox");
        assertThat(reply.reasoning()).isEmpty();
        assertThat(reply.toolCalls()).containsExactly(ToolCall.of(0, "c", "f", "{\"a\":1}"));
        assertThat(reply.finishReason()).isEqualTo(FinishReason.TOOL_CALLS);
        if (dialect == Dialect.ANTHROPIC) {
            assertThat(whole.path("content")).hasSize(2);
        }
    }

    @Test
    void anAnthropicBlockLeftOpenInThoughtIsClosedBeforeTheTextBegins() {
        FirstStream first = Chats.firstStream(Dialect.ANTHROPIC);
        List<Event> seen = new ArrayList<>();
        for (Event event :
                Chats.events(Dialect.ANTHROPIC, Answer.of("first", "T").reasoning("hm"))) {
            first.onEvent(event);
            seen.add(event);
            if (!ChatDelta.of(Dialect.ANTHROPIC, event).reasoning().isEmpty()) {
                break;
            }
        }
        Said said = Said.of("", "hm", false, false);
        ResponseHooks splice = Chats.splice(first, Chats.restart(said), SPENT);
        ObjectNode answer =
                Chats.reply(Dialect.ANTHROPIC, Answer.of("second", "Text").reasoning("other"));
        seen.addAll(Fakes.run(splice, Chats.stream(Dialect.ANTHROPIC, answer)));

        assertThat(seen.stream().map(e -> e.name() + e.json().path("index").asText("")))
                .containsExactly(
                        "message_start",
                        "content_block_start0",
                        "content_block_delta0",
                        "content_block_stop0",
                        "content_block_start1",
                        "content_block_delta1",
                        "content_block_stop1",
                        "message_delta",
                        "message_stop");
        assertThat(Fakes.text(Dialect.ANTHROPIC, seen)).isEqualTo("Text");
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "ANTHROPIC"})
    void aThirdTryIsSplicedLikeTheSecond(Dialect dialect) {
        FirstStream first = Chats.firstStream(dialect);
        List<Event> seen = cut(dialect, first, SAID);
        ResponseHooks splice = Chats.splice(first, shape(Shape.PREFILLED, dialect, said(SAID)), SPENT);
        for (Event event : second(dialect, "the lazy dog and", 100)) {
            if (ChatDelta.of(dialect, event).finishReason() != null || "content_block_stop".equals(event.name())) {
                break;
            }
            if (splice.onEvent(event) instanceof Event out) {
                first.onEvent(out);
                seen.add(out);
            }
        }
        String so = Fakes.text(dialect, seen);
        assertThat(so).isEqualTo(SAID + "the lazy dog and");
        ResponseHooks again = Chats.splice(first, Chats.restart(said(so)), SPENT.plus(SPENT));
        seen.addAll(Fakes.run(again, second(dialect, so + " sleeps.", 7)));

        ObjectNode whole = Chats.aggregate(dialect, seen);
        assertThat(ChatReply.of(dialect, whole).text()).isEqualTo(so + " sleeps.");
        assertThat(ChatReply.of(dialect, whole).usage()).isEqualTo(Usage.of(40, 19));
        assertThat(whole.path("id").textValue()).endsWith("first");
    }

    @Test
    void whatIsNotJsonPassesAsItIs() {
        Event ping = Event.data("ping");
        assertThat(Chats.splice(Chats.firstStream(Dialect.OPENAI), Chats.restart(said("x")), SPENT)
                        .onEvent(ping))
                .isSameAs(ping);
    }

    @Test
    void aTruncatedRecordCannotBeComparedWithARestart() {
        ResponseHooks splice =
                Chats.splice(Chats.firstStream(Dialect.OPENAI), Chats.restart(Said.of("tail", "", false, true)), SPENT);
        assertThat(Fakes.run(splice, second(Dialect.OPENAI, "tail and more", 3))
                        .get(0)
                        .data())
                .isEqualTo(DIVERGED);
    }
}
