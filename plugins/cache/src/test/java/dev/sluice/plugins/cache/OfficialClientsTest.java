package dev.sluice.plugins.cache;

import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCreateParams;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
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
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
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

    /** What must be in an answer of each kind, so that two that lack it are not taken for equal. */
    private static final Map<String, String> SAID =
            Map.of("text", "👋", "tools", "f{", "reasoning", "Hm, hm", "refusal", "I will not.", "all", "Hm, hm");

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

    /** What the client made of an answer; it knows reasoning only as a field that it does not know. */
    private record Told(ChatCompletion completion, String reasoning) {}

    private static String reasoning(Map<String, JsonValue> more) {
        JsonValue text = more.get("reasoning_content");
        return text == null ? "" : text.convert(String.class);
    }

    // The client has no other way to a field that it does not know.
    @SuppressWarnings("deprecation")
    private static Told asked(String question, boolean stream) {
        ChatCompletionCreateParams.Builder params =
                ChatCompletionCreateParams.builder().model("m").addUserMessage(question);
        if (!stream) {
            ChatCompletion whole = openAi.chat().completions().create(params.build());
            whole.validate();
            return new Told(whole, reasoning(whole.choices().get(0).message()._additionalProperties()));
        }
        ChatCompletionAccumulator whole = ChatCompletionAccumulator.create();
        StringBuilder reasoning = new StringBuilder();
        params.streamOptions(
                ChatCompletionStreamOptions.builder().includeUsage(true).build());
        try (var chunks = openAi.chat().completions().createStreaming(params.build())) {
            chunks.stream().forEach(chunk -> {
                whole.accumulate(chunk);
                chunk.choices()
                        .forEach(choice ->
                                reasoning.append(reasoning(choice.delta()._additionalProperties())));
            });
        }
        return new Told(whole.chatCompletion(), reasoning.toString());
    }

    private static List<Object> essence(Told told) {
        ChatCompletion completion = told.completion();
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
                told.reasoning(),
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
            List<Object> live = essence(asked(question, first));
            assertThat(live.toString()).contains(SAID.get(kind));
            for (boolean again : new boolean[] {true, false}) {
                assertThat(essence(asked(question, again)))
                        .as("%s, then %s", question, again)
                        .isEqualTo(live);
            }
            assertThat(upstream.requests()).hasSize(before + 1);
        }
    }

    /** A block of Anthropic's as its stream begins it, what is added to it, and what it then is. */
    private record Block(String begun, List<String> deltas, String whole) {}

    private static final Block THOUGHT = new Block(
            "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}",
            List.of(
                    "{\"type\":\"thinking_delta\",\"thinking\":\"Hm, hm\"}",
                    "{\"type\":\"signature_delta\",\"signature\":\"sig\"}"),
            "{\"type\":\"thinking\",\"thinking\":\"Hm, hm\",\"signature\":\"sig\"}");
    private static final Block TEXT = new Block(
            "{\"type\":\"text\",\"text\":\"\"}",
            List.of("{\"type\":\"text_delta\",\"text\":\"Grüß dich 👋, how are you?\"}"),
            "{\"type\":\"text\",\"text\":\"Grüß dich 👋, how are you?\"}");
    private static final Block CALL = new Block(
            "{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{}}",
            List.of("{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"x\\\":1}\"}"),
            "{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{\"x\":1}}");
    private static final Block OTHER_CALL = new Block(
            "{\"type\":\"tool_use\",\"id\":\"t2\",\"name\":\"g\",\"input\":{}}",
            List.of("{\"type\":\"input_json_delta\",\"partial_json\":\"\"}"),
            "{\"type\":\"tool_use\",\"id\":\"t2\",\"name\":\"g\",\"input\":{}}");

    private static List<Block> blocks(String kind) {
        return switch (kind) {
            case "tools" -> List.of(CALL, OTHER_CALL);
            case "reasoning" -> List.of(THOUGHT, TEXT);
            case "all" -> List.of(THOUGHT, TEXT, CALL, OTHER_CALL);
            default -> List.of(TEXT);
        };
    }

    private static Answer anthropicAnswer(String kind, boolean stream) {
        List<Block> blocks = blocks(kind);
        String ended = "\"stop_reason\":\""
                + (kind.equals("refusal") ? "refusal" : blocks.contains(CALL) ? "tool_use" : "end_turn")
                + "\",\"stop_sequence\":null";
        String top = "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[";
        if (!stream) {
            return Answer.json(
                    200,
                    top + blocks.stream().map(Block::whole).collect(Collectors.joining(",")) + "]," + ended
                            + ",\"usage\":{\"input_tokens\":6,\"output_tokens\":5,\"cache_read_input_tokens\":4}}");
        }
        StringBuilder events = new StringBuilder();
        event(
                events,
                "message_start",
                "\"message\":" + top
                        + "],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":6,\"output_tokens\":1,\"cache_read_input_tokens\":4}}");
        for (int i = 0; i < blocks.size(); i++) {
            String index = "\"index\":" + i;
            event(
                    events,
                    "content_block_start",
                    index + ",\"content_block\":" + blocks.get(i).begun());
            for (String delta : blocks.get(i).deltas()) {
                event(events, "content_block_delta", index + ",\"delta\":" + delta);
            }
            event(events, "content_block_stop", index);
        }
        event(events, "message_delta", "\"delta\":{" + ended + "},\"usage\":{\"output_tokens\":5}");
        return Answer.stream()
                .chunk(events + "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
                .end();
    }

    private static void event(StringBuilder events, String type, String fields) {
        events.append("event: %1$s\ndata: {\"type\":\"%1$s\",%2$s}\n\n".formatted(type, fields));
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
    @CsvSource({"text", "tools", "reasoning", "all"})
    void anthropics(String kind) {
        for (boolean first : new boolean[] {true, false}) {
            String question = kind + " first as a stream: " + first;
            int before = upstream.requests().size();
            upstream.next(anthropicAnswer(kind, first));
            List<Object> live = essence(told(question, first));
            assertThat(live.toString()).contains(SAID.get(kind));
            for (boolean again : new boolean[] {true, false}) {
                Message replayed = told(question, again);
                replayed.validate();
                assertThat(essence(replayed)).as("%s, then %s", question, again).isEqualTo(live);
            }
            assertThat(upstream.requests()).hasSize(before + 1);
        }
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void whereAnthropicsClassifiersHaveSteppedInNothingIsReplayed(boolean first) {
        String question = "refusal, first as a stream: " + first;
        int before = upstream.requests().size();
        upstream.next(anthropicAnswer("refusal", first));
        List<Object> live = essence(told(question, first));
        assertThat(live.toString()).contains("refusal");
        int asked = 1;
        for (boolean again : new boolean[] {first, !first}) {
            upstream.next(anthropicAnswer("refusal", again));
            assertThat(essence(told(question, again)))
                    .as("%s, then %s", question, again)
                    .isEqualTo(live);
            asked++;
            assertThat(upstream.requests()).as("it was asked again").hasSize(before + asked);
        }
    }
}
