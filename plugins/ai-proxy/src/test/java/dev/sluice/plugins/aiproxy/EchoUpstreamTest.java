package dev.sluice.plugins.aiproxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Dialect;
import dev.sluice.api.Operation;
import dev.sluice.api.Reply;
import dev.sluice.api.Step;
import dev.sluice.api.Target;
import dev.sluice.api.Usage;
import dev.sluice.api.llm.ChatDelta;
import dev.sluice.api.llm.ChatReply;
import dev.sluice.api.llm.Chats;
import dev.sluice.api.llm.FinishReason;
import dev.sluice.api.llm.ToolCall;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class EchoUpstreamTest {
    private final Fixture fixture = new Fixture();

    private Reply ask(String config, String prompt, boolean stream) throws Exception {
        fixture.provider("p", "echo", config);
        ObjectNode body =
                JsonNodeFactory.instance.objectNode().put("model", "m").put("stream", stream);
        body.putArray("messages").addObject().put("role", "user").put("content", prompt);
        return reply(fixture.tried().onSend(new FakeRequest("/v1/any", null, new FakeBody(body.toString()))));
    }

    private static Reply reply(Step step) throws Exception {
        return step instanceof Step.When when
                ? (Reply) when.stage().toCompletableFuture().get()
                : (Reply) step;
    }

    private List<String> texts(Reply reply) {
        return reply.events().stream()
                .map(event -> ChatDelta.of(fixture.dialect, event).text())
                .filter(text -> !text.isEmpty())
                .toList();
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "ANTHROPIC"})
    void saysTheLastUserTextBack(Dialect dialect) throws Exception {
        fixture.dialect = dialect;
        fixture.resolved = Target.of("p").model("wire");
        ChatReply whole =
                ChatReply.of(dialect, ask("{}", "Hello, big  world", false).json());
        assertThat(whole.text()).isEqualTo("Hello, big  world");
        assertThat(whole.model()).isEqualTo("wire");
        assertThat(whole.usage()).isEqualTo(Usage.of(3, 3));
        assertThat(fixture.usage).isEqualTo(Usage.of(3, 3));

        Reply stream = ask("{}", "Hello, big  world", true);
        assertThat(stream.isCut()).isFalse();
        assertThat(texts(stream)).containsExactly("Hello, ", "big  ", "world");
        assertThat(ChatReply.of(dialect, Chats.aggregate(dialect, stream.events()))
                        .finishReason())
                .isEqualTo(FinishReason.STOP);
    }

    @Test
    void aStreamReportsUsageToAnOpenAiClientOnlyIfAsked() throws Exception {
        assertThat(ask("{}", "Hi", true).events())
                .noneMatch(event -> event.json().has("usage"));
        Step step = fixture.tried()
                .onSend(new FakeRequest(
                        "/v1/any",
                        null,
                        FakeBody.of("{'stream':true,'stream_options':{'include_usage':true},'messages':[]}")));
        assertThat(reply(step).events()).anyMatch(event -> event.json().has("usage"));
    }

    @ParameterizedTest
    @CsvSource({"{'tokens':5},a b", "{},[[echo tokens=5]] a b", "{'tokens':2},a b [[echo tokens=5]]"})
    void theLengthIsSetByConfigOrPrompt(String config, String prompt) throws Exception {
        assertThat(texts(ask(config, prompt, true))).hasSize(5);
        assertThat(ChatReply.of(Dialect.OPENAI, ask(config, prompt, false).json())
                        .text())
                .isEqualTo("a b a b a");
    }

    @Test
    void wordsWithoutTextAreEchoes() throws Exception {
        assertThat(ChatReply.of(
                                Dialect.OPENAI,
                                ask("{}", "[[echo tokens=2]]", false).json())
                        .text())
                .isEqualTo("echo echo");
    }

    @Test
    void paceAndDelayAreTheHosts() throws Exception {
        Reply reply = ask("{'delay':'2s'}", "hi [[echo interval=20ms]]", true);
        assertThat(reply.pace()).isEqualTo(Duration.ofMillis(20));
        assertThat(fixture.waits).containsExactly(Duration.ofSeconds(2));
    }

    @Test
    void answersWithAStatusIfAsked() throws Exception {
        Reply reply = ask("{}", "[[echo status=503]]", true);
        assertThat(reply.status()).isEqualTo(503);
        assertThat(reply.code()).isEqualTo("upstream_error");
        assertThat(reply.text()).isEqualTo("the echo was asked for status 503");
        assertThat(fixture.usage).isNull();
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "ANTHROPIC"})
    void breaksOffAfterSoManyWords(Dialect dialect) throws Exception {
        fixture.dialect = dialect;
        Reply reply = ask("{}", "[[echo cutAfter=2]] a b c d", true);
        assertThat(reply.isCut()).isTrue();
        assertThat(texts(reply)).containsExactly("a ", "b ");
        assertThat(reply.events())
                .noneMatch(event -> ChatDelta.of(dialect, event).finishReason() != null);
        assertThat(fixture.usage).isNull();
        assertThat(ask("{}", "[[echo cutAfter=2]] a b c d", false).isCut()).isTrue();
        assertThat(texts(ask("{}", "[[echo cutAfter=0]] a", true))).isEmpty();
        assertThat(texts(ask("{}", "[[echo cutAfter=9]] a b", true))).hasSize(2);
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "ANTHROPIC"})
    void thinksAndCallsTools(Dialect dialect) throws Exception {
        fixture.dialect = dialect;
        String prompt = "[[echo reasoning=\"let me think\" toolCall=look]] cat";
        for (Reply reply : List.of(ask("{}", prompt, false), ask("{}", prompt, true))) {
            ChatReply answer = ChatReply.of(
                    dialect, reply.json() == null ? Chats.aggregate(dialect, reply.events()) : reply.json());
            assertThat(answer.reasoning()).isEqualTo("let me think");
            assertThat(answer.toolCalls()).containsExactly(ToolCall.of(0, "call_r1", "look", "{\"text\":\"cat\"}"));
            assertThat(answer.finishReason()).isEqualTo(FinishReason.TOOL_CALLS);
        }
        assertThat(fixture.usage.reasoning()).isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[[echo tokens=many]] | echo: tokens is a number from 0 to 100000, not 'many'",
                "[[echo tokens=100001]] | echo: tokens is a number from 0 to 100000, not '100001'",
                "[[echo tokens=-1]] | echo: tokens is a number from 0 to 100000, not '-1'",
                "[[echo status=200]] | echo: status is a number from 400 to 599, not '200'",
                "[[echo interval=20]] | echo: interval is a duration like 20ms or 2s, at most 10m, not '20'",
                "[[echo delay=11m]] | echo: delay is a duration like 20ms or 2s, at most 10m, not '11m'",
                "[[echo speed=3]] | echo: unknown setting 'speed'; known are tokens, delay, interval, status, cutAfter, reasoning, toolCall",
                "[[echo tokens=1 loud]] | echo: 'loud' is no setting; write name=value"
            })
    void aDirectiveThatMakesNoSenseIsRefused(String prompt, String message) throws Exception {
        Reply reply = ask("{}", prompt, false);
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.code()).isEqualTo("bad_request");
        assertThat(reply.text()).isEqualTo(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "nope", "[]", "7"})
    void aBodyThatIsNoObjectIsRefused(String body) throws Exception {
        fixture.provider("p", "echo", "{}");
        Reply reply = reply(fixture.tried().onSend(new FakeRequest("/v1/any", null, new FakeBody(body))));
        assertThat(reply.code()).isEqualTo("bad_request");
        assertThat(reply.text()).isEqualTo("the request's body is not a JSON object");
    }

    @Test
    void servesChatsAlone() throws Exception {
        fixture.operation = Operation.EMBEDDINGS;
        assertThat(ask("{}", "x", false).text())
                .isEqualTo("provider 'p' is an echo: it serves OpenAI chat and Anthropic messages only");
        fixture.operation = Operation.CHAT;
        fixture.dialect = Dialect.GEMINI;
        assertThat(ask("{}", "x", false).code()).isEqualTo("unsupported");
    }
}
