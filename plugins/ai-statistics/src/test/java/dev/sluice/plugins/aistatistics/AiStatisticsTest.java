package dev.sluice.plugins.aistatistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.api.Filter;
import dev.sluice.api.Key;
import dev.sluice.api.RequestHead;
import dev.sluice.api.Step;
import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against an upstream that keeps its own ledger. */
final class AiStatisticsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String USAGE =
            "\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":20,\"total_tokens\":120,"
                    + "\"prompt_tokens_details\":{\"cached_tokens\":40},\"completion_tokens_details\":{\"reasoning_tokens\":5}}";
    private static final String ANSWER =
            "{\"id\":\"c\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[{\"index\":0,"
                    + "\"message\":{\"role\":\"assistant\",\"content\":\"hi\"},\"finish_reason\":\"stop\"}]," + USAGE
                    + "}";

    private BrokenUpstream upstream;
    private TestGateway gateway;

    @BeforeEach
    void start() throws IOException {
        upstream = BrokenUpstream.start();
    }

    @AfterEach
    void close() throws Exception {
        if (gateway != null) {
            gateway.close();
        }
        upstream.close();
    }

    private void route(String config) {
        gateway = TestGateway.with(new AiStatistics(), new AiProxy())
                .filter("who", exchange -> new Filter() {
                    @Override
                    public Step onRequest(RequestHead head) {
                        String user = head.headers().get("x-user");
                        if (user != null) {
                            exchange.put(Key.CONSUMER, user);
                        }
                        return Step.next();
                    }
                })
                .config("""
                        providers:
                          p: { type: openai, baseUrl: "%s" }
                        filters:
                          - ai-statistics: %s
                        routes:
                          - name: r
                            filters: [ who: {}, ai-proxy: { provider: p } ]
                        """.formatted(upstream.uri(), config))
                .start();
    }

    private int chat(String model, String user) {
        return gateway.send(HttpRequest.newBuilder(gateway.uri("/v1/chat/completions"))
                        .header("content-type", "application/json")
                        .header("x-user", user)
                        .POST(HttpRequest.BodyPublishers.ofString(
                                "{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}")))
                .statusCode();
    }

    /** The sum over all series of a meter whose labels hold all of these. */
    private double metric(String name, String... labels) {
        return Stream.of(gateway.admin("/metrics").body().split("\n"))
                .filter(line -> line.startsWith(name + "{"))
                .filter(line -> Stream.of(labels).allMatch(line::contains))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    @Test
    void tokensOfEachKindAreCountedByWhoUsedThem() {
        upstream.always(request -> Answer.json(200, ANSWER));
        route("{}");
        chat("m", "alice");
        chat("m", "alice");
        chat("m", "bob");
        String tokens = "gen_ai_client_token_usage_sum";
        assertThat(metric(tokens, "consumer=\"alice\"", "type=\"input\"")).isEqualTo(200);
        assertThat(metric(tokens, "consumer=\"alice\"", "type=\"output\"")).isEqualTo(40);
        assertThat(metric(tokens, "consumer=\"bob\"", "type=\"input\"")).isEqualTo(100);
        assertThat(metric(tokens, "type=\"cached_input\"")).isEqualTo(120);
        assertThat(metric(tokens, "type=\"reasoning\"")).isEqualTo(15);
        assertThat(metric(
                        "gen_ai_server_request_duration_seconds_count",
                        "route=\"r\"",
                        "gen_ai_operation_name=\"chat\"",
                        "gen_ai_provider_name=\"p\"",
                        "gen_ai_request_model=\"m\"",
                        "error_type=\"none\""))
                .isEqualTo(3);
        assertThat(metric("sluice_ai_tries_total", "result=\"ok\"")).isEqualTo(3);
    }

    @Test
    void streamsAreCountedWithTheirTimes() {
        upstream.always(request -> Answer.stream()
                .event(
                        "{\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"a\"}}]}")
                .event("{\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}")
                .event("{\"model\":\"m\",\"choices\":[]," + USAGE + "}")
                .event("[DONE]")
                .end());
        route("{}");
        gateway.post("/v1/chat/completions", "{\"model\":\"m\",\"stream\":true,\"messages\":[]}");
        assertThat(metric("gen_ai_client_token_usage_sum", "type=\"output\"")).isEqualTo(20);
        assertThat(metric("gen_ai_server_time_to_first_token_seconds_count")).isEqualTo(1);
        assertThat(metric("gen_ai_server_time_per_output_token_seconds_count")).isEqualTo(1);
    }

    @Test
    void aFailureIsCountedByItsReason() {
        upstream.always(request -> Answer.json(500, "{\"error\":{\"message\":\"no\"}}"));
        route("{}");
        assertThat(chat("m", "alice")).isEqualTo(500);
        assertThat(metric("sluice_ai_tries_total", "result=\"status\"")).isEqualTo(1);
        assertThat(metric("gen_ai_server_request_duration_seconds_count", "error_type=\"status\""))
                .isEqualTo(1);
        assertThat(metric("gen_ai_client_token_usage_sum")).isZero();
    }

    @Test
    void aClientThatLeavesIsCounted() throws Exception {
        upstream.always(request -> Answer.stream()
                .event("{\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]," + USAGE + "}")
                .silence());
        route("{}");
        try (var client = new java.net.Socket("127.0.0.1", gateway.gateway().port())) {
            String body = "{\"model\":\"m\",\"stream\":true,\"messages\":[]}";
            client.getOutputStream()
                    .write(
                            ("POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: "
                                            + body.length() + "\r\n\r\n" + body)
                                    .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            var lines = new java.io.BufferedReader(
                    new java.io.InputStreamReader(client.getInputStream(), java.nio.charset.StandardCharsets.UTF_8));
            while (!lines.readLine().startsWith("data:")) {
                // The stream has begun once its first event is here.
            }
        }
        await().atMost(PATIENCE)
                .until(() -> metric("gen_ai_server_request_duration_seconds_count", "error_type=\"cancelled\"") == 1);
        assertThat(metric("gen_ai_client_token_usage_sum", "type=\"input\"")).isEqualTo(100);
    }

    @Test
    void whatTokensCostIsCountedAndLogged() {
        upstream.always(request -> Answer.json(200, ANSWER));
        route(
                "{ prices: { 'gpt-*': { input: 10, output: 30, cachedInput: 5 }, 'gpt-4*': { input: 1, output: 2 } }, currency: EUR }");
        chat("gpt-3", "alice");
        // 60 plain and 40 cached tokens of input, 20 of output.
        assertThat(metric("sluice_ai_cost_total", "currency=\"EUR\"")).isEqualTo((60 * 10 + 40 * 5 + 20 * 30) / 1e6);
        chat("gpt-4o", "alice");
        assertThat(metric("sluice_ai_cost_total", "gen_ai_request_model=\"gpt-4o\""))
                .isEqualTo((100 * 1 + 20 * 2) / 1e6);
        chat("unpriced", "alice");
        assertThat(metric("sluice_ai_cost_total", "gen_ai_request_model=\"unpriced\""))
                .isZero();
    }

    @Test
    void madeUpNamesMakeNoMeters() {
        upstream.always(request -> request.text().contains("real")
                ? Answer.json(200, ANSWER)
                : Answer.json(404, "{\"error\":{\"message\":\"no such model\"}}"));
        route("{ maxModels: 2, maxConsumers: 2 }");
        for (int i = 0; i < 20; i++) {
            chat("made-up-" + i, "user-" + i);
        }
        chat("real-1", "user-0");
        chat("real-2", "user-0");
        chat("real-3", "user-0");
        String shown = gateway.admin("/metrics").body();
        assertThat(shown).doesNotContain("made-up", "real-3", "user-7").contains("real-1", "real-2");
        assertThat(metric("sluice_ai_tries_total", "gen_ai_request_model=\"other\""))
                .isEqualTo(21);
        assertThat(metric("sluice_ai_tries_total", "consumer=\"other\"")).isEqualTo(18);
    }

    @Test
    void whatOtherFiltersFoundOrRefusedIsCounted() {
        gateway = TestGateway.with(new AiStatistics())
                .filter("finds", exchange -> new Filter() {
                    @Override
                    public Step onRequest(RequestHead head) {
                        String user = head.headers().get("x-user");
                        exchange.put(Key.CONSUMER, String.valueOf(user));
                        exchange.put(Key.CACHE, "miss");
                        exchange.put(Key.RISK, "prompt-attack");
                        if ("named".equals(user)) {
                            exchange.put(Key.LIMIT, "per-day");
                            return dev.sluice.api.Reply.error(403, "quota_exhausted", "no more today");
                        }
                        return dev.sluice.api.Reply.error(429, "rate_limited", "slower");
                    }
                })
                .config("""
                        routes:
                          - { name: r, upstream: "%s", filters: [ ai-statistics: {}, finds: {} ] }
                        """.formatted(upstream.uri()))
                .start();
        chat("m", "plain");
        chat("m", "named");
        assertThat(metric("sluice_ai_limited_total", "consumer=\"plain\"", "limit=\"finds\""))
                .isEqualTo(1);
        assertThat(metric("sluice_ai_limited_total", "consumer=\"named\"", "limit=\"per-day\""))
                .isEqualTo(1);
        assertThat(metric("sluice_ai_cache_total", "result=\"miss\"")).isEqualTo(2);
        assertThat(metric("sluice_ai_risks_total", "risk=\"prompt-attack\"")).isEqualTo(2);
    }

    @Test
    void whatConcernsNoModelsWorkIsNotCounted() {
        upstream.always(request -> Answer.json(200, "{\"object\":\"list\",\"data\":[]}"));
        route("{}");
        gateway.get("/v1/models");
        assertThat(gateway.admin("/metrics").body()).doesNotContain("gen_ai_");
    }

    @ParameterizedTest
    @CsvSource({
        "gpt-*, gpt-4o, true",
        "*, anything, true",
        "*-mini, gpt-4o-mini, true",
        "a*b*c, axxbyyc, true",
        "a*b*c, axxbyy, false",
        "gpt-4o, gpt-4o-mini, false",
        "'', '', true"
    })
    void globs(String glob, String model, boolean matches) {
        assertThat(Prices.matches(glob, model)).isEqualTo(matches);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{ prices: { m: { input: -1, output: 1 } } } | input",
                "{ prices: { m: { input: 1 } } } | output",
                "{ maxModels: 0 } | maxModels",
                "{ prices: [] } | prices"
            })
    void aConfigThatCannotWorkIsRefused(String config, String message) {
        assertThatThrownBy(() -> route(config)).hasMessageContaining(message);
    }

    @Test
    void theReadmeNamesEveryField() throws IOException {
        JsonNode schema;
        try (var in = AiStatistics.class.getResourceAsStream("/META-INF/sluice/ai-statistics.json")) {
            schema = new ObjectMapper().readTree(in).at("/schema/properties");
        }
        String readme = Files.readString(Path.of("README.md"));
        String config = readme.substring(readme.indexOf("## Config"), readme.indexOf("### Attributes"));
        Matcher rows = Pattern.compile("(?m)^\\| `(\\w+)` \\|").matcher(config);
        assertThat(rows.results().map(row -> row.group(1)))
                .containsExactlyElementsOf(
                        schema.properties().stream().map(Map.Entry::getKey).toList());
        for (String below : java.util.List.of("/attributes/items/properties", "/otlp/properties")) {
            assertThat(schema.at(below)).isNotEmpty();
            schema.at(below)
                    .fieldNames()
                    .forEachRemaining(
                            field -> assertThat(readme).containsPattern("(?m)^\\| `(\\w+`, `)*" + field + "`[, |]"));
        }
    }
}
