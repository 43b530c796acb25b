package dev.sluice.plugins.cache;

import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCreateParams;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessage;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The vendors' own clients: what they make of an answer is the same, live and from the cache, in every pair of modes. */
final class OfficialClientsTest {
    private static final String CALLS = """
            "tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{\\"x\\":1}"}},
            {"index":1,"id":"b","type":"function","function":{"name":"g","arguments":"{\\"y\\":[2,3]}"}}]""";
    private static final String USAGE = """
            "usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":4},
            "completion_tokens_details":{"reasoning_tokens":2}}""";

    private static BrokenUpstream upstream;
    private static TestGateway gateway;
    private static OpenAIClient openAi;
    private static AnthropicClient anthropic;

    @BeforeAll
    static void start() throws IOException {
        upstream = BrokenUpstream.start();
        gateway = TestGateway.with(new CachePlugin(), new AiProxy())
                .config("""
                        providers:
                          o: { type: openai, baseUrl: "%1$s/v1" }
                          a: { type: anthropic, baseUrl: "%1$s" }
                        routes:
                          - { name: a, match: { path: "/a/**" }, filters: [ cache: {}, ai-proxy: { provider: a } ] }
                          - { name: o, filters: [ cache: {}, ai-proxy: { provider: o } ] }
                        """.formatted(upstream.uri()))
                .start();
        openAi = OpenAIOkHttpClient.builder()
                .apiKey("k")
                .baseUrl(gateway.uri("/v1").toString())
                .maxRetries(0)
                .build();
        anthropic = AnthropicOkHttpClient.builder()
                .apiKey("k")
                .baseUrl(gateway.uri("/a").toString())
                .maxRetries(0)
                .build();
    }

    @AfterAll
    static void stop() throws IOException {
        openAi.close();
        anthropic.close();
        gateway.close();
        upstream.close();
    }

    private static String message(String kind) {
        return switch (kind) {
            case "tools" -> "\"content\":null," + CALLS;
            case "refusal" -> "\"content\":null,\"refusal\":\"I will not.\"";
            case "reasoning" -> "\"reasoning_content\":\"Hm, hm\",\"content\":\"Grüß dich 👋\"";
            default -> "\"content\":\"A somewhat longer answer, which is more than one piece, 👋 and so on.\"";
        };
    }

    private static Answer openAiAnswer(String kind, boolean stream) {
        String finish = kind.equals("tools") ? "tool_calls" : "stop";
        String top = "\"id\":\"c\",\"created\":1,\"model\":\"m\"";
        if (!stream) {
            return Answer.json(
                    200,
                    "{" + top
                            + ",\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"logprobs\":null,\"message\":"
                            + "{\"role\":\"assistant\"," + message(kind) + "},\"finish_reason\":\"" + finish + "\"}],"
                            + USAGE + "}");
        }
        String chunk = "{" + top + ",\"object\":\"chat.completion.chunk\",\"choices\":[";
        return Answer.stream()
                .event((chunk + "{\"index\":0,\"delta\":{\"role\":\"assistant\"," + message(kind)
                                + "},\"finish_reason\":null}]}")
                        .replace("\n", " "))
                .event(chunk + "{\"index\":0,\"delta\":{},\"finish_reason\":\"" + finish + "\"}]}")
                .event((chunk + "]," + USAGE + "}").replace("\n", " "))
                .event("[DONE]")
                .end();
    }

    private static ChatCompletion asked(String question, boolean stream) {
        ChatCompletionCreateParams.Builder params =
                ChatCompletionCreateParams.builder().model("m").addUserMessage(question);
        if (!stream) {
            return openAi.chat().completions().create(params.build());
        }
        ChatCompletionAccumulator whole = ChatCompletionAccumulator.create();
        params.streamOptions(
                ChatCompletionStreamOptions.builder().includeUsage(true).build());
        try (var chunks = openAi.chat().completions().createStreaming(params.build())) {
            chunks.stream().forEach(whole::accumulate);
        }
        return whole.chatCompletion();
    }

    private static List<Object> essence(ChatCompletion completion) {
        ChatCompletion.Choice choice = completion.choices().get(0);
        ChatCompletionMessage message = choice.message();
        var usage = completion.usage().orElseThrow();
        return List.of(
                completion.id(),
                completion.model(),
                choice.finishReason().toString(),
                // The client's own accumulator makes an empty text of none.
                message.content().orElse(""),
                message.refusal().orElse(""),
                message.toolCalls().orElse(List.of()).stream()
                        .map(call -> call.asFunction().id()
                                + call.asFunction().function().name()
                                + call.asFunction().function().arguments())
                        .toList(),
                usage.promptTokens(),
                usage.completionTokens(),
                usage.promptTokensDetails().flatMap(d -> d.cachedTokens()),
                usage.completionTokensDetails().flatMap(d -> d.reasoningTokens()));
    }

    @ParameterizedTest
    @CsvSource({"text", "tools", "refusal", "reasoning"})
    void openAis(String kind) {
        for (boolean first : new boolean[] {true, false}) {
            String question = kind + " first as a stream: " + first;
            int before = upstream.requests().size();
            upstream.next(openAiAnswer(kind, first));
            ChatCompletion live = asked(question, first);
            for (boolean again : new boolean[] {true, false}) {
                ChatCompletion replayed = asked(question, again);
                if (!again) {
                    replayed.validate();
                }
                assertThat(essence(replayed)).as("%s, then %s", question, again).isEqualTo(essence(live));
            }
            assertThat(upstream.requests()).hasSize(before + 1);
        }
    }

    private static Answer anthropicAnswer(boolean stream) {
        if (!stream) {
            return Answer.json(200, """
                    {"id":"msg_1","type":"message","role":"assistant","model":"m","content":[
                    {"type":"thinking","thinking":"Hm, hm","signature":"sig"},{"type":"text","text":"Grüß dich 👋, how are you?"},
                    {"type":"tool_use","id":"t1","name":"f","input":{"x":1}},{"type":"tool_use","id":"t2","name":"g","input":{}}],
                    "stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":6,"output_tokens":5,"cache_read_input_tokens":4}}
                    """);
        }
        return Answer.stream().chunk("""
                event: message_start
                data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":6,"output_tokens":1,"cache_read_input_tokens":4}}}

                event: content_block_start
                data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

                event: content_block_delta
                data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm, hm"}}

                event: content_block_delta
                data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"sig"}}

                event: content_block_stop
                data: {"type":"content_block_stop","index":0}

                event: content_block_start
                data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

                event: content_block_delta
                data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Grüß dich 👋, how are you?"}}

                event: content_block_stop
                data: {"type":"content_block_stop","index":1}

                event: content_block_start
                data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t1","name":"f","input":{}}}

                event: content_block_delta
                data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\\"x\\":1}"}}

                event: content_block_stop
                data: {"type":"content_block_stop","index":2}

                event: content_block_start
                data: {"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"t2","name":"g","input":{}}}

                event: content_block_delta
                data: {"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":""}}

                event: content_block_stop
                data: {"type":"content_block_stop","index":3}

                event: message_delta
                data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":5}}

                event: message_stop
                data: {"type":"message_stop"}

                """).end();
    }

    private static Message told(String question, boolean stream) {
        MessageCreateParams params = MessageCreateParams.builder()
                .model("m")
                .maxTokens(100)
                .addUserMessage(question)
                .build();
        if (!stream) {
            return anthropic.messages().create(params);
        }
        MessageAccumulator whole = MessageAccumulator.create();
        try (var events = anthropic.messages().createStreaming(params)) {
            events.stream().forEach(whole::accumulate);
        }
        return whole.message();
    }

    private static List<Object> essence(Message message) {
        return List.of(
                message.id(),
                message.model().toString(),
                message.stopReason().map(Object::toString),
                message.content().stream()
                        .map(block -> block.text()
                                .map(text -> "text " + text.text())
                                .or(() -> block.thinking().map(t -> "thinking " + t.thinking() + t.signature()))
                                .or(() -> block.toolUse().map(use -> use.id() + use.name() + use._input()))
                                .orElse("?"))
                        .toList(),
                message.usage().inputTokens(),
                message.usage().outputTokens(),
                message.usage().cacheReadInputTokens().map(Object::toString).or(() -> Optional.of("none")));
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void anthropics(boolean first) {
        String question = "first as a stream: " + first;
        int before = upstream.requests().size();
        upstream.next(anthropicAnswer(first));
        Message live = told(question, first);
        for (boolean again : new boolean[] {true, false}) {
            Message replayed = told(question, again);
            replayed.validate();
            assertThat(essence(replayed)).as("%s, then %s", question, again).isEqualTo(essence(live));
        }
        assertThat(upstream.requests()).hasSize(before + 1);
    }
}
