package dev.sluice.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the quickstart prints is true: the lines to try work as they stand. */
class GreetingTest {
    private static final Pattern CURL =
            Pattern.compile("  curl (-N )?(\\S+) -H 'content-type: application/json' -d '([^']*)'");

    @TempDir
    static Path directory;

    private static RunningGateway gateway;
    private static List<MatchResult> lines;

    private final Client client = new Client();

    @BeforeAll
    static void start() throws Exception {
        gateway = RunningGateway.start(Configs.quickstart(directory));
        lines = gateway.greeting().stream()
                .map(CURL::matcher)
                .filter(line -> line.matches())
                .map(line -> line.toMatchResult())
                .toList();
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @Test
    void itNamesTheRouteAndItsChain() {
        assertThat(gateway.greeting()).contains("  echo  /v1/**  →  ai-proxy");
        assertThat(lines).hasSize(4);
    }

    @Test
    void openAi() throws Exception {
        JsonNode answer = whole(0, "/v1/chat/completions");

        assertThat(answer.at("/object").asText()).isEqualTo("chat.completion");
        assertThat(answer.at("/choices/0/message/content").asText()).isEqualTo("Hello, Sluice");
        assertThat(answer.at("/choices/0/finish_reason").asText()).isEqualTo("stop");
        assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(2);
    }

    @Test
    void openAiStreamed() throws Exception {
        List<String> data = streamed(1, "/v1/chat/completions");

        assertThat(Client.said(data)).isEqualTo("Hello, Sluice");
        assertThat(data).endsWith("[DONE]");
    }

    @Test
    void anthropic() throws Exception {
        JsonNode answer = whole(2, "/v1/messages");

        assertThat(answer.at("/type").asText()).isEqualTo("message");
        assertThat(answer.at("/content/0/text").asText()).isEqualTo("Hello, Sluice");
        assertThat(answer.at("/stop_reason").asText()).isEqualTo("end_turn");
        assertThat(answer.at("/usage/output_tokens").asInt()).isEqualTo(2);
    }

    @Test
    void anthropicStreamed() throws Exception {
        List<String> data = streamed(3, "/v1/messages");

        assertThat(Client.said(data)).isEqualTo("Hello, Sluice");
        assertThat(Client.json(data.get(data.size() - 1)).at("/type").asText()).isEqualTo("message_stop");
    }

    @Test
    void theAdminPortIsThereToo() throws Exception {
        assertThat(client.get(gateway.admin("/ready")).statusCode()).isEqualTo(200);
        assertThat(client.get(gateway.admin("/metrics")).body()).contains("sluice_snapshot_generation 1.0");
        JsonNode status =
                Client.json(client.get(gateway.admin("/api/v1/status")).body());
        assertThat(status.at("/config/valid").asBoolean()).isTrue();
        assertThat(status.at("/plugins/loaded/0/id").asText()).isEqualTo("ai-proxy");
        assertThat(status.at("/plugins/refused")).isEmpty();
    }

    private JsonNode whole(int number, String path) throws Exception {
        MatchResult line = lines.get(number);
        assertThat(line.group(1)).isNull();
        assertThat(line.group(2)).isEqualTo(gateway.data(path).toString());
        HttpResponse<String> answer = client.post(URI.create(line.group(2)), line.group(3));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.headers().firstValue("content-type")).hasValue("application/json");
        return Client.json(answer.body());
    }

    private List<String> streamed(int number, String path) throws Exception {
        MatchResult line = lines.get(number);
        assertThat(line.group(1)).isEqualTo("-N ");
        assertThat(line.group(2)).isEqualTo(gateway.data(path).toString());
        HttpResponse<Stream<String>> answer = client.stream(URI.create(line.group(2)), line.group(3));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("content-type")).hasValue("text/event-stream");
        return Client.data(answer.body());
    }
}
