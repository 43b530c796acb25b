package dev.sluice.plugins.aiproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.Base64ImageSource;
import com.anthropic.models.messages.ContentBlockParam;
import com.anthropic.models.messages.ImageBlockParam;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCountTokensParams;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.anthropic.models.messages.StopReason;
import com.anthropic.models.messages.Tool;
import com.anthropic.models.messages.ToolUseBlock;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionContentPart;
import com.openai.models.chat.completions.ChatCompletionContentPartImage;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessageToolCall;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import dev.sluice.api.Filter;
import dev.sluice.api.Reply;
import dev.sluice.api.RequestHead;
import dev.sluice.api.Step;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.Received;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The vendors' own clients, each on an upstream of either vendor: what they make of our answers is what counts. */
class OfficialClientsTest {
    private static BrokenUpstream upstream;
    private static TestGateway gateway;
    private static OpenAIClient[] openAi;
    private static AnthropicClient[] anthropic;

    /** A provider's dialect; its answers are those of the golden exchanges. */
    enum Vendor {
        OPENAI("anthropic-to-openai"),
        ANTHROPIC("openai-to-anthropic");

        private final String cases;

        Vendor(String cases) {
            this.cases = cases;
        }

        private void says(String name) throws IOException {
            Path json = Path.of("src/test/resources/golden", cases + "-" + name, "upstream-answer.json");
            upstream.next(
                    Files.exists(json)
                            ? Answer.json(200, Files.readString(json))
                            : Answer.stream()
                                    .chunk(Files.readString(json.resolveSibling("upstream-answer.sse")))
                                    .end());
        }

        /** A stream's words without its end, and then nothing more. */
        private void begins() throws IOException {
            String sse =
                    Files.readString(Path.of("src/test/resources/golden", cases + "-stream", "upstream-answer.sse"));
            Answer answer = Answer.stream();
            for (String event : sse.split("(?<=\n\n)")) {
                if (event.contains("content_block_stop") || event.contains("\"stop\"")) {
                    break;
                }
                answer = answer.chunk(event);
            }
            upstream.next(answer.silence());
        }

        private void fails(int status, String type) {
            upstream.next(Answer.json(
                    status, "{\"type\":\"error\",\"error\":{\"type\":\"" + type + "\",\"message\":\"No more\"}}"));
        }
    }

    @BeforeAll
    static void start() throws IOException {
        upstream = BrokenUpstream.start();
        gateway = TestGateway.with(new AiProxy())
                .filter("closed", exchange -> new Filter() {
                    @Override
                    public Step onRequest(RequestHead head) {
                        return Reply.error(401, "invalid_key", "nobody has that key");
                    }
                })
                .config("""
                        providers:
                          openai: { type: openai, baseUrl: "%1$s/v1", apiTokens: [ key-o ] }
                          anthropic: { type: anthropic, baseUrl: "%1$s", apiTokens: [ key-a ] }
                        routes:
                          - { name: closed, match: { path: "/closed/**" }, filters: [ closed: {}, ai-proxy: { provider: openai } ] }
                          - name: openai
                            match: { path: "/OPENAI/**" }
                            filters: [ ai-proxy: { provider: openai } ]
                          - name: anthropic
                            match: { path: "/ANTHROPIC/**" }
                            filters: [ ai-proxy: { provider: anthropic } ]
                        """.formatted(upstream.uri()))
                .start();
        openAi = new OpenAIClient[Vendor.values().length];
        anthropic = new AnthropicClient[Vendor.values().length];
        for (Vendor vendor : Vendor.values()) {
            String base = gateway.uri("/" + vendor).toString();
            openAi[vendor.ordinal()] = OpenAIOkHttpClient.builder()
                    .apiKey("client")
                    .baseUrl(base + "/v1")
                    .maxRetries(0)
                    .build();
            anthropic[vendor.ordinal()] = AnthropicOkHttpClient.builder()
                    .apiKey("client")
                    .baseUrl(base)
                    .maxRetries(0)
                    .build();
        }
    }

    @AfterAll
    static void stop() throws IOException {
        for (Vendor vendor : Vendor.values()) {
            openAi[vendor.ordinal()].close();
            anthropic[vendor.ordinal()].close();
        }
        gateway.close();
        upstream.close();
    }

    private static ChatCompletionCreateParams.Builder completion() {
        return ChatCompletionCreateParams.builder()
                .model("m")
                .addSystemMessage("Be brief.")
                .addUserMessage("Paris and Rome?")
                .addFunctionTool(
                        FunctionDefinition.builder().name("get_weather").build());
    }

    private static MessageCreateParams message() {
        return MessageCreateParams.builder()
                .model("m")
                .maxTokens(100)
                .system("Be brief.")
                .addUserMessage("Paris and Rome?")
                .addTool(Tool.builder()
                        .name("get_weather")
                        .inputSchema(Tool.InputSchema.builder().build())
                        .build())
                .build();
    }

    private static ChatCompletion accumulated(Vendor vendor, String name) throws IOException {
        vendor.says(name);
        ChatCompletionAccumulator whole = ChatCompletionAccumulator.create();
        ChatCompletionCreateParams params = completion()
                .streamOptions(
                        ChatCompletionStreamOptions.builder().includeUsage(true).build())
                .build();
        try (com.openai.core.http.StreamResponse<ChatCompletionChunk> chunks =
                openAi[vendor.ordinal()].chat().completions().createStreaming(params)) {
            chunks.stream().forEach(whole::accumulate);
        }
        return whole.chatCompletion();
    }

    private static Message assembled(Vendor vendor, String name) throws IOException {
        vendor.says(name);
        MessageAccumulator whole = MessageAccumulator.create();
        try (com.anthropic.core.http.StreamResponse<RawMessageStreamEvent> events =
                anthropic[vendor.ordinal()].messages().createStreaming(message())) {
            events.stream().forEach(whole::accumulate);
        }
        return whole.message();
    }

    private static String text(ChatCompletion completion) {
        return completion.choices().get(0).message().content().orElse("");
    }

    private static String text(Message message) {
        StringBuilder text = new StringBuilder();
        message.content().forEach(block -> block.text().ifPresent(part -> text.append(part.text())));
        return text.toString();
    }

    private static List<Map.Entry<String, String>> calls(ChatCompletion completion) {
        return completion.choices().get(0).message().toolCalls().orElse(List.of()).stream()
                .map(ChatCompletionMessageToolCall::asFunction)
                .map(call -> Map.entry(
                        call.function().name(), call.function().arguments().replace(" ", "")))
                .toList();
    }

    private static List<Map.Entry<String, String>> calls(Message message) {
        return message.content().stream()
                .flatMap(block -> block.toolUse().stream())
                .map(call -> Map.entry(call.name(), input(call)))
                .toList();
    }

    private static String input(ToolUseBlock call) {
        return String.valueOf(call._input());
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void openAisChats(Vendor vendor) throws IOException {
        vendor.says("text");
        ChatCompletion whole = openAi[vendor.ordinal()]
                .chat()
                .completions()
                .create(completion().build());
        whole.validate();
        assertThat(text(whole)).isEqualTo("Ça va, merci.");
        assertThat(whole.choices().get(0).finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.STOP);

        ChatCompletion stream = accumulated(vendor, "stream");
        assertThat(text(stream)).isEqualTo("Grüß dich 👋");
        assertThat(stream.usage().orElseThrow().completionTokens()).isEqualTo(vendor == Vendor.OPENAI ? 9 : 15);
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void anthropicsChats(Vendor vendor) throws IOException {
        vendor.says("text");
        Message whole = anthropic[vendor.ordinal()].messages().create(message());
        whole.validate();
        assertThat(text(whole)).isEqualTo("Ça va, merci.");
        assertThat(whole.stopReason()).contains(StopReason.END_TURN);

        Message stream = assembled(vendor, "stream");
        assertThat(text(stream)).isEqualTo("Grüß dich 👋");
        assertThat(stream.usage().outputTokens()).isEqualTo(vendor == Vendor.OPENAI ? 9 : 15);
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void openAisToolCalls(Vendor vendor) throws IOException {
        ChatCompletion stream = accumulated(vendor, "tools-stream");
        assertThat(stream.choices().get(0).finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.TOOL_CALLS);
        assertThat(text(stream)).isEqualTo("I look.");
        assertThat(calls(stream))
                .containsExactly(
                        Map.entry("get_weather", "{\"city\":\"Paris\"}"),
                        vendor == Vendor.OPENAI
                                ? Map.entry("get_weather", "{\"city\":\"Rome\"}")
                                : Map.entry("now", "{}"));

        vendor.says("tools");
        ChatCompletion whole = openAi[vendor.ordinal()]
                .chat()
                .completions()
                .create(completion().build());
        assertThat(calls(whole)).hasSize(2).startsWith(Map.entry("get_weather", "{\"city\":\"Oslo\"}"));
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void anthropicsToolCalls(Vendor vendor) throws IOException {
        Message stream = assembled(vendor, "tools-stream");
        assertThat(stream.stopReason()).contains(StopReason.TOOL_USE);
        assertThat(text(stream)).isEqualTo("I look.");
        assertThat(calls(stream))
                .containsExactly(
                        Map.entry("get_weather", "{city=Paris}"),
                        vendor == Vendor.OPENAI ? Map.entry("get_weather", "{city=Rome}") : Map.entry("now", "{}"));

        vendor.says("tools");
        Message whole = anthropic[vendor.ordinal()].messages().create(message());
        assertThat(calls(whole)).containsExactly(Map.entry("get_weather", "{city=Oslo}"), Map.entry("now", "{}"));
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void thoughts(Vendor vendor) throws IOException {
        Message stream = assembled(vendor, "thinking-stream");
        assertThat(stream.content().get(0).asThinking().thinking()).isEqualTo("340+51");
        assertThat(text(stream)).isEqualTo("391");
        assertThat(text(accumulated(vendor, "thinking-stream"))).isEqualTo("391");
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void modelsAreListedForEitherClient(Vendor vendor) {
        String listed = vendor == Vendor.OPENAI
                ? "{\"object\":\"list\",\"data\":[{\"id\":\"m-1\",\"object\":\"model\",\"created\":1700000000,\"owned_by\":\"o\"}]}"
                : "{\"data\":[{\"type\":\"model\",\"id\":\"m-1\",\"display_name\":\"M 1\",\"created_at\":\"2023-11-14T22:13:20Z\"}],"
                        + "\"has_more\":false,\"first_id\":\"m-1\",\"last_id\":\"m-1\"}";
        upstream.next(Answer.json(200, listed));
        assertThat(openAi[vendor.ordinal()].models().list().data())
                .singleElement()
                .satisfies(model -> {
                    assertThat(model.validate().id()).isEqualTo("m-1");
                    assertThat(model.created()).isEqualTo(1_700_000_000L);
                });
        upstream.next(Answer.json(200, listed));
        assertThat(anthropic[vendor.ordinal()].models().list().data())
                .singleElement()
                .satisfies(model -> {
                    assertThat(model.id()).isEqualTo("m-1");
                    assertThat(model.createdAt().toInstant().getEpochSecond()).isEqualTo(1_700_000_000L);
                });
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void tokensAreCounted(Vendor vendor) {
        // OpenAI has no such service: there the gateway counts.
        if (vendor == Vendor.ANTHROPIC) {
            upstream.next(Answer.json(200, "{\"input_tokens\":12}"));
        }
        long tokens = anthropic[vendor.ordinal()]
                .messages()
                .countTokens(MessageCountTokensParams.builder()
                        .model("m")
                        .addUserMessage("one two three four five")
                        .build())
                .inputTokens();
        // While the gateway is young it knows a text's length only, which says one more.
        assertThat(tokens).isBetween(vendor == Vendor.ANTHROPIC ? 12L : 5L, vendor == Vendor.ANTHROPIC ? 12L : 6L);
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void imagesArriveWhole(Vendor vendor) throws IOException {
        String data = "iVBORw0KGgo" + "A".repeat(1_000_001);
        vendor.says("text");
        openAi[vendor.ordinal()]
                .chat()
                .completions()
                .create(completion()
                        .addUserMessageOfArrayOfContentParts(
                                List.of(ChatCompletionContentPart.ofImageUrl(ChatCompletionContentPartImage.builder()
                                        .imageUrl(ChatCompletionContentPartImage.ImageUrl.builder()
                                                .url("data:image/png;base64," + data)
                                                .build())
                                        .build())))
                        .build());
        assertThat(lastRequest()).contains(data).contains("image/png");

        vendor.says("text");
        anthropic[vendor.ordinal()]
                .messages()
                .create(message().toBuilder()
                        .addUserMessageOfContentBlockParams(List.of(ContentBlockParam.ofImage(ImageBlockParam.builder()
                                .source(Base64ImageSource.builder()
                                        .mediaType(Base64ImageSource.MediaType.IMAGE_PNG)
                                        .data(data)
                                        .build())
                                .build())))
                        .build());
        assertThat(lastRequest()).contains(data).contains("image/png");
    }

    private static String lastRequest() {
        return upstream.requests().get(upstream.requests().size() - 1).text();
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void aClientThatLeavesFreesTheUpstream(Vendor vendor) throws Exception {
        for (boolean openAiClient : new boolean[] {true, false}) {
            int before = upstream.requests().size();
            vendor.begins();
            if (openAiClient) {
                try (var chunks = openAi[vendor.ordinal()]
                        .chat()
                        .completions()
                        .createStreaming(completion().build())) {
                    assertThat(chunks.stream().findFirst()).isPresent();
                }
            } else {
                try (var events = anthropic[vendor.ordinal()].messages().createStreaming(message())) {
                    assertThat(events.stream().findFirst()).isPresent();
                }
            }
            assertThat(upstream.requests()).hasSize(before + 1);
            assertThat(upstream.requests().get(before).awaitEnding(Duration.ofSeconds(10)))
                    .isEqualTo(Received.Ending.PEER_LEFT);
        }
    }

    @Test
    void aCallerWhoseKeyIsUnknownIsToldSo() {
        OpenAIClient stranger = OpenAIOkHttpClient.builder()
                .apiKey("client")
                .baseUrl(gateway.uri("/closed/v1").toString())
                .maxRetries(0)
                .build();
        assertThatThrownBy(
                        () -> stranger.chat().completions().create(completion().build()))
                .isInstanceOf(com.openai.errors.UnauthorizedException.class)
                .hasMessageContaining("nobody has that key");
        stranger.close();
        AnthropicClient other = AnthropicOkHttpClient.builder()
                .apiKey("client")
                .baseUrl(gateway.uri("/closed").toString())
                .maxRetries(0)
                .build();
        assertThatThrownBy(() -> other.messages().create(message()))
                .isInstanceOf(com.anthropic.errors.UnauthorizedException.class)
                .hasMessageContaining("nobody has that key");
        other.close();
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void openAisErrors(Vendor vendor) {
        var chats = openAi[vendor.ordinal()].chat().completions();
        vendor.fails(429, "rate_limit_error");
        assertThatThrownBy(() -> chats.create(completion().build()))
                .isInstanceOfSatisfying(
                        com.openai.errors.RateLimitException.class,
                        e -> assertThat(e.type()).contains("rate_limit_error"))
                .hasMessageContaining("No more");
        vendor.fails(400, "invalid_request_error");
        assertThatThrownBy(() -> chats.create(completion().build()))
                .isInstanceOf(com.openai.errors.BadRequestException.class);
        vendor.fails(500, "api_error");
        assertThatThrownBy(() -> chats.createStreaming(completion().build()))
                .isInstanceOf(com.openai.errors.InternalServerException.class);
    }

    @ParameterizedTest
    @EnumSource(Vendor.class)
    void anthropicsErrors(Vendor vendor) {
        var messages = anthropic[vendor.ordinal()].messages();
        vendor.fails(429, "rate_limit_error");
        assertThatThrownBy(() -> messages.create(message()))
                .isInstanceOf(com.anthropic.errors.RateLimitException.class)
                .hasMessageContaining("No more");
        vendor.fails(400, "invalid_request_error");
        assertThatThrownBy(() -> messages.create(message()))
                .isInstanceOf(com.anthropic.errors.BadRequestException.class);
        vendor.fails(500, "api_error");
        assertThatThrownBy(() -> messages.createStreaming(message()))
                .isInstanceOf(com.anthropic.errors.InternalServerException.class);
    }
}
