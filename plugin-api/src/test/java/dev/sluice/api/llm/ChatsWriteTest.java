package dev.sluice.api.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Reply;
import dev.sluice.api.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ChatsWriteTest {

    @ParameterizedTest
    @EnumSource(Dialect.class)
    void aReplyReadsBackInEveryDialect(Dialect dialect) {
        ObjectNode tree = Chats.reply(Fakes.exchange(dialect), "Hello");
        Dialect shape = dialect == Dialect.ANTHROPIC ? Dialect.ANTHROPIC : Dialect.OPENAI;
        ChatReply reply = ChatReply.of(shape, tree);
        assertThat(reply.text()).isEqualTo("Hello");
        assertThat(reply.model()).isEqualTo("m-1");
        assertThat(reply.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(reply.usage()).isEqualTo(Usage.NONE);
        assertThat(tree.path("id").textValue()).endsWith("r1");
    }

    @Test
    void openAiEventsAreRoleTextFinish() {
        List<Event> events = Chats.events(Fakes.exchange(Dialect.OPENAI), "Hello");
        assertThat(events).hasSize(3).allSatisfy(event -> {
            assertThat(event.name()).isNull();
            assertThat(event.json().path("object").textValue()).isEqualTo("chat.completion.chunk");
            assertThat(event.json().has("usage")).isFalse();
        });
        assertThat(ChatDelta.of(Dialect.OPENAI, events.get(0)).hasContent()).isFalse();
        assertThat(ChatDelta.of(Dialect.OPENAI, events.get(1)).text()).isEqualTo("Hello");
        assertThat(ChatDelta.of(Dialect.OPENAI, events.get(2)).finishReason()).isEqualTo(FinishReason.STOP);
    }

    @Test
    void openAiUsageComesInAnEventOfItsOwn() {
        List<Event> events =
                Chats.events(Dialect.OPENAI, Chats.Answer.of("r", "Hello").usage(Usage.of(1, 2)));
        Event last = events.get(events.size() - 1);
        assertThat(last.json().path("choices")).isEmpty();
        assertThat(ChatDelta.of(Dialect.OPENAI, last).usage()).isEqualTo(Usage.of(1, 2));
    }

    @ParameterizedTest
    @EnumSource(
            value = Dialect.class,
            names = {"OPENAI", "ANTHROPIC"})
    void anErrorIsCalledWhatItsReplySays(Dialect dialect) {
        Reply ours = Reply.error(429, "upstream_error", "Slow");
        assertThat(Chats.error(dialect, ours)).isEqualTo(Chats.error(dialect, 429, "upstream_error", "Slow"));
        Reply theirs = ours.spelled("tokens", "rate_limit_exceeded", "messages").header("a", "b");
        Event event = Chats.errorEvent(dialect, theirs);
        for (JsonNode tree : List.of(Chats.error(dialect, theirs), event.json())) {
            assertThat(tree.path("error").path("type").asText()).isEqualTo("tokens");
            assertThat(tree.path("error").path("code").asText()).isEqualTo("rate_limit_exceeded");
            assertThat(tree.path("error").path("param").asText()).isEqualTo("messages");
            assertThat(tree.path("error").path("message").asText()).isEqualTo("Slow");
        }
        assertThat(event.name())
                .isEqualTo(Chats.errorEvent(dialect, 429, "x", "y").name());
        assertThat(theirs.code()).isEqualTo("upstream_error");
    }

    @Test
    void onlyAnErrorHasASpelling() {
        assertThatThrownBy(() -> Reply.chat("Hello").spelled("a", "b", null))
                .hasMessage("only an error has a spelling, not Reply[200 CHAT]");
        assertThatThrownBy(() -> Chats.error(Dialect.OPENAI, Reply.chat("Hello")))
                .hasMessage("Reply[200 CHAT] is no error");
    }

    @Test
    void anthropicEventsAreNamed() {
        assertThat(Chats.events(Fakes.exchange(Dialect.ANTHROPIC), "Hello"))
                .extracting(Event::name)
                .containsExactly(
                        "message_start",
                        "content_block_start",
                        "content_block_delta",
                        "content_block_stop",
                        "message_delta",
                        "message_stop");
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "ANTHROPIC"})
    void refusesInTheDialectsOwnWay(Dialect dialect) {
        assertThat(ChatReply.of(dialect, Chats.refusal(Fakes.exchange(dialect), "No."))
                        .finishReason())
                .isEqualTo(FinishReason.CONTENT_FILTER);
        List<Event> events = Chats.refusalEvents(Fakes.exchange(dialect), "No.");
        assertThat(Fakes.text(dialect, events)).isEqualTo("No.");
        assertThat(events).anyMatch(e -> ChatDelta.of(dialect, e).finishReason() == FinishReason.CONTENT_FILTER);
    }

    @Test
    void errorsHaveTheirDialectsShape() {
        assertThat(Chats.error(Dialect.NONE, 404, "no_route", "M"))
                .isEqualTo(FakeBody.tree(
                        "{'error':{'message':'M','type':'not_found_error','code':'no_route','param':null}}"));
        assertThat(Chats.error(Dialect.ANTHROPIC, 504, "upstream_timeout", "M"))
                .isEqualTo(FakeBody.tree(
                        "{'type':'error','error':{'type':'timeout_error','message':'M','code':'upstream_timeout'}}"));
        JsonNode gemini = Chats.error(Dialect.GEMINI, 429, "rate_limited", "M");
        assertThat(gemini.toString())
                .isEqualTo("{\"error\":{\"code\":429,\"message\":\"M\",\"status\":\"RESOURCE_EXHAUSTED\","
                        + "\"details\":[{\"reason\":\"rate_limited\"}]}}");
        assertThat(Chats.errorEvent(Dialect.ANTHROPIC, 502, "upstream_broken", "M")
                        .name())
                .isEqualTo("error");
        assertThat(Chats.errorEvent(Dialect.OPENAI, 502, "upstream_broken", "M").name())
                .isNull();
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "ANTHROPIC"})
    void aStreamedAnswerAddsUpToItself(Dialect dialect) {
        Random random = new Random(11);
        for (int round = 0; round < 200; round++) {
            Chats.Answer answer = Chats.Answer.of("r", random.nextInt(4) == 0 ? "" : words(random))
                    .model("m")
                    .usage(Usage.of(random.nextInt(50), random.nextInt(50)).cachedInput(0));
            if (random.nextBoolean()) {
                answer = answer.reasoning(words(random));
            }
            for (int i = random.nextInt(3); i > 0; i--) {
                answer = answer.toolCall(ToolCall.of(0, "c" + i, "f" + i, "{\"n\":" + random.nextInt(9) + "}"));
            }
            ObjectNode whole = Chats.reply(dialect, answer);
            whole.put("x_vendor", round);
            List<Event> events = Chats.stream(dialect, whole, ChatsWriteTest::letters);
            assertThat(Chats.aggregate(dialect, events)).isEqualTo(whole);
        }
    }

    private static String words(Random random) {
        StringBuilder words = new StringBuilder("w");
        for (int i = random.nextInt(12); i > 0; i--) {
            words.append(" \u00e9\u6f22").append(random.nextInt(100));
        }
        return words.toString();
    }

    private static List<String> letters(String text) {
        List<String> all = new ArrayList<>();
        text.codePoints().forEach(c -> all.add(Character.toString(c)));
        return all;
    }

    @Test
    void aggregatesWhatAnOpenAiVendorSends() {
        List<Event> events = List.of(
                Fakes.json(
                        "{'id':'a','object':'chat.completion.chunk','created':1,'model':'m','choices':[{'index':0,'delta':{'role':'assistant','content':null}}]}"),
                Fakes.json("{'id':'a','choices':[{'index':0,'delta':{'reasoning':'h'}}]}"),
                Fakes.json("{'id':'a','choices':[{'index':1,'delta':{'content':'B'}}]}"),
                Event.data("{broken"),
                Fakes.json(
                        "{'id':'a','choices':[{'index':0,'delta':{'tool_calls':[{'index':0,'id':'c','type':'function','function':{'name':'f','arguments':'{'}}]}}]}"),
                Fakes.json(
                        "{'id':'a','choices':[{'index':0,'delta':{'tool_calls':[{'index':0,'function':{'arguments':'}'}}]}}]}"),
                Fakes.json(
                        "{'id':'a','choices':[{'index':0,'delta':{},'finish_reason':'tool_calls'},{'index':1,'delta':{},'finish_reason':'stop'}],'usage':null}"),
                Fakes.json(
                        "{'id':'a','choices':[],'usage':{'prompt_tokens':1,'completion_tokens':2,'total_tokens':3}}"));
        assertThat(Chats.aggregate(Dialect.OPENAI, events)).isEqualTo(FakeBody.tree("""
                        {'id':'a','object':'chat.completion','created':1,'model':'m','choices':[
                          {'index':0,'message':{'role':'assistant','content':null,'reasoning':'h','tool_calls':[
                            {'id':'c','type':'function','function':{'name':'f','arguments':'{}'}}]},'finish_reason':'tool_calls'},
                          {'index':1,'message':{'role':'assistant','content':'B'},'finish_reason':'stop'}],
                         'usage':{'prompt_tokens':1,'completion_tokens':2,'total_tokens':3}}"""));
    }

    @Test
    void aggregatesAnAnthropicStreamWithSignatureAndCutArguments() {
        List<Event> events = List.of(
                Fakes.named(
                        "{'type':'message_start','message':{'id':'a','type':'message','role':'assistant','model':'m','content':[],'usage':{'input_tokens':3,'output_tokens':1}}}"),
                Fakes.named("{'type':'ping'}"),
                Fakes.named(
                        "{'type':'content_block_start','index':0,'content_block':{'type':'thinking','thinking':''}}"),
                Fakes.named(
                        "{'type':'content_block_delta','index':0,'delta':{'type':'thinking_delta','thinking':'hm'}}"),
                Fakes.named(
                        "{'type':'content_block_delta','index':0,'delta':{'type':'signature_delta','signature':'S'}}"),
                Fakes.named("{'type':'content_block_stop','index':0}"),
                Fakes.named(
                        "{'type':'content_block_start','index':1,'content_block':{'type':'tool_use','id':'c','name':'f','input':{}}}"),
                Fakes.named(
                        "{'type':'content_block_delta','index':1,'delta':{'type':'input_json_delta','partial_json':'{'}}"),
                Fakes.named("{'type':'content_block_delta','index':9,'delta':{'type':'text_delta','text':'lost'}}"),
                Fakes.named(
                        "{'type':'message_delta','delta':{'stop_reason':'tool_use','stop_sequence':null},'usage':{'output_tokens':7}}"),
                Fakes.named("{'type':'message_stop'}"));
        assertThat(Chats.aggregate(Dialect.ANTHROPIC, events)).isEqualTo(FakeBody.tree("""
                        {'type':'message','role':'assistant','id':'a','model':'m','content':[
                          {'type':'thinking','thinking':'hm','signature':'S'},
                          {'type':'tool_use','id':'c','name':'f','input':{}}],
                         'usage':{'input_tokens':3,'output_tokens':7},'stop_reason':'tool_use','stop_sequence':null}"""));
    }

    @Test
    void aStreamIsPutTogetherAsItComes() {
        for (Dialect dialect : List.of(Dialect.OPENAI, Dialect.ANTHROPIC)) {
            List<Event> events = Chats.events(
                    dialect, Chats.Answer.of("1", "Hello, you").toolCall(ToolCall.of(0, "a", "f", "{\"x\":1}")));
            Chats.Assembly assembly = Chats.assembly(dialect);
            for (int i = 0; i < events.size(); i++) {
                assembly.add(events.get(i));
                assertThat(assembly.tree()).isEqualTo(Chats.aggregate(dialect, events.subList(0, i + 1)));
            }
        }
    }
}
