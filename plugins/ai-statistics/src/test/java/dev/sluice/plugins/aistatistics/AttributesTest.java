package dev.sluice.plugins.aistatistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.testkit.AccessLines;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What of a conversation is logged, whoever speaks with whom. */
final class AttributesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String OPENAI = "/v1/chat/completions";
    private static final String ANTHROPIC = "/v1/messages";
    private static final String ASKED =
            "{\"model\":\"m\",\"max_tokens\":9,\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"first\"},"
                    + "{\"role\":\"assistant\",\"content\":\"yes\"},{\"role\":\"user\",\"content\":\"why?\"}]}";
    private static final String ANSWER =
            "{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                    + "\"content\":\"because\",\"reasoning_content\":\"hm\",\"tool_calls\":[{\"id\":\"t1\",\"type\":\"function\","
                    + "\"function\":{\"name\":\"look\",\"arguments\":\"{\\\"x\\\":1}\"}}]},\"finish_reason\":\"tool_calls\"}],"
                    + "\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":20,\"prompt_tokens_details\":{\"cached_tokens\":40},"
                    + "\"completion_tokens_details\":{\"reasoning_tokens\":5}}}";

    private final AccessLines log = new AccessLines();
    private BrokenUpstream upstream;
    private TestGateway gateway;

    @BeforeEach
    void start() throws IOException {
        upstream = BrokenUpstream.start();
    }

    @AfterEach
    void close() throws Exception {
        log.close();
        if (gateway != null) {
            gateway.close();
        }
        upstream.close();
    }

    private void route(String config) {
        gateway = TestGateway.with(new AiStatistics(), new AiProxy())
                .config("""
                        providers:
                          p: { type: openai, baseUrl: "%s" }
                        filters:
                          - ai-statistics: %s
                        routes:
                          - name: r
                            filters: [ ai-proxy: { provider: p } ]
                        """.formatted(upstream.uri(), config))
                .start();
    }

    private JsonNode line() {
        await().atMost(PATIENCE).until(() -> !log.lines().isEmpty());
        return log.lines().get(0);
    }

    private static Answer stream() {
        return Answer.stream()
                .event(delta("{\"role\":\"assistant\",\"reasoning_content\":\"hm\"}", "null"))
                .event(delta("{\"content\":\"be\"}", "null"))
                .event(delta("{\"content\":\"cause\"}", "null"))
                .event(delta(
                        "{\"tool_calls\":[{\"index\":0,\"id\":\"t1\",\"type\":\"function\",\"function\":{\"name\":\"look\",\"arguments\":\"{\\\"x\\\"\"}}]}",
                        "null"))
                .event(delta("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\":1}\"}}]}", "null"))
                .event(delta("{}", "\"tool_calls\""))
                .event(
                        "{\"id\":\"c\",\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":20,"
                                + "\"prompt_tokens_details\":{\"cached_tokens\":40},\"completion_tokens_details\":{\"reasoning_tokens\":5}}}")
                .event("[DONE]")
                .end();
    }

    private static String delta(String delta, String finish) {
        return "{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":" + delta + ",\"finish_reason\":"
                + finish + "}]}";
    }

    @ParameterizedTest
    @CsvSource({OPENAI + ", false", OPENAI + ", true", ANTHROPIC + ", false", ANTHROPIC + ", true"})
    void theBuiltInOnesAreFoundInEveryDialectAndMode(String path, boolean stream) {
        upstream.always(request -> stream ? stream() : Answer.json(200, ANSWER));
        route("{ useDefaultAttributes: true }");
        assertThat(gateway.post(path, ASKED.formatted(stream)).statusCode()).isEqualTo(200);
        JsonNode noted = line().path("ai_log");
        assertThat(noted.path("question").asText()).isEqualTo("why?");
        assertThat(noted.path("answer").asText()).isEqualTo("because");
        assertThat(noted.path("reasoning").asText()).isEqualTo("hm");
        assertThat(noted.path("tool_calls").toString())
                .isEqualTo("[{\"id\":\"t1\",\"name\":\"look\",\"arguments\":\"{\\\"x\\\":1}\"}]");
        assertThat(noted.path("chat_id").asText()).isEqualTo("c");
        assertThat(noted.path("chat_round").asInt()).isEqualTo(2);
        assertThat(noted.path("cached_tokens").asInt()).isEqualTo(40);
        assertThat(noted.path("reasoning_tokens").isNumber()).isTrue();
        assertThat(noted.at("/input_token_details/cached_tokens").asInt()).isEqualTo(40);
        assertThat(noted.path("response_type").asText()).isEqualTo(stream ? "stream" : "normal");
        assertThat(noted.has("system")).isFalse();
    }

    @Test
    void noTextIsLoggedUnlessAskedFor() {
        upstream.always(request -> Answer.json(200, ANSWER));
        route("{ use_default_response_attributes: true }");
        gateway.post(OPENAI, ASKED.formatted(false));
        assertThat(line().toString()).doesNotContain("because", "why?", "look");
        assertThat(line().at("/ai_log/output_token_details/reasoning_tokens").asInt())
                .isEqualTo(5);
    }

    @Test
    void whatHigressWritesLoadsAndHolds() {
        upstream.always(request -> Answer.json(200, ANSWER).header("x-served-by", "gpu-7"));
        route("""
                { value_length_limit: 50, session_id_header: x-chat, attributes: [
                  { key: question, value_source: request_body, value: messages.@reverse.0.content, apply_to_log: true },
                  { key: answer, value_source: response_streaming_body, value: choices.0.delta.content, rule: append },
                  { key: answer, value_source: response_body, value: choices.0.message.content, default_value: none },
                  { key: kind, value_source: fixed_value, value: chat, apply_to_log: true, apply_to_span: false },
                  { key: tenant, value_source: request_header, value: X-Tenant, as_separate_log_field: true },
                  { key: status, value_source: request_header, value: x-tenant, as_separate_log_field: true },
                  { key: missing, value_source: request_header, value: x-nothing, default_value: nobody },
                  { key: gone, value_source: request_header, value: x-nothing },
                  { key: served, value_source: response_header, value: x-served-by },
                  { key: count, value_source: request_body, value: messages.# },
                  { key: total, value_source: response_body, value: usage },
                  { key: traced, value_source: fixed_value, value: x, apply_to_span: true, trace_span_key: y } ] }""");
        gateway.send(HttpRequest.newBuilder(gateway.uri(OPENAI))
                .header("content-type", "application/json")
                .header("x-tenant", "acme")
                .header("x-chat", "s-1")
                .POST(HttpRequest.BodyPublishers.ofString(ASKED.formatted(false))));
        JsonNode noted = line().path("ai_log");
        assertThat(noted.path("question").asText()).isEqualTo("why?");
        assertThat(noted.path("answer").asText()).isEqualTo("because");
        assertThat(noted.path("kind").asText()).isEqualTo("chat");
        assertThat(line().path("tenant").asText()).isEqualTo("acme");
        assertThat(line().path("status").asInt()).as("the line's own").isEqualTo(200);
        assertThat(noted.path("status").asText()).isEqualTo("acme");
        assertThat(noted.path("missing").asText()).isEqualTo("nobody");
        assertThat(noted.has("gone")).isFalse();
        assertThat(noted.has("traced")).isFalse();
        assertThat(noted.path("served").asText()).isEqualTo("gpu-7");
        assertThat(noted.path("count").asInt()).isEqualTo(3);
        assertThat(noted.path("session_id").asText()).isEqualTo("s-1");
        assertThat(noted.path("total").asText()).hasSize(51).endsWith("…");
    }

    @ParameterizedTest
    @CsvSource({"first, be", "replace, cause", "append, because"})
    void aRuleSaysWhichEventCounts(String rule, String value) {
        upstream.always(request -> stream());
        route("{ attributes: [ { key: x, value_source: response_streaming_body, value: choices.0.delta.content, rule: "
                + rule + " } ] }");
        gateway.post(OPENAI, ASKED.formatted(true));
        assertThat(line().at("/ai_log/x").asText()).isEqualTo(value);
    }

    @Test
    void aLongTextIsCutBetweenCharacters() {
        upstream.always(request -> Answer.json(200, ANSWER.replace("because", "abc😀def")));
        route("{ valueLengthLimit: 4, attributes: [ { key: answer } ] }");
        gateway.post(OPENAI, ASKED.formatted(false));
        assertThat(line().at("/ai_log/answer").asText()).isEqualTo("abc…");
    }

    @Test
    void aClientThatLeavesIsLoggedWithWhatItGot() throws Exception {
        upstream.always(request -> Answer.stream()
                .event(delta("{\"content\":\"be\"}", "null"))
                .event(delta("{\"content\":\"cau\"}", "null"))
                .silence());
        route("{ attributes: [ { key: question }, { key: answer } ] }");
        leave(ASKED.formatted(true));
        assertThat(line().path("cancelled").asBoolean()).isTrue();
        assertThat(line().at("/ai_log/question").asText()).isEqualTo("why?");
        assertThat(line().at("/ai_log/answer").asText()).isEqualTo("becau");
        assertThat(line().at("/ai_log/estimated").asBoolean()).isTrue();
        assertThat(line().at("/ai_log/output_tokens").asInt()).isEqualTo(2);
        assertThat(line().at("/ai_log/input_tokens").asInt()).isPositive();
    }

    /** Reads two events, and hangs up. */
    private void leave(String body) throws IOException {
        try (Socket client = new Socket("127.0.0.1", gateway.gateway().port())) {
            client.getOutputStream()
                    .write(("POST " + OPENAI
                                    + " HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: "
                                    + body.length() + "\r\n\r\n" + body)
                            .getBytes(StandardCharsets.US_ASCII));
            BufferedReader lines =
                    new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8));
            int events = 0;
            while (events < 2) {
                events += lines.readLine().startsWith("data:") ? 1 : 0;
            }
        }
    }

    @Test
    void onlyWhatIsEnabledIsCounted() {
        upstream.always(request -> Answer.json(200, ANSWER));
        route(
                "{ enable_path_suffixes: [/completions], enable_content_types: [text/event-stream], disable_openai_usage: true }");
        gateway.post(OPENAI, ASKED.formatted(false));
        gateway.post(ANTHROPIC, ASKED.formatted(false));
        assertThat(gateway.admin("/metrics").body()).doesNotContain("gen_ai_");
        upstream.always(request -> stream());
        gateway.post(OPENAI, ASKED.formatted(true));
        assertThat(gateway.admin("/metrics").body())
                .contains("gen_ai_server_request_duration_seconds_count")
                .doesNotContain("gen_ai_client_token_usage");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{ key: mine } | attributes[0].valueSource: is missing, and 'mine' is not built in; built in are answer",
                "{ key: ' ', value_source: fixed_value, value: x } | attributes[0].key: is empty",
                "{ key: mine, value_source: request_body } | attributes[0].value: is missing",
                "{ key: mine, value_source: request_body, value: a..b } | has an empty step",
                "{ key: mine, value_source: request_body, value: a, rule: first } | needs value_source response_streaming_body",
                "{ key: mine, value_source: request_header, value: Authorization } | 'Authorization' holds credentials, which are never logged",
                "{ key: mine, value_source: body, value: a } | valueSource",
                "{ key: answer }, { key: answer } | attributes[1].key: 'answer' is listed twice with the same source"
            })
    void anAttributeThatCannotBeHadIsRefused(String attribute, String message) {
        assertThatThrownBy(() -> route("{ attributes: [ " + attribute + " ] }")).hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ftp://h/x", "http:///x"})
    void anEndpointThatIsNoneIsRefused(String endpoint) {
        assertThatThrownBy(() -> route("{ otlp: { endpoint: '" + endpoint + "' } }"))
                .hasMessageContaining("otlp.endpoint");
    }

    @ParameterizedTest
    @CsvSource({OPENAI, ANTHROPIC})
    void anAnswerWhoseProviderCountsNothingIsEstimated(String path) {
        upstream.always(request -> Answer.json(200, ANSWER.replaceFirst(",\"usage.*", "}")));
        route("{}");
        assertThat(gateway.post(path, ASKED.formatted(false)).statusCode()).isEqualTo(200);
        JsonNode noted = line().path("ai_log");
        assertThat(noted.path("estimated").asBoolean()).isTrue();
        assertThat(noted.path("input_tokens").asInt()).isBetween(3, 10);
        assertThat(noted.path("output_tokens").asInt()).isBetween(4, 15);
    }
}
