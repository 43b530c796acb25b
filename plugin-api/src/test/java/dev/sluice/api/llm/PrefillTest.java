package dev.sluice.api.llm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Dialect;
import dev.sluice.api.Said;
import dev.sluice.api.llm.Chats.Prefill;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PrefillTest {
    private static final Said SAID = Said.of("Once upon \n", "", false, false);

    private static FakeBody asked() {
        return FakeBody.of("{'model':'m','x_v':1,'messages':[{'role':'user','content':'Tell'}]}");
    }

    @ParameterizedTest
    @CsvSource({"PLAIN,", "DEEPSEEK,prefix", "MISTRAL,prefix", "QWEN,partial"})
    void endsAnOpenAiRequestWithWhatWasSaid(Prefill spelling, String flag) {
        FakeBody body = asked();
        Chats.prefill(ChatRequest.of(Dialect.OPENAI, body), SAID, spelling);
        var last = body.json().path("messages").path(1);
        assertThat(last.path("role").textValue()).isEqualTo("assistant");
        assertThat(last.path("content").textValue()).isEqualTo("Once upon \n");
        assertThat(last.size()).isEqualTo(flag == null ? 2 : 3);
        if (flag != null) {
            assertThat(last.path(flag).booleanValue()).isTrue();
        }
        assertThat(body.json().path("x_v").intValue()).isEqualTo(1);
    }

    @Test
    void tellsVllmBesideTheMessages() {
        FakeBody body = asked();
        Chats.prefill(ChatRequest.of(Dialect.OPENAI, body), SAID, Prefill.VLLM);
        assertThat(body.json().path("continue_final_message").booleanValue()).isTrue();
        assertThat(body.json().path("add_generation_prompt").booleanValue()).isFalse();
        assertThat(body.json().has("add_generation_prompt")).isTrue();
    }

    @Test
    void anthropicGetsNoTrailingWhiteSpace() {
        FakeBody body = asked();
        Chats.prefill(ChatRequest.of(Dialect.ANTHROPIC, body), SAID, Prefill.PLAIN);
        assertThat(body.json().path("messages").path(1))
                .isEqualTo(FakeBody.tree("{'role':'assistant','content':'Once upon'}"));
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "ANTHROPIC"})
    void continuesTheClientsOwnPrefill(Dialect dialect) {
        FakeBody body = FakeBody.of(
                "{'messages':[{'role':'user','content':'Tell'},{'role':'assistant','content':[{'type':'text','text':'So: '}]}]}");
        Chats.prefill(ChatRequest.of(dialect, body), Said.of("Once", "", false, false), Prefill.PLAIN);
        assertThat(body.json().path("messages").path(1))
                .isEqualTo(FakeBody.tree("{'role':'assistant','content':[{'type':'text','text':'So: Once'}]}"));
        assertThat(body.json().path("messages")).hasSize(2);
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "ANTHROPIC"})
    void nothingSaidLeavesTheMessagesAlone(Dialect dialect) {
        FakeBody body = asked();
        Chats.prefill(ChatRequest.of(dialect, body), Said.NOTHING, Prefill.QWEN);
        Chats.continuation(ChatRequest.of(dialect, body), Said.NOTHING);
        assertThat(body.json().path("messages")).isEqualTo(asked().json().path("messages"));
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "ANTHROPIC"})
    void asksInWordsWhereThereIsNoPrefill(Dialect dialect) {
        FakeBody body = asked();
        ChatRequest request = ChatRequest.of(dialect, body);
        Chats.continuation(request, SAID);
        assertThat(request.messages())
                .extracting(ChatMessage::role)
                .containsExactly(ChatMessage.Role.USER, ChatMessage.Role.ASSISTANT, ChatMessage.Role.USER);
        assertThat(request.messages().get(1).text()).isEqualTo("Once upon \n");
        assertThat(request.lastUserText()).contains("Continue it exactly where it stops");
    }

    @ParameterizedTest
    @EnumSource(Dialect.class)
    void brokenBodiesAreLeftAlone(Dialect dialect) {
        FakeBody body = FakeBody.of("[1]");
        Chats.prefill(ChatRequest.of(dialect, body), SAID, Prefill.VLLM);
        Chats.continuation(ChatRequest.of(dialect, body), SAID);
        assertThat(body.edits).isZero();
    }
}
