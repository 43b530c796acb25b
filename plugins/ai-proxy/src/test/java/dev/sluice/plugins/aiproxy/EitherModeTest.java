package dev.sluice.plugins.aiproxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.llm.ChatReply;
import dev.sluice.api.llm.Chats;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Providers that answer in one mode, and clients that ask for the other: both get what they would have got. */
class EitherModeTest {
    private static final Path CASES = Path.of("src/test/resources/golden");
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static BrokenUpstream upstream;
    private static TestGateway gateway;

    private record Got(int status, boolean stream, ObjectNode whole, String body) {}

    @BeforeAll
    static void start() throws IOException {
        upstream = BrokenUpstream.start();
        StringBuilder config = new StringBuilder("providers:\n");
        StringBuilder routes = new StringBuilder("routes:\n");
        for (String vendor : List.of("openai", "anthropic")) {
            for (String mode : List.of("both", "stream", "json")) {
                String name = vendor + "-" + mode;
                String base = upstream.uri() + (vendor.equals("openai") ? "/v1" : "");
                config.append(
                        "  %s: { type: %s, baseUrl: \"%s\", answerMode: %s }\n".formatted(name, vendor, base, mode));
                routes.append("""
                          - name: %1$s
                            match: { path: "/%1$s/**" }
                            filters: [ ai-proxy: { provider: %1$s } ]
                        """.formatted(name).indent(0));
            }
        }
        gateway = TestGateway.with(new AiProxy())
                .config(config.toString() + routes)
                .start();
    }

    @AfterAll
    static void stop() throws IOException {
        gateway.close();
        upstream.close();
    }

    static Stream<Arguments> exchanges() {
        return Stream.of(Dialect.OPENAI, Dialect.ANTHROPIC)
                .flatMap(client -> Stream.of("openai", "anthropic")
                        .flatMap(vendor -> Stream.of(
                                        "text", "tools", "thinking", "stream", "tools-stream", "thinking-stream")
                                .map(name -> Arguments.of(client, vendor, name))));
    }

    @ParameterizedTest
    @MethodSource("exchanges")
    void anAnswerIsTheSameInTheOtherMode(Dialect client, String vendor, String name) throws Exception {
        boolean streams = name.endsWith("stream");
        Got expected = ask(client, vendor + "-both", streams, answer(vendor, name));
        Got unasked = ask(client, vendor + "-both", !streams, answer(vendor, name));
        Got only = ask(client, vendor + (streams ? "-stream" : "-json"), !streams, answer(vendor, name));

        JsonNode sent = upstream.requests().get(upstream.requests().size() - 1).json();
        assertThat(sent.path("stream").asBoolean(false)).isEqualTo(streams);
        assertThat(sent.has("stream_options")).isEqualTo(streams && vendor.equals("openai"));
        assertThat(expected.stream).isEqualTo(streams);
        for (Got got : List.of(unasked, only)) {
            assertThat(got.status).isEqualTo(200);
            assertThat(got.stream).isEqualTo(!streams);
            ChatReply actual = ChatReply.of(client, got.whole);
            ChatReply same = ChatReply.of(client, expected.whole);
            assertThat(actual.text()).isEqualTo(same.text());
            assertThat(actual.reasoning()).isEqualTo(same.reasoning());
            assertThat(actual.toolCalls()).isEqualTo(same.toolCalls());
            assertThat(actual.finishReason()).isEqualTo(same.finishReason()).isNotNull();
            assertThat(actual.usage()).isEqualTo(same.usage()).isNotNull();
        }
    }

    @Test
    void aStreamTellsNoUsageToAClientThatDidNotAsk() throws Exception {
        Answer json = answer("openai", "text");
        Got got = ask(
                "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}",
                Dialect.OPENAI,
                "openai-json",
                json);
        assertThat(got.stream).isTrue();
        assertThat(got.body).doesNotContain("usage").endsWith("data: [DONE]\n\n");
    }

    @ParameterizedTest
    @CsvSource({"openai-both", "openai-stream", "anthropic-stream"})
    void aCutStreamIsNoAnswer(String provider) throws Exception {
        String file = provider.startsWith("openai") ? "anthropic-to-openai" : "openai-to-anthropic";
        String sse = Files.readString(CASES.resolve(file + "-stream/upstream-answer.sse"));
        Answer cut = Answer.stream().chunk(sse.substring(0, sse.length() / 2)).cut();
        Got got = ask(Dialect.OPENAI, provider, false, cut);
        assertThat(got.status).isEqualTo(502);
        assertThat(got.body).contains("upstream_broken");
    }

    @ParameterizedTest
    @CsvSource({"openai-stream", "anthropic-stream", "openai-json", "anthropic-json"})
    void anErrorIsTheSameInBothModes(String provider) throws Exception {
        boolean streams = provider.endsWith("json");
        Answer error = Answer.json(429, "{\"error\":{\"type\":\"rate_limit_error\",\"message\":\"Slow\"}}");
        Got got = ask(Dialect.ANTHROPIC, provider, streams, error);
        assertThat(got.status).isEqualTo(429);
        assertThat(got.body).contains("rate_limit_error").contains("Slow");
    }

    @Test
    void anAnswerThatNeverEndsIsBounded() throws Exception {
        String event = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + "x".repeat(512 * 1024)
                + "\"},\"finish_reason\":null}]}\n\n";
        Answer endless = Answer.stream();
        for (int i = 0; i < 80; i++) {
            endless = endless.chunk(event);
        }
        Got got = ask(Dialect.OPENAI, "openai-stream", false, endless.silence());
        assertThat(got.status).isEqualTo(502);
        assertThat(got.body).contains("the provider's answer is too large");
    }

    private static Answer answer(String vendor, String name) throws IOException {
        String pair = vendor.equals("openai") ? "anthropic-to-openai-" : "openai-to-anthropic-";
        Path folder = CASES.resolve(pair + name);
        Path json = folder.resolve("upstream-answer.json");
        return Files.exists(json)
                ? Answer.json(200, Files.readString(json))
                : Answer.stream()
                        .chunk(Files.readString(folder.resolve("upstream-answer.sse")))
                        .end();
    }

    private static Got ask(Dialect client, String provider, boolean stream, Answer answer) throws Exception {
        String options = client == Dialect.OPENAI && stream ? ",\"stream_options\":{\"include_usage\":true}" : "";
        return ask(
                "{\"model\":\"m\",\"max_tokens\":50,\"stream\":" + stream + options
                        + ",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}",
                client,
                provider,
                answer);
    }

    private static Got ask(String request, Dialect client, String provider, Answer answer) throws Exception {
        upstream.next(answer);
        String path = client == Dialect.OPENAI ? "/v1/chat/completions" : "/v1/messages";
        HttpResponse<String> got = CLIENT.send(
                HttpRequest.newBuilder(gateway.uri("/" + provider + path))
                        .timeout(Duration.ofSeconds(30))
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(request))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        boolean stream = got.headers().firstValue("content-type").orElse("").startsWith("text/event-stream");
        ObjectNode whole =
                stream ? Chats.aggregate(client, events(got.body())) : (ObjectNode) MAPPER.readTree(got.body());
        return new Got(got.statusCode(), stream, whole, got.body());
    }

    private static List<Event> events(String sse) {
        List<Event> events = new ArrayList<>();
        for (String block : sse.split("\n\n")) {
            Event event = null;
            String name = null;
            for (String line : block.split("\n")) {
                if (line.startsWith("event: ")) {
                    name = line.substring(7);
                } else if (line.startsWith("data: ") && !line.endsWith("[DONE]")) {
                    event = Event.data(line.substring(6));
                }
            }
            if (event != null) {
                events.add(name == null ? event : event.name(name));
            }
        }
        return events;
    }
}
