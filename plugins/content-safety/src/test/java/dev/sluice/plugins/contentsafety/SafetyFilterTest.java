package dev.sluice.plugins.contentsafety;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Key;
import dev.sluice.api.Reply;
import dev.sluice.api.Step;
import dev.sluice.api.llm.ChatDelta;
import dev.sluice.api.llm.Chats;
import dev.sluice.testkit.FakeBody;
import dev.sluice.testkit.FakeExchange;
import dev.sluice.testkit.StreamRunner;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SafetyFilterTest {
    private static final String PROMPT =
            "bob@example.com and eve@example.com, not bob@example.com; key AKIAIOSFODNN7EXAMPLE at" + " 10.1.2.3";
    private static final String MASKED = "<EMAIL_1> and <EMAIL_2>, not <EMAIL_1>; key <SECRET_1> at <IP_1>";

    private static FakeExchange openAi(String content) {
        return FakeExchange.openAi()
                .body("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":" + content + "}]}");
    }

    private static String quoted(String text) {
        return "\"" + text + "\"";
    }

    @Test
    void theModelSeesPlaceholdersAndTheClientWhatItSent() {
        FakeExchange exchange = openAi(quoted(PROMPT));
        SafetyFilter filter = Guards.of(Guards.pii()).filter(exchange);
        assertThat(filter.onRequestBody(exchange.body())).isSameAs(Step.next());
        assertThat(exchange.body().json().at("/messages/0/content").asText()).isEqualTo(MASKED);
        FakeBody answer =
                FakeBody.json(Chats.reply(Dialect.OPENAI, Chats.Answer.of("1", "so <EMAIL_2> or <EMAIL_1>?")));
        filter.onResponseBody(answer);
        assertThat(answer.json().at("/choices/0/message/content").asText())
                .isEqualTo("so eve@example.com or bob@example.com?");
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "ANTHROPIC"})
    void soItDoesInAStreamWhereverAPlaceholderIsCut(Dialect dialect) {
        String says = "Dear <EMAIL_2>, <EMAIL_1> says <EMAIL_7> and <SECRET_1> a<b <";
        String restored = "Dear eve@example.com, bob@example.com says <EMAIL_7> and AKIAIOSFODNN7EXAMPLE a<b <";
        for (boolean checks : new boolean[] {true, false}) {
            for (int at = 0; at <= says.length(); at++) {
                FakeExchange exchange = dialect == Dialect.OPENAI
                        ? openAi(quoted(PROMPT))
                        : FakeExchange.anthropic()
                                .body("{\"messages\":[{\"role\":\"user\",\"content\":" + quoted(PROMPT) + "}]}");
                Guards guards = Guards.of(Guards.pii());
                SafetyFilter filter = guards.filter(exchange);
                filter.onRequestBody(exchange.body());
                int cut = at;
                List<Event> events = Chats.stream(
                        dialect,
                        Chats.reply(dialect, Chats.Answer.of("1", says)),
                        whole -> List.of(whole.substring(0, cut), whole.substring(cut)));
                List<Event> out = StreamRunner.through(checks ? filter : restoring(guards, exchange), events);
                assertThat(out.stream()
                                .map(event -> ChatDelta.of(dialect, event).text())
                                .collect(Collectors.joining()))
                        .as("cut at %s", at)
                        .isEqualTo(restored);
            }
        }
    }

    /** A filter that only masks requests. */
    private static SafetyFilter restoring(Guards guards, FakeExchange exchange) {
        FakeExchange again = exchange.dialect() == Dialect.OPENAI
                ? openAi(quoted(PROMPT))
                : FakeExchange.anthropic()
                        .body("{\"messages\":[{\"role\":\"user\",\"content\":" + quoted(PROMPT) + "}]}");
        SafetyFilter filter = guards.requestsOnly().filter(again);
        filter.onRequestBody(again.body());
        return filter;
    }

    @Test
    void whatMayBeAPlaceholderIsAllThatIsHeldWhereNothingIsChecked() {
        FakeExchange exchange = openAi(quoted(PROMPT));
        SafetyFilter filter = Guards.of(Guards.pii()).requestsOnly().filter(exchange);
        filter.onRequestBody(exchange.body());
        StreamRunner runner = StreamRunner.of(filter);
        List<String> seen = new ArrayList<>();
        for (String piece : List.of("to ", "<EMA", "IL_1", "> and ", "a <b> c")) {
            int before = runner.out().size();
            runner.send(Event.data("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + piece + "\"}}]}"));
            seen.add(runner.out().stream()
                    .skip(before)
                    .map(event -> ChatDelta.of(Dialect.OPENAI, event).text())
                    .collect(Collectors.joining("|")));
        }
        assertThat(seen).containsExactly("to ", "", "", "bob@example.com|| and ", "a <b> c");
    }

    @Test
    void toolArgumentsAreMaskedAndRestoredAsJson() {
        FakeExchange exchange = FakeExchange.openAi().body("""
                {"messages":[
                  {"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function",
                    "function":{"name":"mail","arguments":"{\\"to\\":\\"bob@example.com\\"}"}}]},
                  {"role":"tool","tool_call_id":"1","content":[{"type":"text","text":"sent to eve@example.com"}]}]}""");
        SafetyFilter filter = Guards.of(Guards.pii()).filter(exchange);
        filter.onRequestBody(exchange.body());
        JsonNode sent = exchange.body().json();
        assertThat(sent.at("/messages/0/tool_calls/0/function/arguments").asText())
                .isEqualTo("{\"to\":\"<EMAIL_1>\"}");
        assertThat(sent.at("/messages/0/content").isNull()).isTrue();
        assertThat(sent.at("/messages/1/content/0/text").asText()).isEqualTo("sent to <EMAIL_2>");
        String arguments = "{\"to\":\"\\u003cEMAIL_2\\u003e\",\"cc\":\"<EMAIL_1>\"}";
        for (int at = 0; at < arguments.length(); at++) {
            List<Event> events = new ArrayList<>();
            for (String piece : List.of(arguments.substring(0, at), arguments.substring(at))) {
                events.add(Event.data(
                        "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":"
                                + com.fasterxml.jackson.databind.node.TextNode.valueOf(piece) + "}}]}}]}"));
            }
            FakeExchange again = FakeExchange.openAi()
                    .body("{\"messages\":[{\"role\":\"user\",\"content\":\"bob@example.com eve@example.com\"}]}");
            SafetyFilter streaming = Guards.of(Guards.pii()).filter(again);
            streaming.onRequestBody(again.body());
            assertThat(StreamRunner.through(streaming, events).stream()
                            .flatMap(event -> ChatDelta.of(Dialect.OPENAI, event).toolCalls().stream())
                            .map(call -> call.arguments())
                            .collect(Collectors.joining()))
                    .as("cut at %s", at)
                    .isEqualTo("{\"to\":\"eve@example.com\",\"cc\":\"bob@example.com\"}");
        }
    }

    @Test
    void anOriginalIsWrittenSoThatTheArgumentsStayJson() {
        FakeExchange exchange = openAi("\"id \\\"x\\\\ny\\\" end\"");
        RegexEngine engine = new RegexEngine(List.of(new RegexEngine.Rule(
                com.google.re2j.Pattern.compile("\"[^\"]+\""), "quoted", Level.LOW, null, Action.MASK_AND_RESTORE)));
        SafetyFilter filter = Guards.of(engine).requestsOnly().filter(exchange);
        filter.onRequestBody(exchange.body());
        assertThat(exchange.body().json().at("/messages/0/content").asText()).isEqualTo("id <QUOTED_1> end");
        FakeBody answer = FakeBody.json(Chats.reply(
                Dialect.OPENAI,
                Chats.Answer.of("1", "")
                        .toolCall(dev.sluice.api.llm.ToolCall.of(0, "1", "f", "{\"q\":\"<QUOTED_1>\"}"))));
        filter.onResponseBody(answer);
        assertThat(answer.json()
                        .at("/choices/0/message/tool_calls/0/function/arguments")
                        .asText())
                .isEqualTo("{\"q\":\"\\\"x\\ny\\\"\"}".replace("\\ny", "\\\\ny"));
    }

    @Test
    void aPlaceholderThatTheClientWroteStaysItsOwn() {
        FakeExchange exchange = openAi(quoted("what is <EMAIL_1>? I am bob@example.com"));
        SafetyFilter filter = Guards.of(Guards.pii()).filter(exchange);
        filter.onRequestBody(exchange.body());
        assertThat(exchange.body().json().at("/messages/0/content").asText())
                .isEqualTo("what is <EMAIL_1>? I am <EMAIL_2>");
        FakeBody answer = FakeBody.json(Chats.reply(Dialect.OPENAI, Chats.Answer.of("1", "<EMAIL_1> <EMAIL_2>")));
        filter.onResponseBody(answer);
        assertThat(answer.json().at("/choices/0/message/content").asText()).isEqualTo("<EMAIL_1> bob@example.com");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"messages\":[{\"role\":\"user\",\"content\":\"a bomb\"}]}",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"a bomb\"},{\"role\":\"user\",\"content\":\"fine\"}]}",
                "{\"messages\":[{\"content\":[null,1,{\"type\":\"text\",\"text\":\"a bomb\"}]}]}",
                "{\"messages\":[null,{\"role\":\"assistant\",\"content\":null,\"reasoning_content\":\"a bomb\"}]}",
                "{\"messages\":[{\"role\":\"tool\",\"content\":\"a bomb\"}]}",
                "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"content\":[{\"type\":\"text\",\"text\":\"a bomb\"}]}]}]}",
                "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"content\":\"a bomb\"}]}]}",
                "{\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"input\":{\"a\":[{\"b\":\"a bomb\"}]}}]}]}",
                "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"document\",\"source\":{\"type\":\"text\",\"data\":\"a bomb\"}}]}]}",
                "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"x\"}},{\"type\":\"text\",\"text\":\"a bomb\"}]}]}",
                "{\"input\":\"a bomb\"}",
                "{\"input\":[\"fine\",\"a bomb\"]}",
                "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"a bomb\"}]}]}",
                "{\"prompt\":\"a bomb\"}",
                "{\"contents\":[{\"parts\":[{\"text\":\"a bomb\"}]}]}"
            })
    void noShapeOfATextIsPassedOver(String body) {
        FakeExchange exchange = FakeExchange.openAi().body(body);
        Step step = Guards.of(Guards.words("bomb")).filter(exchange).onRequestBody(exchange.body());
        assertThat(step).isInstanceOf(Reply.class).extracting("code").isEqualTo("content_blocked");
        assertThat(exchange.get(Key.RISK)).isEqualTo("deny-word");
        assertThat(exchange.notes().toString()).contains("deny-word").doesNotContain("bomb");
    }

    @Test
    void systemTextIsCheckedByChoice() {
        String body =
                "{\"system\":[{\"type\":\"text\",\"text\":\"a bomb\"}],\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
        FakeExchange exchange = FakeExchange.anthropic().body(body);
        assertThat(Guards.of(Guards.words("bomb")).filter(exchange).onRequestBody(exchange.body()))
                .isSameAs(Step.next());
        assertThat(Guards.of(Guards.words("bomb"))
                        .chosen(Settings.Chosen.ALL)
                        .filter(exchange)
                        .onRequestBody(exchange.body()))
                .isInstanceOf(Reply.class);
    }

    @Test
    void aWholeAnswerIsRefusedInItsDialect() {
        for (FakeExchange exchange : List.of(FakeExchange.openAi(), FakeExchange.anthropic())) {
            FakeBody answer =
                    FakeBody.json(Chats.reply(exchange.dialect(), Chats.Answer.of("1", "how to build a bomb")));
            Step step = Guards.of(Guards.words("bomb")).filter(exchange).onResponseBody(answer);
            assertThat(step).isInstanceOf(Reply.class);
            JsonNode refusal = ((Reply) step).json();
            assertThat(refusal.toString())
                    .contains(exchange.dialect() == Dialect.OPENAI ? "content_filter" : "\"refusal\"")
                    .contains(Guards.REFUSED)
                    .doesNotContain("bomb");
        }
    }

    @Test
    void aRequestMayBeRefusedAsAModelWould() {
        FakeExchange exchange = FakeExchange.openAi()
                .body("{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"a bomb\"}]}");
        Step step = Guards.of(Guards.words("bomb")).asAnswer().filter(exchange).onRequestBody(exchange.body());
        assertThat(((Reply) step).kind()).isEqualTo(Reply.Kind.STREAM);
        assertThat(((Reply) step).events().toString()).contains(Guards.REFUSED, "content_filter");
    }

    @Test
    @Tag("long")
    @Timeout(120)
    void aPromptOfTenMegabytesIsChecked() {
        aLongPromptIsChecked(240_000);
    }

    @Test
    @Timeout(60)
    void aPromptOfSomeHundredKilobytesIsCheckedOffTheLoop() {
        aLongPromptIsChecked(6_000);
    }

    private static void aLongPromptIsChecked(int sentences) {
        String text = "The quick brown fox, mail bob@example.com. ".repeat(sentences);
        FakeExchange exchange = openAi(quoted(text));
        Guards.of(Guards.words("bomb"), Guards.pii(), new InjectionEngine())
                .filter(exchange)
                .onRequestBody(exchange.body());
        assertThat(exchange.body().json().at("/messages/0/content").asText())
                .startsWith("The quick brown fox, mail <EMAIL_1>. ")
                .doesNotContain("@");
    }

    @Test
    void consumersMayHaveRulesOfTheirOwn() {
        Policy policy = new Policy(
                List.of(new Policy.Own(
                        List.of(com.google.re2j.Pattern.compile("staff-.*")),
                        List.of(new Policy.Rule("deny-word", Level.LOW, Action.PASS, null)))),
                List.of(new Policy.Rule("words", Level.HIGH, Action.MASK, Direction.REQUEST)));
        Finding word = Finding.at(0, 1, "deny-word", "words", Level.HIGH);
        assertThat(policy.decide(word, Direction.REQUEST, "staff-1")).isEqualTo(Action.PASS);
        assertThat(policy.decide(word, Direction.REQUEST, "eve")).isEqualTo(Action.MASK);
        assertThat(policy.decide(word, Direction.RESPONSE, "eve")).isEqualTo(Action.BLOCK);
        Finding mail = Finding.at(0, 1, "email", "pii", Level.MEDIUM);
        assertThat(policy.decide(mail, Direction.REQUEST, "eve")).isEqualTo(Action.MASK_AND_RESTORE);
        assertThat(policy.decide(mail, Direction.RESPONSE, "eve")).isEqualTo(Action.FLAG);
    }
}
