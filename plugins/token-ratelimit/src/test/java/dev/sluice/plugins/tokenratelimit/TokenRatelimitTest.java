package dev.sluice.plugins.tokenratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.plugins.keyauth.KeyAuth;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A whole gateway, and real sockets. */
final class TokenRatelimitTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String CHAT =
            "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
    private static final String ANSWER = "{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":"
            + "{\"role\":\"assistant\",\"content\":\"Hello\"},\"finish_reason\":\"stop\"}],"
            + "\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":15}}";

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private BrokenUpstream upstream;
    private TestGateway gateway;

    @BeforeEach
    void start() throws IOException {
        upstream = BrokenUpstream.start();
        upstream.always(request -> Answer.json(200, ANSWER));
    }

    @AfterEach
    void close() throws Exception {
        if (gateway != null) {
            gateway.close();
        }
        upstream.close();
    }

    private TestGateway made(String filter) {
        return TestGateway.with(new TokenRatelimit(), new AiProxy()).config("""
                        providers:
                          p: { type: openai, baseUrl: "%s" }
                        routes:
                          - { name: r, filters: [ %s, ai-proxy: { provider: p } ] }
                        """.formatted(upstream.uri(), filter));
    }

    private void route(String filter) {
        gateway = made(filter).start();
    }

    private HttpResponse<String> chat(String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(gateway.uri("/v1/chat/completions"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(CHAT));
        return gateway.send(headers.length == 0 ? request : request.headers(headers));
    }

    private JsonNode limits() {
        try {
            return MAPPER.readTree(
                    gateway.admin("/api/v1/filters/r/token-ratelimit/limits").body());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private long sum(String field) {
        long sum = 0;
        for (JsonNode limit : limits()) {
            sum += limit.path(field).asLong();
        }
        return sum;
    }

    @Test
    void aThousandAtOnceNeverOvershoot() {
        CompletableFuture<Void> allDecided = new CompletableFuture<>();
        upstream.always(received -> Answer.status(200)
                .header("content-type", "application/json")
                .await(allDecided)
                .chunk(ANSWER)
                .end());
        route("token-ratelimit: { rules: [ { name: all, tokens: 1500, window: 1h } ] }");
        HttpRequest request = HttpRequest.newBuilder(gateway.uri("/v1/chat/completions"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(CHAT))
                .build();
        List<CompletableFuture<Integer>> statuses = IntStream.range(0, 1000)
                .mapToObj(
                        i -> client.sendAsync(request, BodyHandlers.ofString()).thenApply(HttpResponse::statusCode))
                .toList();
        await().atMost(PATIENCE)
                .until(() -> statuses.stream().filter(CompletableFuture::isDone).count()
                                + upstream.requests().size()
                        >= 1000);
        assertThat(sum("reserved")).isBetween(1400L, 1500L);
        allDecided.complete(null);
        long served = statuses.stream()
                .map(CompletableFuture::join)
                .filter(status -> status == 200)
                .count();
        assertThat(served).isEqualTo(upstream.requests().size()).isLessThanOrEqualTo(110);
        await().atMost(PATIENCE).until(() -> sum("used") == served * 15 && sum("reserved") == 0);
    }

    @Test
    void theLedgerIsTheSumOfWhatWasReported() throws Exception {
        route("token-ratelimit: { rules: [ { name: all, tokens: 100000, window: 1h, concurrency: 50 } ] }");
        assertThat(chat().statusCode()).isEqualTo(200);
        upstream.next(Answer.json(500, "{\"error\":{\"message\":\"broken\"}}"));
        assertThat(chat().statusCode()).isEqualTo(500);
        upstream.next(Answer.stream()
                .event(
                        "{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Hi\"}}]}")
                .event("{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}")
                .event("{\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":4}}")
                .event("[DONE]")
                .end());
        gateway.post("/v1/chat/completions", CHAT.replace("\"model\"", "\"stream\":true,\"model\""));
        await().atMost(PATIENCE).until(() -> sum("used") == 15 + 11 && sum("reserved") == 0);

        upstream.next(Answer.status(200).silence());
        int before = upstream.requests().size();
        CompletableFuture<HttpResponse<String>> leaving = client.sendAsync(
                HttpRequest.newBuilder(gateway.uri("/v1/chat/completions"))
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(CHAT))
                        .build(),
                BodyHandlers.ofString());
        upstream.awaitRequest(before + 1, PATIENCE);
        assertThat(sum("reserved")).isPositive();
        leaving.cancel(true);
        await().atMost(PATIENCE).until(() -> sum("reserved") == 0);
        assertThat(sum("used")).isEqualTo(26);
    }

    @Test
    void aCallerReadsItInTheirDialect() {
        route("token-ratelimit: { rules: [ { name: calls, requests: 1, window: 1h } ] }");
        HttpResponse<String> first = chat();
        assertThat(first.headers().firstValue("x-ratelimit-remaining-requests")).hasValue("0");
        assertThat(first.headers().firstValue("ratelimit-policy")).hasValue("\"calls\";q=1;w=3600");
        HttpResponse<String> refused = chat();
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.body()).contains("\"code\":\"rate_limited\"", "'calls' of 1 requests in 1h is used up");
        assertThat(refused.headers().firstValueAsLong("retry-after").orElse(0)).isBetween(3600L, 3960L);
        assertThat(gateway.post("/v1/messages", CHAT).body()).contains("\"type\":\"error\"", "rate_limited");
        assertThat(gateway.get("/v1/models").statusCode()).isEqualTo(429);
    }

    @Test
    void aRefusalMayBeAnAnswer() {
        route(
                "token-ratelimit: { rejectAs: chat, message: Come back later., rules: [ { name: calls, requests: 1, window: 1h } ] }");
        chat();
        HttpResponse<String> refused = chat();
        assertThat(refused.statusCode()).isEqualTo(200);
        assertThat(refused.body()).contains("\"content\":\"Come back later.\"");
    }

    @Test
    void aStreamIsCutWhereItsRuleSaysSo() {
        upstream.always(request -> {
            Answer answer = Answer.stream();
            for (int i = 0; i < 200; i++) {
                answer = answer.event("{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" word\"}}]}");
            }
            return answer.event("[DONE]").end();
        });
        route("token-ratelimit: { rules: [ { name: small, tokens: 50, window: 1h, onExhausted: cut } ] }");
        assertThatThrownBy(() ->
                        gateway.post("/v1/chat/completions", CHAT.replace("\"model\"", "\"stream\":true,\"model\"")))
                .isInstanceOf(UncheckedIOException.class);
        await().atMost(PATIENCE).until(() -> sum("used") > 0 && sum("reserved") == 0);
        assertThat(sum("used")).isBetween(30L, 100L);
    }

    @Test
    void higressConfigMeansWhatItMeansThere() {
        route("""
                ai-token-ratelimit: { rule_name: default_rule, rejected_code: 200, rejected_msg: "Not now", rule_items: [
                  { limit_by_header: x-key, limit_keys: [ { key: a, token_per_minute: 14 } ] },
                  { limit_by_per_header: x-key, limit_keys: [ { key: "regexp:^b.*", token_per_hour: 15 }, { key: "*", token_per_minute: 1000 } ] },
                  { limit_by_per_ip: from-header-x-forwarded-for, limit_keys: [ { key: 10.0.0.0/8, token_per_day: 1 } ] } ] }""".replace('\n', ' '));
        assertThat(chat("x-key", "a").body()).isEqualTo(ANSWER);
        await().atMost(PATIENCE).until(() -> sum("used") == 15);
        HttpResponse<String> refused = chat("x-key", "a");
        assertThat(refused.statusCode()).isEqualTo(200);
        assertThat(refused.body()).isEqualTo("Not now");
        assertThat(refused.headers().firstValueAsLong("x-tokenratelimit-reset").orElse(0))
                .isBetween(1L, 60L);
        // Exactly at the limit one more passes: refused is what has used more.
        chat("x-key", "bob");
        await().atMost(PATIENCE).until(() -> sum("used") == 30);
        assertThat(chat("x-key", "bob").body()).isEqualTo(ANSWER);
        await().atMost(PATIENCE).until(() -> sum("used") == 45);
        assertThat(chat("x-key", "bob").body()).isEqualTo("Not now");
        assertThat(chat("x-key", "c").body()).isEqualTo(ANSWER);
        assertThat(chat("x-forwarded-for", "10.1.2.3, 127.0.0.1").body()).isEqualTo(ANSWER);
        await().atMost(PATIENCE).until(() -> sum("used") == 75);
        assertThat(chat("x-forwarded-for", "10.1.2.3").body()).isEqualTo("Not now");
        assertThat(chat("x-forwarded-for", "11.1.2.3").body()).isEqualTo(ANSWER);
        assertThat(limits().toString()).doesNotContain("bob");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "rules: [ { name: a } ] | rule 'a' limits nothing: give it tokens, requests or concurrency",
                "rules: [ { name: a, tokens: 5 } ] | rule 'a' says how much and not in what time: give it a window like 1m",
                "rules: [ { name: a, concurrency: 5, window: 1m } ] | concurrency knows no window",
                "rules: [ { name: a, tokens: 0, window: 1m } ] | rules[0].tokens",
                "rules: [ { name: a, tokens: 5, window: 0s } ] | rules[0].window",
                "rules: [ { name: a, tokens: 5, window: 1m, burst: 9 } ] | only a token bucket has a burst",
                "rules: [ { name: a, requests: 5, window: 1m, strict: true } ] | weights, strict and onExhausted concern tokens",
                "rules: [ { name: a, tokens: 5, window: 1m }, { name: a, tokens: 6, window: 1h } ] | another rule is already called 'a'",
                "rules: [ { name: a, tokens: 5, window: 1m, by: [user] } ] | 'user' is nothing that requests are told apart by: write consumer, ip",
                "rules: [ { name: a, tokens: 5, window: 1m, by: [header] } ] | 'header' is nothing that requests are told apart by",
                "rules: [ { name: a, tokens: 5, window: 1m, match: { model: ['~a(?=b)'] } } ] | not a regular expression (RE2)",
                "rules: [ { name: a, tokens: 5, window: 1m, match: { ip: [host] } } ] | 'host' is no address or network",
                "rules: [ { name: a, tokens: 5, window: 1m } ], rule_name: b, global_threshold: { token_per_day: 1 } | they stand beside rule_items",
                "rules: [ { name: a, tokens: 5, window: 1m } ], rejected_code: 403 | rejected_code belongs to Higress's rule_items",
                "onStoreFailure: deny | there is nothing to limit: add rules",
                "global_threshold: { token_per_day: 1 } | rule_name is missing",
                "rule_name: b, global_threshold: { token_per_day: 1, token_per_hour: 1 } | it has several windows: keep one token_per_",
                "rule_name: b, global_threshold: { } | it has no limit: give it one of token_per_second",
                "rule_name: b, global_threshold: { token_per_day: 0 } | lobalThreshold.tokenPerDay",
                "rule_name: b, rule_items: [ { limit_by_header: a, limit_by_param: b, limit_keys: [ { key: c, token_per_day: 1 } ] } ] | it limits by limit_by_header and by limit_by_param",
                "rule_name: b, rule_items: [ { limit_keys: [ { key: c, token_per_day: 1 } ] } ] | it does not say by what it limits",
                "rule_name: b, rule_items: [ { limit_by_per_header: a, limit_keys: [ { key: c, token_per_day: 1 } ] } ] | 'c' is no pattern",
                "rule_name: b, rule_items: [ { limit_by_per_header: a, limit_keys: [ { key: 'regexp:(', token_per_day: 1 } ] } ] | not a regular expression (RE2)",
                "rule_name: b, rule_items: [ { limit_by_per_ip: x, limit_keys: [ { key: '10.0.0.0/8', token_per_day: 1 } ] } ] | 'x' is nowhere to find an address",
                "rule_name: b, rule_items: [ { limit_by_per_ip: from-remote-addr, limit_keys: [ { key: '10.0.0.0/99', token_per_day: 1 } ] } ] | '10.0.0.0/99' is no address or network"
            })
    void whatCannotWorkIsRefused(String config, String message) {
        assertThatThrownBy(() -> made("token-ratelimit: { " + config + " }").start())
                .hasMessageContaining("token-ratelimit")
                .hasMessageContaining(message);
    }

    @Test
    void theExamplesLoad() throws IOException {
        Matcher blocks = Pattern.compile("(?s)```yaml\n(.*?)```").matcher(Files.readString(Path.of("README.md")));
        int loaded = 0;
        while (blocks.find()) {
            TestGateway.with(new TokenRatelimit(), new AiProxy(), new KeyAuth())
                    .config("""
                            providers: { gpt: { type: echo } }
                            consumers: [ { name: alice, credentials: [ k ] }, { name: boss, credentials: [ b ] } ]
                            """ + blocks.group(1))
                    .start()
                    .close();
            loaded++;
        }
        assertThat(loaded).isEqualTo(4);
    }

    @Test
    void theReadmeNamesEveryField() throws IOException {
        JsonNode schema;
        try (var in = TokenRatelimit.class.getResourceAsStream("/META-INF/sluice/token-ratelimit.json")) {
            schema = MAPPER.readTree(in).at("/schema/properties");
        }
        String readme = Files.readString(Path.of("README.md"));
        assertThat(rows(readme, "## Config"))
                .containsExactlyElementsOf(schema.properties().stream()
                        .map(Map.Entry::getKey)
                        .filter(field -> !field.matches("rule[A-Z].*|global.*|rejected.*|redisKeyPrefix|admin.*"))
                        .toList());
        assertThat(rows(readme, "### A quota"))
                .containsExactlyElementsOf(schema.at("/quota/properties").properties().stream()
                        .map(Map.Entry::getKey)
                        .toList());
        assertThat(rows(readme, "### A rule"))
                .containsExactlyElementsOf(schema.at("/rules/items/properties").properties().stream()
                        .map(Map.Entry::getKey)
                        .toList());
    }

    private static List<String> rows(String readme, String heading) {
        int from = readme.indexOf(heading + "\n");
        int to = readme.indexOf("\n##", from + 1);
        return Pattern.compile("(?m)^\\| `([a-zA-Z]+)` \\|")
                .matcher(readme.substring(from, to))
                .results()
                .map(row -> row.group(1))
                .toList();
    }
}
