package dev.sluice.api.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.ResponseHooks;
import dev.sluice.api.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RewriteTextTest {
    private static final String PLACEHOLDER = "<EMAIL_1>";
    private static final UnaryOperator<String> RESTORE = text -> text.replace(PLACEHOLDER, "ann@example.com");

    private static ResponseHooks restore(Dialect dialect) {
        return Chats.rewriteText(Fakes.exchange(dialect), PLACEHOLDER.length() - 1, RESTORE);
    }

    private static List<Event> stream(Dialect dialect, List<String> pieces) {
        return Chats.stream(dialect, Chats.reply(Fakes.exchange(dialect), String.join("", pieces)), whole -> pieces);
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "ANTHROPIC"})
    void seesThePlaceholderWholeWhereverItIsCut(Dialect dialect) {
        String text = "Write to <EMAIL_1>, not <EMAIL_1>";
        for (int cut = 1; cut < text.length(); cut++) {
            for (int second = cut; second < text.length(); second++) {
                List<String> pieces = new ArrayList<>(List.of(text.substring(0, cut), text.substring(second)));
                if (second > cut) {
                    pieces.add(1, text.substring(cut, second));
                }
                List<Event> out = Fakes.run(restore(dialect), stream(dialect, pieces));
                assertThat(Fakes.text(dialect, out)).isEqualTo(RESTORE.apply(text));
                assertThat(ChatReply.of(dialect, Chats.aggregate(dialect, out)).finishReason())
                        .isEqualTo(FinishReason.STOP);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "ANTHROPIC"})
    void rewritesTheWholeJsonToo(Dialect dialect) {
        FakeBody body = new FakeBody(
                Chats.reply(Fakes.exchange(dialect), "To <EMAIL_1>").toString());
        assertThat(restore(dialect).onResponseBody(body)).isSameAs(Step.next());
        assertThat(ChatReply.of(dialect, body).text()).isEqualTo("To ann@example.com");

        FakeBody untouched =
                new FakeBody(Chats.reply(Fakes.exchange(dialect), "To nobody").toString());
        restore(dialect).onResponseBody(untouched);
        assertThat(untouched.edits).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "[]", "{'error':{'message':'<EMAIL_1>'}}", "{'choices':[{'message':{'content':null}}]}"})
    void leavesAnswersWithoutTextAlone(String json) {
        FakeBody body = FakeBody.of(json);
        restore(Dialect.OPENAI).onResponseBody(body);
        assertThat(body.edits).isZero();
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "ANTHROPIC"})
    void equalsTheFunctionOverTheWholeTextHoweverItIsCut(Dialect dialect) {
        Random random = new Random(3);
        UnaryOperator<String> digits = text -> text.replaceAll("[0-9]{3,6}", "#");
        UnaryOperator<String> shorter = text -> text.replace("aba", "");
        for (int round = 0; round < 300; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = 1 + random.nextInt(60); i > 0; i--) {
                text.append(List.of("1", "22", "333", "ab", "a", "b", " ", "\ud83d\ude00")
                        .get(random.nextInt(8)));
            }
            List<String> pieces = new ArrayList<>();
            for (int at = 0; at < text.length(); ) {
                int to = Math.min(text.length(), at + 1 + random.nextInt(7));
                pieces.add(text.substring(at, to));
                at = to;
            }
            for (UnaryOperator<String> fn : List.of(digits, shorter)) {
                int lookBehind = 16;
                List<Event> out =
                        Fakes.run(Chats.rewriteText(Fakes.exchange(dialect), lookBehind, fn), stream(dialect, pieces));
                assertThat(noLoneSurrogates(dialect, out)).isTrue();
                if (fn == digits && text.toString().matches("(?s).*[0-9]{7}.*")) {
                    continue; // Where a run ends depends on where it began: no local function.
                }
                if (fn == shorter && text.toString().contains("ababa")) {
                    continue; // Matches overlap: likewise.
                }
                assertThat(Fakes.text(dialect, out)).isEqualTo(fn.apply(text.toString()));
            }
        }
    }

    private static boolean noLoneSurrogates(Dialect dialect, List<Event> events) {
        for (Event event : events) {
            String text = ChatDelta.of(dialect, event).text();
            if (!text.isEmpty()
                    && (Character.isLowSurrogate(text.charAt(0))
                            || Character.isHighSurrogate(text.charAt(text.length() - 1)))) {
                return false;
            }
        }
        return true;
    }

    @Test
    void holdsNoMoreThanItMust() {
        ResponseHooks hooks = Chats.rewriteText(Fakes.exchange(Dialect.OPENAI), 3, RESTORE);
        Events out = hooks.onEvent(Fakes.json("{'choices':[{'index':0,'delta':{'content':'abcdef'}}]}"));
        assertThat(ChatDelta.of(Dialect.OPENAI, (Event) out).text()).isEqualTo("abc");
        assertThat(hooks.onEvent(Fakes.json("{'choices':[{'index':0,'delta':{'content':''}}]}")))
                .isInstanceOf(Event.class);
    }

    @Test
    void keepsTheTextsOfSeveralAnswersApart() {
        List<Event> stream = List.of(
                Fakes.json("{'choices':[{'index':0,'delta':{'content':'A <EMA'}}]}"),
                Fakes.json("{'choices':[{'index':1,'delta':{'content':'B <EMAIL'}}]}"),
                Fakes.json("{'choices':[{'index':0,'delta':{'content':'IL_1>'},'finish_reason':'stop'}]}"),
                Fakes.json("{'choices':[{'index':1,'delta':{'content':'_1>'}}]}"),
                Fakes.json("{'choices':[{'index':1,'delta':{},'finish_reason':'stop'}]}"));
        var whole = Chats.aggregate(Dialect.OPENAI, Fakes.run(restore(Dialect.OPENAI), stream));
        assertThat(whole.path("choices").path(0).path("message").path("content").textValue())
                .isEqualTo("A ann@example.com");
        assertThat(whole.path("choices").path(1).path("message").path("content").textValue())
                .isEqualTo("B ann@example.com");
    }

    @Test
    void textIsOutBeforeTheToolCallBehindIt() {
        List<Event> out = Fakes.run(
                restore(Dialect.OPENAI),
                List.of(
                        Fakes.json("{'id':'x','choices':[{'index':0,'delta':{'content':'abc'}}]}"),
                        Fakes.json(
                                "{'id':'x','choices':[{'index':0,'delta':{'tool_calls':[{'index':0,'id':'c','function':{'name':'f'}}]}}]}")));
        assertThat(out).hasSize(2);
        assertThat(ChatDelta.of(Dialect.OPENAI, out.get(0)).text()).isEqualTo("abc");
        assertThat(out.get(0).json().path("id").textValue()).isEqualTo("x");
        assertThat(ChatDelta.of(Dialect.OPENAI, out.get(1)).toolCalls()).hasSize(1);
    }

    @Test
    void aStreamThatEndsWithoutAFinishIsFlushedAtItsEnd() {
        List<Event> out = Fakes.run(
                restore(Dialect.OPENAI),
                List.of(Fakes.json("{'id':'x','choices':[{'index':0,'delta':{'content':'<EMAIL_1>'}}]}")));
        assertThat(Fakes.text(Dialect.OPENAI, out)).isEqualTo("ann@example.com");
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "ANTHROPIC"})
    void aMatchLongerThanPromisedIsHeldUntilItHasEnded(Dialect dialect) {
        String digits = "12".repeat(40);
        List<String> pieces = List.of("a ", digits.substring(0, 33), digits.substring(33), " b and more");
        ResponseHooks hooks = Chats.rewriteText(Fakes.exchange(dialect), 4, text -> text.replaceAll("[0-9]{3,}", "#"));
        assertThat(Fakes.text(dialect, Fakes.run(hooks, stream(dialect, pieces))))
                .isEqualTo("a # b and more");
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "ANTHROPIC"})
    void aFunctionThatCannotBeAppliedInPiecesSeesTheWholeTextAtItsEnd(Dialect dialect) {
        ResponseHooks hooks = Chats.rewriteText(Fakes.exchange(dialect), 2, text -> "[" + text + "]");
        assertThat(Fakes.text(dialect, Fakes.run(hooks, stream(dialect, List.of("abc", "defgh", "i")))))
                .isEqualTo("[abcdefghi]");
    }

    @Test
    void aDialectWithoutViewPassesUntouched() {
        Event event = Fakes.json("{'choices':[{'delta':{'content':'<EMAIL_1>'}}]}");
        assertThat(restore(Dialect.BEDROCK).onEvent(event)).isSameAs(event);
    }

    @Test
    void refusesANegativeWindow() {
        assertThatThrownBy(() -> Chats.rewriteText(Fakes.exchange(Dialect.OPENAI), -1, RESTORE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("lookBehind is a number of characters, not -1");
    }
}
