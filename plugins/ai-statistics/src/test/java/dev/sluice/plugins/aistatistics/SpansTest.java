package dev.sluice.plugins.aistatistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a collector gets, over real sockets. */
final class SpansTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String PARENT = "00f067aa0ba902b7";
    private static final String SAMPLED = "00-" + TRACE + "-" + PARENT + "-01";
    private static final String ANSWER =
            "{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"hi\"},"
                    + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":20}}";

    private BrokenUpstream upstream;
    private BrokenUpstream collector;
    private TestGateway gateway;

    @BeforeEach
    void start() throws IOException {
        upstream = BrokenUpstream.start();
        upstream.always(request -> Answer.json(200, ANSWER));
        collector = BrokenUpstream.start();
        collector.always(request -> Answer.json(200, "{}"));
    }

    @AfterEach
    void close() throws Exception {
        if (gateway != null) {
            gateway.close();
        }
        upstream.close();
        collector.close();
    }

    private String config(String more) {
        return """
                providers:
                  p: { type: openai, baseUrl: "%s" }
                filters:
                  - ai-statistics:
                      attributes: [ { key: question, apply_to_span: true, trace_span_key: asked } ]
                      otlp: { endpoint: "%s", headers: { x-token: collector-token }, %s }
                routes:
                  - name: r
                    filters: [ ai-proxy: { provider: p } ]
                """.formatted(upstream.uri(), collector.uri(), more);
    }

    private void route(String more) {
        gateway = TestGateway.with(new AiStatistics(), new AiProxy())
                .config(config(more))
                .start();
    }

    private int chat(String... traceparent) {
        HttpRequest.Builder request = HttpRequest.newBuilder(gateway.uri("/v1/chat/completions"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"why?\"}]}"));
        for (String one : traceparent) {
            request.header("traceparent", one);
        }
        return gateway.send(request).statusCode();
    }

    private List<JsonNode> spans() {
        List<JsonNode> all = new ArrayList<>();
        collector
                .requests()
                .forEach(batch ->
                        batch.json().at("/resourceSpans/0/scopeSpans/0/spans").forEach(all::add));
        return all;
    }

    private List<JsonNode> spans(int count) {
        await().atMost(PATIENCE).until(() -> spans().size() >= count);
        assertThat(spans()).hasSize(count);
        return spans();
    }

    private static String attribute(JsonNode span, String key) {
        for (JsonNode one : span.path("attributes")) {
            if (one.path("key").asText().equals(key)) {
                return one.path("value").elements().next().asText();
            }
        }
        return "";
    }

    @Test
    void theClientsTraceGoesOnThroughTheGatewayToTheUpstream() throws Exception {
        route("interval: 50ms");
        assertThat(chat(SAMPLED)).isEqualTo(200);
        List<JsonNode> spans = spans(2);
        JsonNode whole = spans.get(0);
        JsonNode one = spans.get(1);
        assertThat(whole.path("traceId").asText()).isEqualTo(TRACE);
        assertThat(whole.path("parentSpanId").asText()).isEqualTo(PARENT);
        assertThat(whole.path("kind").asInt()).isEqualTo(2);
        assertThat(whole.path("name").asText()).isEqualTo("POST r");
        assertThat(attribute(whole, "http.response.status_code")).isEqualTo("200");
        assertThat(attribute(whole, "gen_ai.usage.input_tokens")).isEqualTo("100");
        assertThat(attribute(whole, "asked")).isEqualTo("why?");
        assertThat(one.path("traceId").asText()).isEqualTo(TRACE);
        assertThat(one.path("parentSpanId").asText())
                .isEqualTo(whole.path("spanId").asText());
        assertThat(one.path("kind").asInt()).isEqualTo(3);
        assertThat(one.path("name").asText()).isEqualTo("chat m");
        assertThat(attribute(one, "gen_ai.provider.name")).isEqualTo("p");
        assertThat(attribute(one, "gen_ai.request.model")).isEqualTo("m");
        assertThat(attribute(one, "gen_ai.usage.output_tokens")).isEqualTo("20");
        assertThat(upstream.requests().get(0).headers().get("traceparent"))
                .isEqualTo("00-" + TRACE + "-" + one.path("spanId").asText() + "-01");
        for (JsonNode span : spans) {
            assertThat(span.path("spanId").asText()).hasSize(16).isNotEqualTo(PARENT);
            assertThat(Long.parseLong(span.path("endTimeUnixNano").asText()))
                    .isGreaterThan(Long.parseLong(span.path("startTimeUnixNano").asText()));
            assertThat(span.has("status")).isFalse();
        }
        var batch = collector.requests().get(0);
        assertThat(batch.path()).isEqualTo("/v1/traces");
        assertThat(batch.headers().get("content-type")).isEqualTo("application/json");
        assertThat(batch.headers().get("x-token")).isEqualTo("collector-token");
        assertThat(batch.json()
                        .at("/resourceSpans/0/resource/attributes/0/value/stringValue")
                        .asText())
                .isEqualTo("sluice");
    }

    @Test
    void aFailureIsOneInItsSpans() {
        upstream.always(request -> Answer.json(500, "{\"error\":{\"message\":\"no\"}}"));
        route("interval: 50ms");
        assertThat(chat()).isEqualTo(500);
        for (JsonNode span : spans(2)) {
            assertThat(span.at("/status/code").asInt()).isEqualTo(2);
            assertThat(attribute(span, "error.type")).isEqualTo("status");
        }
        assertThat(spans().get(0).has("parentSpanId")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ff-" + TRACE + "-" + PARENT + "-01",
                "00-" + TRACE + "-" + PARENT + "-01-more",
                "00-00000000000000000000000000000000-" + PARENT + "-01",
                "00-" + TRACE + "-0000000000000000-01",
                "00-4BF92F3577B34DA6A3CE929D0E0E4736-" + PARENT + "-01",
                "garbage"
            })
    void aParentThatIsNoneBeginsANewTrace(String traceparent) {
        route("interval: 50ms");
        chat(traceparent);
        JsonNode whole = spans(2).get(0);
        assertThat(whole.has("parentSpanId")).isFalse();
        assertThat(whole.path("traceId").asText()).hasSize(32).isNotEqualTo(TRACE);
    }

    @Test
    void whatTheClientDoesNotRecordIsNotRecordedHere() {
        String unsampled = SAMPLED.replaceAll("01$", "00");
        route("interval: 50ms, sampleRatio: 0");
        chat(unsampled);
        chat();
        chat("01-" + TRACE + "-" + PARENT + "-01-of-the-future");
        assertThat(spans(2).get(0).path("traceId").asText()).isEqualTo(TRACE);
        assertThat(upstream.requests().get(0).headers().get("traceparent")).isEqualTo(unsampled);
        assertThat(upstream.requests().get(1).headers().get("traceparent")).isNull();
    }

    @Test
    void aBusyCollectorIsAskedAgain() {
        collector.next(Answer.status(503).end(), Answer.status(429).end());
        route("interval: 50ms");
        chat(SAMPLED);
        await().atMost(PATIENCE).until(() -> collector.requests().size() == 3);
        assertThat(collector.requests().get(2).text())
                .isEqualTo(collector.requests().get(0).text());
        await().atMost(PATIENCE)
                .until(() -> gateway.admin("/metrics").body().contains("sluice_ai_spans_total{result=\"sent\"} 2.0"));
    }

    @Test
    void whatDoesNotFitIsDroppedAndCounted() {
        collector.always(request -> Answer.stream().silence());
        route("interval: 1h, queue: 3");
        for (int i = 0; i < 4; i++) {
            assertThat(chat()).isEqualTo(200);
        }
        await().atMost(PATIENCE)
                .until(() ->
                        gateway.admin("/metrics").body().contains("sluice_ai_spans_total{result=\"dropped\"} 5.0"));
    }

    @Test
    void aCollectorThatIsGoneHarmsNobody() throws Exception {
        collector.close();
        route("interval: 50ms");
        assertThat(chat()).isEqualTo(200);
        await().atMost(PATIENCE)
                .until(() -> gateway.admin("/metrics").body().contains("sluice_ai_spans_total{result=\"failed\"} 2.0"));
        assertThat(chat()).isEqualTo(200);
    }

    @Test
    void whatWaitsWhenTheScopeClosesIsSentThen() {
        route("interval: 1h");
        chat(SAMPLED);
        assertThat(collector.requests()).isEmpty();
        assertThat(gateway.reconfigure(config("interval: 2h")).published()).isTrue();
        spans(2);
        assertThat(gateway.admin("/api/v1/config").body()).doesNotContain("collector-token");
    }

    @Test
    void theJsonIsWhatCollectorsRead() throws IOException {
        Span span = new Span(
                TraceContext.begin(),
                null,
                "n",
                Span.Kind.CLIENT,
                dev.sluice.testkit.FakeOutcome.success().timings());
        span.set("text", "a");
        span.set("whole", 1L << 60);
        span.set("share", 0.5);
        span.set("flag", true);
        JsonNode attributes =
                new ObjectMapper().readTree(span.json().toString()).path("attributes");
        assertThat(attributes.toString())
                .isEqualTo("[{\"key\":\"text\",\"value\":{\"stringValue\":\"a\"}},"
                        + "{\"key\":\"whole\",\"value\":{\"intValue\":\"1152921504606846976\"}},"
                        + "{\"key\":\"share\",\"value\":{\"doubleValue\":0.5}},"
                        + "{\"key\":\"flag\",\"value\":{\"boolValue\":true}}]");
    }
}
