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
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Quotas in a whole gateway, on real sockets. */
final class QuotaGatewayTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String CHAT =
            "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
    private static final String ANSWER = "{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":"
            + "{\"role\":\"assistant\",\"content\":\"Hello\"},\"finish_reason\":\"stop\"}],"
            + "\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":15}}";
    private static final String QUOTA = "/v1/chat/completions/quota";

    private static BrokenUpstream upstream;
    private static TestGateway gateway;

    @BeforeAll
    static void start() throws IOException {
        upstream = BrokenUpstream.start();
        upstream.always(request -> Answer.json(200, ANSWER));
        gateway = TestGateway.with(new TokenRatelimit(), new AiProxy(), new KeyAuth())
                .config("""
                        consumers:
                          - { name: boss, credentials: [boss-key-0123] }
                          - { name: alice, credentials: [alice-key-0123] }
                          - { name: bob, credentials: [bob-key-0123] }
                          - { name: carol, credentials: [carol-key-0123] }
                          - { name: dave, credentials: [dave-key-0123] }
                        providers: { p: { type: openai, baseUrl: "%s" } }
                        routes:
                          - name: money
                            match: { path: "/money/**" }
                            filters:
                              - key-auth: {}
                              - token-ratelimit: { quota: { name: budget, money: 0.0001, period: month, timeZone: Asia/Tokyo, prices: { "*": { input: 1, output: 2 } }, adminConsumer: boss } }
                              - ai-proxy: { provider: p }
                          - name: many
                            match: { path: "/many/**" }
                            filters:
                              - key-auth: {}
                              - token-ratelimit: { quota: { tokens: 300, period: day } }
                              - ai-proxy: { provider: p }
                          - name: open
                            match: { path: "/open/**" }
                            filters:
                              - token-ratelimit: { quota: { name: open, tokens: 300, period: day } }
                              - ai-proxy: { provider: p }
                          - name: r
                            filters:
                              - key-auth: {}
                              - ai-quota: { redis_key_prefix: "chat_quota:", admin_consumer: boss, admin_path: /quota }
                              - ai-proxy: { provider: p }
                        """.formatted(upstream.uri()))
                .start();
    }

    @AfterAll
    static void close() throws Exception {
        gateway.close();
        upstream.close();
    }

    private static HttpRequest.Builder to(String path, String consumer) {
        HttpRequest.Builder request = HttpRequest.newBuilder(gateway.uri(path));
        return consumer.isEmpty() ? request : request.header("authorization", "Bearer " + consumer + "-key-0123");
    }

    private static HttpResponse<String> chat(String path, String consumer) {
        return gateway.send(
                to(path, consumer).header("content-type", "application/json").POST(BodyPublishers.ofString(CHAT)));
    }

    private static HttpResponse<String> form(String path, String consumer, String form) {
        return gateway.send(to(path, consumer)
                .header("content-type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString(form)));
    }

    private static HttpResponse<String> act(String route, String action, String body) {
        return gateway.send(
                HttpRequest.newBuilder(gateway.adminUri("/api/v1/filters/" + route + "/token-ratelimit/" + action))
                        .POST(BodyPublishers.ofString(body)));
    }

    private static JsonNode query(String route, String consumer) {
        HttpResponse<String> answer = act(route, "query", "{\"consumer\":\"" + consumer + "\"}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        try {
            return new ObjectMapper().readTree(answer.body());
        } catch (IOException e) {
            throw new AssertionError(answer.body(), e);
        }
    }

    @Test
    void higressQuotaIsGivenUsedAndGivenAgain() {
        HttpResponse<String> none = chat("/v1/chat/completions", "alice");
        assertThat(none.statusCode()).isEqualTo(403);
        assertThat(none.body()).contains("\"code\":\"quota_exhausted\"", "no quota is left");
        HttpResponse<String> refreshed = form(QUOTA + "/refresh", "boss", "consumer=alice&quota=20");
        assertThat(refreshed.statusCode()).isEqualTo(200);
        assertThat(refreshed.body()).isEqualTo("refresh quota successful");
        assertThat(refreshed.headers().firstValue("content-type").orElse("")).startsWith("text/plain");
        HttpResponse<String> queried = gateway.send(to(QUOTA + "?consumer=alice", "boss"));
        assertThat(queried.body()).isEqualTo("{\"consumer\":\"alice\",\"quota\":20}");

        assertThat(chat("/v1/chat/completions", "alice").body()).isEqualTo(ANSWER);
        await().atMost(PATIENCE).until(() -> query("r", "alice").path("quota").asLong() == 5);
        // What is left is too little, and is used all the same, as in Higress.
        assertThat(chat("/v1/chat/completions", "alice").statusCode()).isEqualTo(200);
        await().atMost(PATIENCE).until(() -> query("r", "alice").path("quota").asLong() == -10);
        assertThat(chat("/v1/chat/completions", "alice").statusCode()).isEqualTo(403);
        HttpResponse<String> anthropic = chat("/v1/messages", "alice");
        assertThat(anthropic.statusCode()).isEqualTo(403);
        assertThat(anthropic.body()).contains("\"type\":\"error\"", "quota_exhausted");
        assertThat(form(QUOTA + "/delta", "boss", "consumer=alice&value=%2B15").body())
                .isEqualTo("delta quota successful");
        assertThat(query("r", "alice").path("quota").asLong()).isEqualTo(5);
        assertThat(form(QUOTA + "/delta", "boss", "consumer=alice&value=-5").statusCode())
                .isEqualTo(200);
        assertThat(chat("/v1/chat/completions", "alice").statusCode()).isEqualTo(403);
        assertThat(upstream.requests())
                .allSatisfy(request -> assertThat(request.path()).doesNotContain("quota"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "none",
            value = {
                "alice | /refresh | consumer=alice&quota=1 | 403 | this consumer may not administer quotas",
                "alice | /delta | consumer=alice&value=1 | 403 | this consumer may not administer quotas",
                "alice | '' | consumer=alice | 403 | this consumer may not administer quotas",
                "'' | /refresh | consumer=alice&quota=1 | 401 | missing_key",
                "boss | /refresh | quota=1 | 403 | 'consumer' is missing: say whose quota it is",
                "boss | /refresh | consumer=x | 403 | 'quota' is missing: say how much",
                "boss | /refresh | '' | 403 | 'consumer' is missing",
                "boss | /refresh | consumer=x&quota=-1 | 403 | 'quota' must not be negative",
                "boss | /refresh | consumer=x&quota=1.5 | 403 | 'quota' must be a whole number of tokens",
                "boss | /delta | consumer=x&value=lots | 403 | 'value' must be a whole number of tokens",
                "boss | /delta | consumer=x&value=99999999999999999999 | 403 | 'value' must be a whole number of tokens",
                "boss | /delta | consumer=x&consumer=y&value=1 | 403 | a field is given twice: give each once",
                "boss | /delta | consumer=%zz&value=1 | 403 | the form is not percent-encoded as forms are",
                "boss | /delta | \u0000\uFFFF&&&=&=1=2 | 403 | a field is given twice: give each once",
                "boss | '?consumer=' | none | 403 | 'consumer' is missing: say whose quota it is",
                "boss | '?consumer=a&consumer=b' | none | 403 | a field is given twice: give each once",
            })
    void anAdministratorIsToldWhatIsWrong(String who, String path, String form, int status, String message) {
        HttpResponse<String> answer =
                form == null ? gateway.send(to(QUOTA + path, who)) : form(QUOTA + path, who, form);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(answer.body()).contains(message);
    }

    @Test
    void whatIsNoFormIsRefusedBeforeItGoesAnywhere() {
        int before = upstream.requests().size();
        for (String type : List.of("application/json", "text/plain", "multipart/form-data; boundary=x")) {
            HttpResponse<String> answer = gateway.send(to(QUOTA + "/refresh", "boss")
                    .header("content-type", type)
                    .POST(BodyPublishers.ofString("{\"consumer\":\"alice\",\"quota\":1}")));
            assertThat(answer.statusCode()).isEqualTo(403);
            assertThat(answer.body()).contains("POST a form");
        }
        assertThat(gateway.send(to(QUOTA + "/delta?consumer=a&value=1", "boss")).statusCode())
                .isEqualTo(403);
        assertThat(upstream.requests()).hasSize(before);
    }

    @Test
    void aConsumerWhomNobodyKnowsYetMayBeGivenAQuota() {
        assertThat(form(QUOTA + "/refresh", "boss", "consumer=new+hire%40example.com&quota=7")
                        .statusCode())
                .isEqualTo(200);
        assertThat(query("r", "new hire@example.com").path("quota").asLong()).isEqualTo(7);
        assertThat(act("r", "refresh", "{\"consumer\":\"\"}").body())
                .contains("'consumer' is missing: say whose quota it is");
        assertThat(act("r", "delta", "{\"consumer\":\"x\",\"value\":true}").statusCode())
                .isEqualTo(400);
    }

    @Test
    void manyAtOnceNeverOvershootAQuota() {
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        HttpRequest request = to("/many/v1/chat/completions", "bob")
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofString(CHAT))
                .build();
        List<CompletableFuture<Integer>> statuses = IntStream.range(0, 200)
                .mapToObj(
                        i -> client.sendAsync(request, BodyHandlers.ofString()).thenApply(HttpResponse::statusCode))
                .toList();
        long served = statuses.stream()
                .map(CompletableFuture::join)
                .filter(status -> status == 200)
                .count();
        await().atMost(PATIENCE)
                .until(() -> query("many", "bob").path("reserved").asLong() == 0);
        assertThat(query("many", "bob").path("used").asLong()).isEqualTo(15 * served);
        // A request asks for some 15 of it and uses as much.
        assertThat(served).isBetween(15L, 22L);
    }

    @Test
    void moneyIsSpentTryByTry() {
        assertThat(chat("/money/v1/chat/completions", "carol").statusCode()).isEqualTo(200);
        await().atMost(PATIENCE).untilAsserted(() -> {
            JsonNode left = query("money", "carol");
            assertThat(left.path("quota").decimalValue()).isEqualByComparingTo("0.00008");
            assertThat(left.path("unit").asText()).isEqualTo("USD");
            assertThat(left.path("resetsAt").asText()).endsWith("T15:00:00Z");
        });
        assertThat(form("/money" + QUOTA + "/refresh", "boss", "consumer=carol&quota=0.00001")
                        .body())
                .isEqualTo("refresh quota successful");
        HttpResponse<String> refused = chat("/money/v1/chat/completions", "carol");
        assertThat(refused.statusCode()).as(refused.body()).isEqualTo(403);
        assertThat(refused.body()).contains("quota_exhausted", "0.00001 USD are left: ask for less");
        assertThat(gateway.admin("/api/v1/filters/money/token-ratelimit/limits").body())
                .contains("\"subject\" : \"consumer=carol\"", "\"currency\" : \"money\"");
        assertThat(gateway.admin("/metrics").body()).contains("sluice_token_ratelimit_cost_total{currency=\"USD\"");
    }

    @Test
    void whoIsNobodyHasNoQuota() {
        HttpResponse<String> answer = chat("/open/v1/chat/completions", "");
        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(answer.body()).contains("missing_key");
    }

    @Test
    void whatIsWrittenWronglyIsRefused() {
        refuses(new String[][] {
            {"quota: { tokens: 5 }", "required key 'period' is missing"},
            {"quota: { tokens: 5, period: week }", "expected one of day, month, ever, got 'week'"},
            {"quota: { tokens: -5, period: day }", "expected at least 0, got -5"},
            {"quota: { money: -0.5, period: day }", "expected at least 0, got -0.5"},
            {"quota: { tokens: 5, period: day, prices: { a: { input: 1 } } }", "required key 'output' is missing"},
            {"quota: { tokens: 5, period: day, consumers: { alice: -1 } }", "expected at least 0, got -1"},
            {"quota: { tokens: 5, period: day, adminConsumer: a, adminPath: q }", "expected a path like /quota, got 'q'"
            },
            {"admin_consumer: boss, redis_key_prefix: '{a}'", "expected up to 64 characters without braces"},
            {
                "admin_consumer: boss, adminConsumer: boss",
                "another spelling of 'adminConsumer', which is given too: keep one"
            }
        });
        refuses(new String[][] {{"quota: { tokens: 5, tokens: 6, period: day }", "tokens"}});
    }

    @Test
    void whatCannotWorkIsRefused() {
        refuses(new String[][] {
            {"quota: { tokens: 5, money: 5, period: day }", "it has both tokens and money: keep one"},
            {"quota: { period: day }", "it has no amount: add tokens or money"},
            {"quota: { tokens: 1.5, period: day }", "quota.tokens: tokens are counted whole: write 1"},
            {"quota: { tokens: 10000000000000, period: day }", "quota.tokens: expected at most 1000000000000"},
            {"quota: { money: 5, period: day }", "a quota of money needs to know what tokens cost: add prices"},
            {
                "quota: { money: 0.00000000001, period: day, prices: { a: { input: 1, output: 1 } } }",
                "no more than 9 decimal places are counted"
            },
            {
                "quota: { tokens: 5, period: day, prices: { a: { input: 1, output: 1 } } }",
                "a quota of tokens asks for no price"
            },
            {"quota: { tokens: 5, period: day, currency: EUR }", "a quota of tokens has no currency: remove it"},
            {
                "quota: { money: 5, period: day, weights: { input: 1 }, prices: { a: { input: 1, output: 1 } } }",
                "the prices tell what a token counts"
            },
            {
                "quota: { tokens: 5, period: day, timeZone: Mars/Olympus }",
                "'Mars/Olympus' is no time zone: write one like UTC"
            },
            {"quota: { tokens: 5, period: day, adminPath: /q }", "nobody may use it: add adminConsumer"},
            {
                "quota: { tokens: 5, period: day }, admin_consumer: boss",
                "mean different things: list the filter once for each"
            },
            {
                "quota: { tokens: 5, period: day }, rule_name: a, global_threshold: { token_per_day: 1 }",
                "mean different things"
            },
            {"redis_key_prefix: a", "admin_consumer is missing, who alone may give out what Higress's ai-quota counts"},
            {"admin_consumer: boss, onStoreFailure: local", "is known to the shared state alone: write deny or allow"}
        });
    }

    /** All problems of a config are told at once. */
    private static void refuses(String[][] configs) {
        StringBuilder yaml = new StringBuilder("providers: { p: { type: echo } }\nroutes:\n");
        for (int i = 0; i < configs.length; i++) {
            yaml.append(
                    "  - { name: r%d, match: { path: \"/%d\" }, filters: [ ai-quota: { %s }, ai-proxy: { provider: p } ] }%n"
                            .formatted(i, i, configs[i][0]));
        }
        assertThatThrownBy(() -> TestGateway.with(new TokenRatelimit(), new AiProxy())
                        .config(yaml.toString())
                        .start()
                        .close())
                .satisfies(thrown -> {
                    List<String> lines = thrown.getMessage().lines().toList();
                    for (int i = 0; i < configs.length; i++) {
                        String route = configs.length == 1 ? "" : "routes[" + i + "]";
                        String message = configs[i][1];
                        assertThat(lines)
                                .as(configs[i][0])
                                .anySatisfy(line -> assertThat(line).contains("sluice.yaml:", route, message));
                    }
                });
    }
}
