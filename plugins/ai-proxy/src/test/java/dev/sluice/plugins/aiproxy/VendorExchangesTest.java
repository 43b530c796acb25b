package dev.sluice.plugins.aiproxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A folder for each vendor that speaks OpenAI's dialect in its own way: a whole answer, a stream, two tools called at once,
 * an error; and what clients of both dialects get of it. {@code -Dgolden.write=true} writes anew what should come out.
 */
class VendorExchangesTest {
    private static final Path CASES = Path.of("src/test/resources/providers");
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final String TOOLS = """
            [{"type":"function","function":{"name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}]""";
    private static final String ANTHROPIC_TOOLS = """
            [{"name":"weather","input_schema":{"type":"object","properties":{"city":{"type":"string"}}}}]""";

    private static BrokenUpstream upstream;
    private static TestGateway gateway;

    @BeforeAll
    static void start() throws IOException {
        upstream = BrokenUpstream.start();
        StringBuilder providers = new StringBuilder("providers:\n");
        StringBuilder routes = new StringBuilder("routes:\n");
        for (String vendor : vendors()) {
            String where = vendor.equals("azure")
                    ? "azureServiceUrl: \"%s/openai/deployments/d/chat/completions?api-version=2025-01-01-preview\""
                    : "baseUrl: \"%s/v1\"";
            providers.append("  %s: { type: %s, apiTokens: [ key ], %s }%n"
                    .formatted(vendor, vendor, where.formatted(upstream.uri())));
            routes.append(
                    "  - { name: %1$s, match: { path: \"/%1$s/**\" }, filters: [ ai-proxy: { provider: %1$s } ] }%n"
                            .formatted(vendor));
        }
        gateway = TestGateway.with(new AiProxy())
                .config(providers.toString() + routes)
                .start();
    }

    @AfterAll
    static void stop() throws IOException {
        gateway.close();
        upstream.close();
    }

    private static List<String> vendors() throws IOException {
        try (Stream<Path> folders = Files.list(CASES)) {
            return folders.filter(Files::isDirectory)
                    .map(folder -> folder.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }

    /** A vendor with a path of its own for Anthropic's dialect is asked there, and nothing is translated. */
    static List<Arguments> cases() throws IOException {
        List<Arguments> all = new ArrayList<>();
        for (String vendor : vendors()) {
            for (String kind : List.of("json", "stream", "tools", "error")) {
                all.add(Arguments.of(vendor, kind, "openai"));
                if (!VendorRow.all().get(vendor).besides().containsKey(Api.MESSAGES)) {
                    all.add(Arguments.of(vendor, kind, "anthropic"));
                }
            }
        }
        return all;
    }

    @ParameterizedTest(name = "{0}, {1}, {2}")
    @MethodSource("cases")
    void eachClientGetsItInItsDialect(String vendor, String kind, String client) throws Exception {
        Path folder = CASES.resolve(vendor).resolve(kind);
        Path answer = answer(folder);
        String text = Files.readString(answer);
        upstream.next(
                answer.toString().endsWith(".sse")
                        ? Answer.stream().chunk(text).end()
                        : Answer.json(status(answer), text));

        HttpResponse<String> got = CLIENT.send(
                HttpRequest.newBuilder(gateway.uri(
                                "/" + vendor + (client.equals("openai") ? "/v1/chat/completions" : "/v1/messages")))
                        .timeout(Duration.ofSeconds(30))
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(request(kind, client)))
                        .build(),
                HttpResponse.BodyHandlers.ofString());

        JsonNode sent = upstream.requests().get(upstream.requests().size() - 1).json();
        compare(folder.resolve("upstream-request." + client + ".json"), sent.toPrettyString() + "\n");
        boolean isStream = got.headers().firstValue("content-type").orElse("").startsWith("text/event-stream");
        String code = got.statusCode() == 200 ? "" : got.statusCode() + ".";
        compare(
                folder.resolve("client-answer." + client + "." + code + (isStream ? "sse" : "json")),
                isStream ? plain(got.body()) : MAPPER.readTree(got.body()).toPrettyString() + "\n");
    }

    /** Without the estimate a stream begins with: it is another while the gateway is young. */
    private static String plain(String stream) {
        return stream.replaceFirst("(message_start.*\"input_tokens\":)\\d+", "$10");
    }

    private static String request(String kind, String client) throws IOException {
        ObjectNode request =
                (ObjectNode) MAPPER.readTree(Files.readString(CASES.resolve("request." + client + ".json")));
        if (kind.equals("stream") || kind.equals("tools")) {
            request.put("stream", true);
        }
        if (kind.equals("tools")) {
            request.set("tools", MAPPER.readTree(client.equals("openai") ? TOOLS : ANTHROPIC_TOOLS));
        }
        return request.toString();
    }

    /** The page that shows the streams to people. */
    @Test
    void thePageShowsThem() throws IOException {
        StringBuilder page = new StringBuilder("""
                # Vendors' streams

                How vendors that speak OpenAI's dialect stream, each in its own way, and what clients of Anthropic's dialect get of it where it is translated: written
                by ai-proxy's tests. Clients of OpenAI's dialect get the events as they came.
                """);
        for (String vendor : vendors()) {
            page.append("\n## ").append(vendor).append('\n');
            Path folder = CASES.resolve(vendor).resolve("stream");
            show(page, "provider answer", folder.resolve("upstream-answer.sse"));
            show(page, "Anthropic's client gets", folder.resolve("client-answer.anthropic.sse"));
        }
        compare(Path.of("VENDORS.md"), page.toString());
    }

    private static void show(StringBuilder page, String title, Path file) throws IOException {
        if (Files.exists(file)) {
            page.append("\n**").append(title).append("**\n\n```\n");
            page.append(Files.readString(file).strip()).append("\n```\n");
        }
    }

    private static Path answer(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().startsWith("upstream-answer."))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static int status(Path answer) {
        String[] parts = answer.getFileName().toString().split("\\.");
        return parts.length == 3 ? Integer.parseInt(parts[1]) : 200;
    }

    private static void compare(Path expected, String actual) throws IOException {
        if (Boolean.getBoolean("golden.write")) {
            Files.writeString(expected, actual);
        }
        assertThat(actual).isEqualTo(Files.readString(expected));
    }
}
