package dev.sluice.plugins.aiproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.AuthenticationException;
import dev.langchain4j.exception.InternalServerException;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.output.FinishReason;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** LangChain4j, unmodified, on an upstream of either vendor. */
class LangChain4jTest {
    private static final Path CASES = Path.of("src/test/resources/golden");

    private static BrokenUpstream upstream;
    private static TestGateway gateway;

    @BeforeAll
    static void start() throws IOException {
        upstream = BrokenUpstream.start();
        gateway = TestGateway.with(new AiProxy())
                .config("""
                        providers:
                          openai: { type: openai, baseUrl: "%1$s/v1", apiTokens: [ key-o ] }
                          anthropic: { type: anthropic, baseUrl: "%1$s", apiTokens: [ key-a ] }
                        routes:
                          - name: openai
                            match: { path: "/openai/**" }
                            filters: [ ai-proxy: { provider: openai } ]
                          - name: anthropic
                            match: { path: "/anthropic/**" }
                            filters: [ ai-proxy: { provider: anthropic } ]
                        """.formatted(upstream.uri()))
                .start();
    }

    @AfterAll
    static void stop() throws IOException {
        gateway.close();
        upstream.close();
    }

    private static void says(String vendor, String name) throws IOException {
        Path folder = CASES.resolve((vendor.equals("openai") ? "anthropic-to-openai-" : "openai-to-anthropic-") + name);
        Path json = folder.resolve("upstream-answer.json");
        upstream.next(
                Files.exists(json)
                        ? Answer.json(200, Files.readString(json))
                        : Answer.stream()
                                .chunk(Files.readString(folder.resolve("upstream-answer.sse")))
                                .end());
    }

    private static OpenAiChatModel model(String vendor) {
        return OpenAiChatModel.builder()
                .baseUrl(gateway.uri("/" + vendor + "/v1").toString())
                .apiKey("client")
                .modelName("m")
                .maxRetries(0)
                .timeout(Duration.ofSeconds(30))
                .build();
    }

    private static ChatRequest asks(String text) {
        return ChatRequest.builder()
                .messages(UserMessage.from(text))
                .toolSpecifications(
                        ToolSpecification.builder().name("get_weather").build(),
                        ToolSpecification.builder().name("now").build())
                .build();
    }

    private static ChatResponse streamed(String vendor, ChatRequest request) throws Exception {
        CompletableFuture<ChatResponse> whole = new CompletableFuture<>();
        OpenAiStreamingChatModel.builder()
                .baseUrl(gateway.uri("/" + vendor + "/v1").toString())
                .apiKey("client")
                .modelName("m")
                .build()
                .chat(request, new StreamingChatResponseHandler() {
                    @Override
                    public void onPartialResponse(String part) {}

                    @Override
                    public void onCompleteResponse(ChatResponse response) {
                        whole.complete(response);
                    }

                    @Override
                    public void onError(Throwable error) {
                        whole.completeExceptionally(error);
                    }
                });
        return whole.get(30, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai", "anthropic"})
    void chats(String vendor) throws Exception {
        says(vendor, "text");
        ChatResponse whole = model(vendor).chat(asks("Ça va?"));
        assertThat(whole.aiMessage().text()).isEqualTo("Ça va, merci.");
        assertThat(whole.finishReason()).isEqualTo(FinishReason.STOP);

        says(vendor, "stream");
        ChatResponse stream = streamed(vendor, asks("Hallo"));
        assertThat(stream.aiMessage().text()).isEqualTo("Grüß dich 👋");
        assertThat(stream.tokenUsage().outputTokenCount()).isEqualTo(vendor.equals("openai") ? 9 : 15);
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai", "anthropic"})
    void callsToolsInParallel(String vendor) throws Exception {
        says(vendor, "tools");
        assertThat(model(vendor).chat(asks("Oslo?")).aiMessage().toolExecutionRequests())
                .extracting(ToolExecutionRequest::name)
                .containsExactly("get_weather", "now");

        says(vendor, "tools-stream");
        ChatResponse stream = streamed(vendor, asks("Paris?"));
        assertThat(stream.finishReason()).isEqualTo(FinishReason.TOOL_EXECUTION);
        assertThat(stream.aiMessage().toolExecutionRequests())
                .hasSize(2)
                .first()
                .satisfies(call -> assertThat(call.arguments()).isEqualTo("{\"city\":\"Paris\"}"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai", "anthropic"})
    void sendsImages(String vendor) throws IOException {
        says(vendor, "text");
        model(vendor)
                .chat(ChatRequest.builder()
                        .messages(UserMessage.from(
                                TextContent.from("What is this?"), ImageContent.from("iVBORw0KGgoAAAA=", "image/png")))
                        .build());
        assertThat(upstream.requests().get(upstream.requests().size() - 1).text())
                .contains("iVBORw0KGgoAAAA=")
                .contains("image/png");
    }

    @ParameterizedTest
    @CsvSource({
        "openai, 400, invalid_request_error",
        "anthropic, 400, invalid_request_error",
        "openai, 429, rate_limit_error",
        "anthropic, 429, rate_limit_error",
        "openai, 500, api_error",
        "anthropic, 529, overloaded_error",
        "openai, 401, authentication_error"
    })
    void getsItsTypedErrors(String vendor, int status, String type) {
        List<Class<? extends Exception>> expected =
                List.of(InvalidRequestException.class, RateLimitException.class, InternalServerException.class);
        Class<?> mine = status == 400 ? expected.get(0) : status == 429 ? expected.get(1) : expected.get(2);
        upstream.next(Answer.json(
                status, "{\"type\":\"error\",\"error\":{\"type\":\"" + type + "\",\"message\":\"No more\"}}"));
        assertThatThrownBy(() -> model(vendor).chat(asks("Hi")))
                .isInstanceOf(mine)
                // The gateway's own key was refused: the caller's is fine.
                .isNotInstanceOf(AuthenticationException.class);
    }
}
