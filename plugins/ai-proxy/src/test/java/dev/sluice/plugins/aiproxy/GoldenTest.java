package dev.sluice.plugins.aiproxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.Received;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whole exchanges through a gateway, one folder each: what the client sends, what the upstream gets and answers, what
 * the client gets. With {@code -Dgolden.write=true} what should come out is written anew, to be read before it is kept.
 */
class GoldenTest {
    private static final Path CASES = Path.of("src/test/resources/golden");
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

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

    static Stream<String> cases() throws IOException {
        try (Stream<Path> folders = Files.list(CASES)) {
            return folders.map(folder -> folder.getFileName().toString()).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void eachSideGetsItsOwnDialect(String name) throws Exception {
        Path folder = CASES.resolve(name);
        Path answer = file(folder, "upstream-answer.");
        boolean stream = answer.toString().endsWith(".sse");
        byte[] bytes = Files.readAllBytes(answer);
        String request = Files.readString(folder.resolve("client-request.json"));

        HttpResponse<String> got =
                ask(name, request, stream ? stream(bytes, bytes.length) : Answer.json(status(answer), text(bytes)));

        Received sent = upstream.requests().get(upstream.requests().size() - 1);
        boolean toOpenAi = name.contains("-to-openai");
        assertThat(sent.target()).isEqualTo(toOpenAi ? "/v1/chat/completions" : "/v1/messages");
        assertThat(sent.headers().get("authorization")).isEqualTo(toOpenAi ? "Bearer key-o" : null);
        assertThat(sent.headers().get("x-api-key")).isEqualTo(toOpenAi ? null : "key-a");
        assertThat(sent.headers().get("anthropic-version")).isEqualTo(toOpenAi ? null : "2023-06-01");
        compare(folder.resolve("upstream-request.json"), sent.json().toPrettyString() + "\n");
        String received = plain(got);
        String kind = isStream(got) ? "sse" : "json";
        String status = got.statusCode() == 200 ? "" : got.statusCode() + ".";
        compare(folder.resolve("client-answer." + status + kind), received);

        if (stream) {
            cutAtEvery(37, name, request, bytes, received);
        }
    }

    /** Wherever the network cuts a provider's stream, the client's is the same. */
    @Tag("long")
    @ParameterizedTest
    @MethodSource("cases")
    void noCutShows(String name) throws Exception {
        Path folder = CASES.resolve(name);
        Path answer = file(folder, "upstream-answer.");
        if (answer.toString().endsWith(".sse")) {
            cutAtEvery(
                    1,
                    name,
                    Files.readString(folder.resolve("client-request.json")),
                    Files.readAllBytes(answer),
                    Files.readString(file(folder, "client-answer.")));
        }
    }

    private static void cutAtEvery(int step, String name, String request, byte[] answer, String received)
            throws Exception {
        for (int at = 1; at < answer.length; at += step) {
            assertThat(plain(ask(name, request, stream(answer, at))))
                    .as("cut at %s", at)
                    .isEqualTo(received);
        }
    }

    @Test
    void anAnthropicClientOnAnAnthropicUpstreamLosesNothing() throws Exception {
        String sse = Files.readString(CASES.resolve("openai-to-anthropic-stream/upstream-answer.sse"));
        String request = "{ \"new\" : 1.50,\"model\":\"m\",\"max_tokens\":9, \"stream\":true,\"messages\":"
                + "[{\"role\":\"user\",\"content\":\"\\u0048i\"}],\"container\":\"c\" }";
        upstream.next(Answer.stream().chunk(sse).end());

        HttpResponse<String> got = CLIENT.send(
                HttpRequest.newBuilder(gateway.uri("/anthropic/v1/messages?beta=true"))
                        .header("content-type", "application/json")
                        .header("anthropic-beta", "new-1")
                        .POST(HttpRequest.BodyPublishers.ofString(request))
                        .build(),
                HttpResponse.BodyHandlers.ofString());

        Received sent = upstream.requests().get(upstream.requests().size() - 1);
        assertThat(sent.text()).isEqualTo(request);
        assertThat(sent.target()).isEqualTo("/v1/messages?beta=true");
        assertThat(sent.headers().get("anthropic-beta")).isEqualTo("new-1");
        assertThat(got.body()).isEqualTo(sse);
    }

    /** The page that shows these exchanges to people. */
    @Test
    void thePageShowsThem() throws IOException {
        StringBuilder page = new StringBuilder("""
                # Exchanges, translated

                What a client sends, what the provider gets and answers, and what the client gets: each case of ai-proxy's tests, written by them.
                `created` is left out of what is compared. How to read the names: the client's dialect, the provider's, and what it is about.
                """);
        for (String name : cases().toList()) {
            page.append("\n## ").append(name.replace('-', ' ')).append('\n');
            Path folder = CASES.resolve(name);
            for (String part : List.of("client-request.", "upstream-request.", "upstream-answer.", "client-answer.")) {
                Path file = file(folder, part);
                int status = status(file);
                String title = part.substring(0, part.length() - 1)
                        .replace("upstream", "provider")
                        .replace('-', ' ');
                page.append("\n**")
                        .append(title)
                        .append(status == 200 ? "" : ", " + status)
                        .append("**\n\n```")
                        .append(file.toString().endsWith(".sse") ? "" : "json")
                        .append('\n')
                        .append(Files.readString(file).strip().replaceAll("[A-Za-z0-9+/=]{200,}", "…"))
                        .append("\n```\n");
            }
        }
        compare(Path.of("EXCHANGES.md"), page.toString());
    }

    private static Answer stream(byte[] bytes, int at) {
        Answer answer = Answer.stream().chunk(Arrays.copyOf(bytes, at));
        return at == bytes.length
                ? answer.end()
                : answer.chunk(Arrays.copyOfRange(bytes, at, bytes.length)).end();
    }

    private static Path file(Path folder, String prefix) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().startsWith(prefix))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static int status(Path answer) {
        List<String> parts = List.of(answer.getFileName().toString().split("\\."));
        return parts.size() == 3 ? Integer.parseInt(parts.get(1)) : 200;
    }

    private static HttpResponse<String> ask(String name, String request, Answer answer) throws Exception {
        upstream.next(answer);
        String path = name.contains("-to-openai") ? "/openai/v1/messages?beta=true" : "/anthropic/v1/chat/completions";
        return CLIENT.send(
                HttpRequest.newBuilder(gateway.uri(path))
                        .timeout(Duration.ofSeconds(30))
                        .header("content-type", "application/json")
                        .header("openai-organization", "org")
                        .header("x-api-key", "client")
                        .POST(HttpRequest.BodyPublishers.ofString(request))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static boolean isStream(HttpResponse<String> answer) {
        return answer.headers().firstValue("content-type").orElse("").startsWith("text/event-stream");
    }

    /** Without what differs from run to run. */
    private static String plain(HttpResponse<String> answer) throws IOException {
        if (isStream(answer)) {
            return answer.body().replaceAll("\"created\":\\d+", "\"created\":0");
        }
        JsonNode tree = MAPPER.readTree(answer.body());
        if (tree.has("created")) {
            ((ObjectNode) tree).put("created", 0);
        }
        return tree.toPrettyString() + "\n";
    }

    private static void compare(Path expected, String actual) throws IOException {
        if (Boolean.getBoolean("golden.write")) {
            Files.writeString(expected, actual);
        }
        assertThat(actual).isEqualTo(Files.readString(expected));
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
