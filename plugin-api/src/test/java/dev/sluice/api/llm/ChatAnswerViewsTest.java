package dev.sluice.api.llm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Usage;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChatAnswerViewsTest {

    @Test
    void readsAnOpenAiReply() {
        ChatReply reply = ChatReply.of(Fakes.exchange(Dialect.OPENAI), FakeBody.of("""
                        {'model':'m','choices':[{'index':0,'finish_reason':'tool_calls','message':{'role':'assistant',
                          'content':'Hi','reasoning_content':'hm','tool_calls':[
                            {'id':'c','type':'function','function':{'name':'f','arguments':'{"a":1}'}}]}}],
                         'usage':{'prompt_tokens':10,'completion_tokens':5,'prompt_tokens_details':{'cached_tokens':4},
                          'completion_tokens_details':{'reasoning_tokens':2}}}""".replace("{\"a\":1}", "{}")));
        assertThat(reply.model()).isEqualTo("m");
        assertThat(reply.text()).isEqualTo("Hi");
        assertThat(reply.reasoning()).isEqualTo("hm");
        assertThat(reply.toolCalls()).containsExactly(ToolCall.of(0, "c", "f", "{}"));
        assertThat(reply.finishReason()).isEqualTo(FinishReason.TOOL_CALLS);
        assertThat(reply.usage()).isEqualTo(Usage.of(10, 5).cachedInput(4).reasoning(2));
        assertThat(reply.error()).isNull();
    }

    @Test
    void readsAnAnthropicReplyWhoseInputExcludesTheCached() {
        ChatReply reply = ChatReply.of(Dialect.ANTHROPIC, FakeBody.tree("""
                        {'type':'message','model':'m','stop_reason':'tool_use','content':[{'type':'thinking','thinking':'hm'},
                          {'type':'text','text':'H'},{'type':'text','text':'i'},{'type':'tool_use','id':'c','name':'f','input':{'a':1}}],
                         'usage':{'input_tokens':3,'cache_read_input_tokens':4,'cache_creation_input_tokens':5,'output_tokens':6}}"""));
        assertThat(reply.text()).isEqualTo("Hi");
        assertThat(reply.reasoning()).isEqualTo("hm");
        assertThat(reply.toolCalls()).containsExactly(ToolCall.of(0, "c", "f", "{\"a\":1}"));
        assertThat(reply.finishReason()).isEqualTo(FinishReason.TOOL_CALLS);
        assertThat(reply.usage()).isEqualTo(Usage.of(12, 6).cachedInput(4).cacheWrite(5));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                "7",
                "null",
                "{'choices':null,'content':null,'usage':null,'error':null,'stop_reason':null}",
                "{'choices':[null,{'message':null,'delta':null,'finish_reason':null}],'content':[null,{}],'usage':7}",
                "{'choices':{},'content':{},'type':7,'delta':[],'index':'x','stop_reason':{}}",
                "{'choices':[{'message':{'content':7,'tool_calls':7},'delta':{'content':{},'tool_calls':{}}}]}",
                "{'type':'content_block_delta'}",
                "{'type':'content_block_start','content_block':null}",
                "{'type':'message_delta','delta':null,'usage':null}"
            })
    void malformedAnswersAndEventsReadAsEmptyAndNeverThrow(String json) {
        for (Dialect dialect : Dialect.values()) {
            ChatReply reply = ChatReply.of(dialect, FakeBody.of(json));
            assertThat(reply.text() + reply.reasoning()).isEmpty();
            assertThat(reply.toolCalls()).isEmpty();
            assertThat(reply.finishReason()).isNull();
            assertThat(reply.usage()).isNull();
            assertThat(reply.error()).isNull();

            for (Event event : List.of(Fakes.json(json), Event.data("{\"choices\":[{"), Event.data(""))) {
                ChatDelta delta = ChatDelta.of(dialect, event);
                assertThat(delta.text() + delta.reasoning()).isEmpty();
                assertThat(delta.toolCalls()).isEmpty();
                assertThat(delta.finishReason()).isNull();
                assertThat(delta.usage()).isNull();
                assertThat(delta.isLast()).isFalse();
                assertThat(delta.hasContent()).isFalse();
                assertThat(delta.index()).isZero();
            }
        }
    }

    @Test
    void openAisBytesSayNoBeforeAnythingIsParsed() {
        byte[] frame = "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"x\"}}]}\n\n"
                .getBytes(StandardCharsets.UTF_8);
        Event event = Event.arrived("text/event-stream", frame, 6, frame.length - 2, null, null, null);
        ChatDelta delta = ChatDelta.of(Dialect.OPENAI, event);
        assertThat(delta.usage()).isNull();
        assertThat(delta.finishReason()).isNull();
        assertThat(delta.toolCalls()).isEmpty();
        assertThat(delta.error()).isNull();
        assertThat(event.isParsed()).isFalse();

        assertThat(delta.text()).isEqualTo("x");
        assertThat(delta.index()).isEqualTo(1);
        assertThat(event.isParsed()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'content':'x'}",
                "{'reasoning_content':'x'}",
                "{'reasoning':'x'}",
                "{'refusal':'x'}",
                "{'tool_calls':[{'index':0,'id':'c','function':{'name':'f','arguments':''}}]}",
                "{'content':[{'type':'text','text':'x'}]}"
            })
    void aFirstOpenAiEventCarriesContent(String delta) {
        assertThat(ChatDelta.of(Dialect.OPENAI, Fakes.json("{'choices':[{'delta':" + delta + "}]}"))
                        .hasContent())
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'role':'assistant'}",
                "{'role':'assistant','content':''}",
                "{'content':null}",
                "{'tool_calls':[]}",
                "{'reasoning_content':''}"
            })
    void anOpeningOpenAiEventDoesNot(String delta) {
        assertThat(ChatDelta.of(
                                Dialect.OPENAI,
                                Fakes.json("{'choices':[{'delta':" + delta + ",'finish_reason':null}]}"))
                        .hasContent())
                .isFalse();
    }

    @Test
    void readsAnAnthropicStream() {
        assertThat(delta("{'type':'message_start','message':{'usage':{'input_tokens':3,'cache_read_input_tokens':2}}}")
                        .usage())
                .isEqualTo(Usage.of(5, 0).cachedInput(2));
        ChatDelta tool = delta(
                "{'type':'content_block_start','index':2,'content_block':{'type':'tool_use','id':'c','name':'f','input':{}}}");
        assertThat(tool.hasContent()).isTrue();
        assertThat(tool.toolCalls()).containsExactly(ToolCall.of(2, "c", "f", ""));
        assertThat(delta(
                                "{'type':'content_block_delta','index':2,'delta':{'type':'input_json_delta','partial_json':'{}'}}")
                        .toolCalls())
                .containsExactly(ToolCall.of(2, null, null, "{}"));
        ChatDelta thought =
                delta("{'type':'content_block_delta','index':0,'delta':{'type':'thinking_delta','thinking':'hm'}}");
        assertThat(thought.reasoning()).isEqualTo("hm");
        assertThat(thought.hasContent()).isTrue();
        ChatDelta end = delta("{'type':'message_delta','delta':{'stop_reason':'refusal'},'usage':{'output_tokens':4}}");
        assertThat(end.finishReason()).isEqualTo(FinishReason.CONTENT_FILTER);
        assertThat(end.hasContent()).isTrue();
        assertThat(end.usage()).isEqualTo(Usage.of(0, 4));
        assertThat(delta("{'type':'message_stop'}").isLast()).isTrue();
        assertThat(delta("{'type':'ping'}").hasContent()).isFalse();
        assertThat(delta("{'type':'message_start','message':{}}").hasContent()).isFalse();
        assertThat(delta("{'type':'content_block_start','index':0,'content_block':{'type':'text','text':''}}")
                        .hasContent())
                .isFalse();
        assertThat(delta("{'type':'error','error':{'type':'overloaded_error'}}").error())
                .isEqualTo(FakeBody.tree("{'type':'overloaded_error'}"));
    }

    private static ChatDelta delta(String json) {
        Event unnamed = Fakes.json(json);
        assertThat(ChatDelta.of(Dialect.ANTHROPIC, unnamed).isLast())
                .isEqualTo(ChatDelta.of(Dialect.ANTHROPIC, Fakes.named(json)).isLast());
        return ChatDelta.of(Dialect.ANTHROPIC, Fakes.named(json));
    }

    @Test
    void withTextChangesNothingElse() {
        Event event = Fakes.json("{'id':'x','x_v':1,'choices':[{'index':0,'delta':{'content':'a','x_w':2}}]}");
        assertThat(ChatDelta.of(Dialect.OPENAI, event).withText("b").json())
                .isEqualTo(FakeBody.tree("{'id':'x','x_v':1,'choices':[{'index':0,'delta':{'content':'b','x_w':2}}]}"));
        assertThat(ChatDelta.of(Dialect.OPENAI, event).text()).isEqualTo("a");

        Event block = Fakes.named(
                "{'type':'content_block_delta','index':3,'delta':{'type':'text_delta','text':'a'},'x_v':1}");
        Event changed = ChatDelta.of(Dialect.ANTHROPIC, block).withText("b");
        assertThat(changed.json())
                .isEqualTo(FakeBody.tree(
                        "{'type':'content_block_delta','index':3,'delta':{'type':'text_delta','text':'b'},'x_v':1}"));
        assertThat(changed.name()).isEqualTo("content_block_delta");
        Event stop = Fakes.named("{'type':'message_stop'}");
        assertThat(ChatDelta.of(Dialect.ANTHROPIC, stop).withText("b")).isSameAs(stop);
    }

    @Test
    void theLargerReportCounts() {
        assertThat(Chats.latest(Usage.of(5, 1).cachedInput(2), Usage.of(0, 9)))
                .isEqualTo(Usage.of(5, 9).cachedInput(2));
        assertThat(Chats.latest(null, Usage.of(0, 9))).isEqualTo(Usage.of(0, 9));
    }
}
