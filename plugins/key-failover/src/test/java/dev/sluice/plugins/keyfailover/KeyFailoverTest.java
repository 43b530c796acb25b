package dev.sluice.plugins.keyfailover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.api.Exchange;
import dev.sluice.api.Failure;
import dev.sluice.api.Filter;
import dev.sluice.api.Key;
import dev.sluice.api.Recovery;
import dev.sluice.api.RequestHead;
import dev.sluice.api.Step;
import dev.sluice.api.Target;
import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.testkit.Answer;
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
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A whole gateway, and a provider that knows its keys. */
final class KeyFailoverTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String GOOD = "sk-good-0123456789-good";
    private static final String BAD = "sk-bad-00123456789-baad";
    private static final String CHAT =
            "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
    private static final String STREAM = CHAT.replace("\"max_tokens\"", "\"stream\":true,\"max_tokens\"");

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private Upstream upstream;
    private TestGateway gateway;

    @BeforeEach
    void start() throws IOException {
        upstream = new Upstream();
    }

    @AfterEach
    void close() throws Exception {
        if (gateway != null) {
            gateway.close();
        }
        upstream.close();
    }

    private String config(String keys, String filters) {
        return """
                providers:
                  p: { type: openai, baseUrl: "%s", apiTokens: [ %s ] }
                routes:
                  - name: r
                    filters: [ %s, ai-proxy: { provider: p } ]
                """.formatted(upstream.uri(), keys, filters);
    }

    private static String failover(String config) {
        return "key-failover: { healthCheckModel: cheap, strategy: round-robin, " + config + " }";
    }

    private void route(String config) {
        route(List.of(BAD, GOOD), config);
    }

    private void route(List<String> keys, String config) {
        gateway = TestGateway.with(new KeyFailover(), new AiProxy())
                .config(config(String.join(", ", keys), failover(config)))
                .start();
    }

    private HttpResponse<String> chat(String path, String body) {
        return gateway.send(HttpRequest.newBuilder(gateway.uri(path))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    private HttpResponse<String> chat() {
        return chat("/v1/chat/completions", CHAT);
    }

    private JsonNode keys() {
        return admin("r", "p");
    }

    private JsonNode admin(String route, String provider) {
        try {
            return MAPPER.readTree(gateway.admin("/api/v1/filters/" + route + "/key-failover/keys")
                            .body())
                    .path(provider);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private JsonNode key(String key) {
        for (JsonNode shown : keys().path("keys")) {
            if (shown.path("key").asText().endsWith(key.substring(key.length() - 4))) {
                return shown;
            }
        }
        throw new AssertionError("no such key in " + keys());
    }

    private HttpResponse<String> act(String action, String body) {
        return gateway.send(HttpRequest.newBuilder(gateway.adminUri("/api/v1/filters/r/key-failover/" + action))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    private double metric(String name, String... labels) {
        return Stream.of(gateway.admin("/metrics").body().split("\n"))
                .filter(line -> line.startsWith(name + "{"))
                .filter(line -> Stream.of(labels).allMatch(line::contains))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    @ParameterizedTest
    @CsvSource({"/v1/chat/completions, false", "/v1/chat/completions, true", "/v1/messages, false", "/v1/messages, true"
    })
    void oneGoodAndOneBadKey(String path, boolean streamed) {
        upstream.bad(BAD, Upstream::refused);
        route("healthCheckInterval: 300ms");
        for (int i = 0; i < 20; i++) {
            HttpResponse<String> answer = chat(path, streamed ? STREAM : CHAT);
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).contains(streamed ? "Hel" : "Hello").doesNotContain("error");
        }
        assertThat(upstream.requests().stream()
                        .filter(r -> Upstream.key(r).equals(BAD))
                        .filter(r -> !r.text().contains("cheap")))
                .as("out after its first failure")
                .hasSize(1);
        assertThat(key(BAD).path("state").asText()).isEqualTo("out");
        assertThat(key(BAD).path("reason").asText()).isEqualTo("auth");
        assertThat(key(GOOD).path("state").asText()).isEqualTo("healthy");
        assertThat(metric("sluice_key_failover_keys", "state=\"healthy\"")).isEqualTo(1);
        assertThat(metric("sluice_key_failover_failures_total", "reason=\"auth\""))
                .isEqualTo(1);
        assertThat(metric("sluice_key_failover_retries_total")).isEqualTo(1);

        upstream.good(BAD);
        await().atMost(PATIENCE).until(() -> key(BAD).path("state").asText().equals("healthy"));
        assertThat(metric("sluice_key_failover_probes_total", "result=\"passed\""))
                .isEqualTo(1);
        assertThat(upstream.requests().stream().filter(r -> r.text().contains("cheap")))
                .allMatch(r -> Upstream.key(r).equals(BAD))
                .allMatch(r -> r.json().path("max_tokens").asInt() == 1);
        long before = upstream.requests(BAD);
        chat();
        chat();
        assertThat(upstream.requests(BAD)).as("it is used again").isGreaterThan(before);
    }

    @Test
    void keysAppearNowhereInFull() {
        upstream.bad(BAD, Upstream::refused);
        route("failureThreshold: 1");
        HttpResponse<String> answer = chat();
        assertThat(answer.headers().map().toString()
                        + answer.body()
                        + keys()
                        + gateway.admin("/metrics").body()
                        + gateway.admin("/api/v1/providers").body()
                        + act("rest", "{\"key\":\"good\"}").body())
                .doesNotContain(GOOD, BAD)
                .contains("****good", "****baad");
    }

    @Test
    void theRequestsEditsAreInEveryTry() {
        upstream.bad(BAD, Upstream::refused);
        gateway = TestGateway.with(new KeyFailover(), new AiProxy())
                .filter("edits", exchange -> new Filter() {
                    @Override
                    public Step onRequestBody(dev.sluice.api.Body body) {
                        body.edit(tree -> tree.put("user", "edited"));
                        return Step.next();
                    }
                })
                .config(config(BAD + ", " + GOOD, "edits: {}, " + failover("failureThreshold: 1")))
                .start();
        assertThat(chat().statusCode()).isEqualTo(200);
        assertThat(upstream.requests())
                .hasSize(2)
                .allMatch(r -> r.json().path("user").asText().equals("edited"));
        assertThat(upstream.requests().get(0).text())
                .isEqualTo(upstream.requests().get(1).text());
    }

    @Test
    void oneThatIsUsedTooFastRestsAsLongAsItWasTold() {
        upstream.bad(
                BAD,
                () -> Answer.json(429, "{\"error\":{\"message\":\"slow down\"}}")
                        .header("retry-after", "3600"));
        route("healthCheckInterval: 50ms");
        for (int i = 0; i < 6; i++) {
            assertThat(chat().statusCode()).isEqualTo(200);
        }
        assertThat(upstream.requests(BAD)).isEqualTo(1);
        assertThat(key(BAD).path("state").asText()).isEqualTo("resting");
        assertThat(key(BAD).path("reason").asText()).isEqualTo("rate");
        assertThat(Duration.between(
                                java.time.Instant.parse(key(BAD).path("since").asText()),
                                java.time.Instant.parse(key(BAD).path("until").asText()))
                        .toSeconds())
                .isEqualTo(3600);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "402 | {\"error\":{\"message\":\"pay\"}}",
                "429 | {\"error\":{\"message\":\"pay\",\"code\":\"insufficient_quota\"}}",
                "400 | {\"error\":{\"message\":\"Your credit balance is too low to access the API.\"}}"
            })
    void oneWhoseAccountIsEmptyIsOutForLong(int status, String body) {
        upstream.bad(BAD, () -> Answer.json(status, body));
        route("healthCheckInterval: 50ms");
        for (int i = 0; i < 6; i++) {
            assertThat(chat().statusCode()).isEqualTo(200);
        }
        assertThat(upstream.requests(BAD)).isEqualTo(1);
        assertThat(key(BAD).path("state").asText()).isEqualTo("out");
        assertThat(key(BAD).path("reason").asText()).isEqualTo("quota");
        assertThat(Duration.between(
                                java.time.Instant.parse(key(BAD).path("since").asText()),
                                java.time.Instant.parse(
                                        key(BAD).path("nextProbe").asText()))
                        .toMinutes())
                .isEqualTo(10);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "400 | {\"error\":{\"message\":\"Invalid value: 'your credit balance is too low', billing\"}}",
                "400 | {\"error\":{\"message\":\"invalid_api_key is no role\"}}",
                "404 | {\"error\":{\"message\":\"no such model\"}}",
                "413 | {\"error\":{\"message\":\"too large\"}}",
                "422 | {\"error\":{\"message\":\"bad\"}}",
                "500 | {\"error\":{\"message\":\"ill\"}}"
            })
    void whatIsNotTheKeysFaultBlamesNoKey(int status, String body) {
        upstream.bad(BAD, () -> Answer.json(status, body));
        upstream.bad(GOOD, () -> Answer.json(status, body));
        route("failureThreshold: 1");
        for (int i = 0; i < 4; i++) {
            assertThat(chat().statusCode()).isEqualTo(status);
        }
        assertThat(keys().path("healthy").asInt()).isEqualTo(2);
        assertThat(upstream.requests()).hasSize(4);
    }

    @Test
    void aKeyThatIsRefusedWithA400IsOut() {
        upstream.bad(
                BAD,
                () -> Answer.json(
                        400,
                        "{\"error\":{\"code\":400,\"message\":\"API key not valid.\","
                                + "\"details\":[{\"reason\":\"API_KEY_INVALID\"}]}}"));
        route("failureThreshold: 1");
        assertThat(chat().statusCode()).isEqualTo(200);
        assertThat(key(BAD).path("reason").asText()).isEqualTo("auth");
    }

    @Test
    void anExplicitPatternCountsServerErrors() {
        upstream.bad(BAD, () -> Answer.json(500, "{\"error\":{\"message\":\"ill\"}}"));
        route("failoverOnStatus: ['5..']");
        for (int i = 0; i < 6; i++) {
            assertThat(chat().statusCode()).isEqualTo(200);
        }
        assertThat(upstream.requests(BAD)).isEqualTo(1);
        assertThat(key(BAD).path("reason").asText()).isEqualTo("status");
    }

    @Test
    void withAllKeysOutTheOneThatIsDueSoonestIsTried() {
        upstream.bad(BAD, Upstream::refused);
        upstream.bad(GOOD, Upstream::refused);
        route("healthCheckInterval: 1h");
        assertThat(chat().statusCode()).isEqualTo(502);
        assertThat(upstream.requests()).hasSize(2);
        assertThat(chat().body()).contains("the provider refused the gateway's credential");
        assertThat(upstream.requests()).as("once").hasSize(3);
        assertThat(metric("sluice_key_failover_exhausted_total", "tried=\"true\""))
                .isEqualTo(1);
        // A try that goes well is as good as a probe.
        upstream.good(BAD);
        upstream.good(GOOD);
        assertThat(chat().statusCode()).isEqualTo(200);
        assertThat(keys().path("healthy").asInt()).isEqualTo(1);
    }

    /** As much of a model-fallback as a key-failover below it sees. */
    private static Filter elsewhere(Exchange exchange, List<String> codes) {
        return new Filter() {
            @Override
            public Recovery onFailure(Failure failure) {
                codes.add(failure.code());
                return failure.attempt().target().provider().equals("other")
                        ? Recovery.pass()
                        : Recovery.retry(Target.of("other").model("m"));
            }
        };
    }

    @Test
    void withAModelFallbackBeforeItNoKeyIsWastedTimeOn() {
        upstream.bad(BAD, Upstream::refused);
        upstream.bad(GOOD, Upstream::refused);
        List<String> codes = java.util.Collections.synchronizedList(new ArrayList<>());
        gateway = TestGateway.with(new KeyFailover(), new AiProxy())
                .filter("model-fallback", exchange -> elsewhere(exchange, codes))
                .config("""
                        providers:
                          p: { type: openai, baseUrl: "%s", apiTokens: [ %s, %s ] }
                          other: { type: openai, baseUrl: "%s", apiTokens: [ sk-other-0123456789-othr ] }
                        routes:
                          - { name: o, match: { path: /o/** }, filters: [ ai-proxy: { provider: other } ] }
                          - name: r
                            filters: [ model-fallback: {}, %s, ai-proxy: { provider: p } ]
                        """.formatted(upstream.uri(), BAD, GOOD, upstream.uri(), failover("healthCheckInterval: 1h")))
                .start();
        HttpResponse<String> first = chat();
        assertThat(first.statusCode()).isEqualTo(200);
        assertThat(first.headers().firstValue("x-sluice-provider")).contains("other");
        assertThat(codes).as("asked once both keys had failed").containsExactly("upstream_auth");
        assertThat(upstream.requests(BAD) + upstream.requests(GOOD)).isEqualTo(2);
        assertThat(chat().statusCode()).isEqualTo(200);
        assertThat(codes).containsExactly("upstream_auth", "no_credential");
        assertThat(upstream.requests(BAD) + upstream.requests(GOOD)).isEqualTo(2);
    }

    @Test
    void keysThatOperatorsRestAreNoLastResort() {
        route(List.of(GOOD), "failureThreshold: 1");
        assertThat(act("rest", "{\"key\":\"good\",\"for\":\"1h\"}").statusCode())
                .isEqualTo(200);
        HttpResponse<String> answer = chat();
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).contains("no_credential", "no key of provider 'p' is healthy at the moment");
        assertThat(upstream.requests()).isEmpty();
        assertThat(act("restore", "{\"key\":\"good\"}").statusCode()).isEqualTo(200);
        assertThat(chat().statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "rest | {} | 'key' must be the id or the last four characters of one key; none of provider 'p' fit",
                "rest | {\"key\":\"none\"} | none of provider 'p' fit: see keys",
                "rest | {\"key\":\"good\",\"for\":\"soon\"} | 'for' must be a duration like 90s, 10m, 2h or 7d",
                "rest | {\"key\":\"good\",\"for\":\"0s\"} | 'for' must be a duration",
                "rest | {\"key\":\"good\",\"fro\":\"1h\"} | unknown field 'fro'; known are provider, key, for",
                "restore | {\"key\":\"good\",\"provider\":\"q\"} | 'provider' must be one of [p]"
            })
    void anOperatorIsToldWhatIsWrong(String action, String body, String message) {
        route("failureThreshold: 1");
        HttpResponse<String> answer = act(action, body);
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains(message);
    }

    @Test
    void aModelThatTheProviderRejectsIsReportedAndTheKeyStaysOut() {
        upstream.bad(BAD, Upstream::refused);
        route("healthCheckInterval: 50ms");
        chat();
        chat();
        upstream.bad(BAD, () -> Answer.json(404, "{\"error\":{\"message\":\"no model cheap\"}}"));
        await().atMost(PATIENCE).until(() -> key(BAD).path("seen").asText().contains("rejects"));
        assertThat(key(BAD).path("seen").asText())
                .isEqualTo("the provider rejects healthCheckModel 'cheap' with status 404");
        assertThat(key(BAD).path("state").asText()).isEqualTo("out");
        assertThat(metric("sluice_key_failover_probes_total", "result=\"rejected\""))
                .isPositive();
    }

    @Test
    void aModelThatTakesNoBoundIsAskedWithoutOne() {
        upstream.bad(BAD, Upstream::refused);
        route("healthCheckInterval: 50ms");
        chat();
        chat();
        AtomicInteger asked = new AtomicInteger();
        upstream.bad(
                BAD,
                () -> asked.getAndIncrement() == 0
                        ? Answer.json(400, "{\"error\":{\"message\":\"max_tokens is not supported\"}}")
                        : Answer.json(
                                200,
                                "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                                        + "\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}"));
        await().atMost(PATIENCE).until(() -> key(BAD).path("state").asText().equals("healthy"));
    }

    @Test
    void manyAtOnceWhileAKeyTurnsBad() throws Exception {
        route("healthCheckInterval: 1h");
        AtomicInteger refused = new AtomicInteger();
        int concurrent = 200;
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        IntStream.range(0, concurrent).forEach(i -> answers.add(send()));
        IntStream.range(0, 3).forEach(round -> {
            if (round == 1) {
                upstream.bad(BAD, () -> {
                    refused.incrementAndGet();
                    return Upstream.refused();
                });
            }
            for (int i = 0; i < concurrent; i++) {
                answers.set(i, answers.get(i).thenCompose(answer -> {
                    assertThat(answer.statusCode()).isEqualTo(200);
                    return send();
                }));
            }
        });
        for (CompletableFuture<HttpResponse<String>> answer : answers) {
            HttpResponse<String> last = answer.get(PATIENCE.toSeconds(), java.util.concurrent.TimeUnit.SECONDS);
            assertThat(last.statusCode()).isEqualTo(200);
        }
        assertThat(key(BAD).path("state").asText()).isEqualTo("out");
        assertThat(refused.get())
                .as("those under way when the first was refused")
                .isBetween(1, concurrent);
        long before = upstream.requests(BAD);
        for (int i = 0; i < 20; i++) {
            assertThat(chat().statusCode()).isEqualTo(200);
        }
        assertThat(upstream.requests(BAD)).isEqualTo(before);
    }

    private CompletableFuture<HttpResponse<String>> send() {
        return client.sendAsync(
                HttpRequest.newBuilder(gateway.uri("/v1/chat/completions"))
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(CHAT))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void keysComeAndGoWithAFileAndTheOthersStayAsTheyAre() throws Exception {
        upstream.bad(BAD, Upstream::refused);
        gateway = TestGateway.with(new KeyFailover(), new AiProxy())
                .jar("second.key", file -> write(file, GOOD))
                .config(config(BAD + ", \"${file:second.key}\"", failover("healthCheckInterval: 1h")))
                .start();
        chat();
        chat();
        assertThat(key(BAD).path("state").asText()).isEqualTo("out");
        String since = key(BAD).path("since").asText();

        String next = "sk-next-0123456789-next";
        write(gateway.configFile().resolveSibling("second.key"), next);
        await().atMost(PATIENCE).until(() -> keys().path("keys").toString().contains("****next"));
        assertThat(keys().path("keys")).hasSize(2);
        assertThat(key(BAD).path("since").asText()).isEqualTo(since);
        assertThat(key(BAD).path("state").asText()).isEqualTo("out");
        assertThat(chat().statusCode()).isEqualTo(200);
        assertThat(upstream.requests(next)).isEqualTo(1);
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void routesOfOneProviderShareWhatTheyKnow() {
        upstream.bad(BAD, Upstream::refused);
        gateway = TestGateway.with(new KeyFailover(), new AiProxy())
                .config("""
                        providers:
                          p: { type: openai, baseUrl: "%s", apiTokens: [ %s, %s ] }
                        routes:
                          - { name: one, match: { path: /one/** }, filters: [ %s, ai-proxy: { provider: p } ] }
                          - { name: two, match: { path: /two/** }, filters: [ %s, ai-proxy: { provider: p } ] }
                        """.formatted(
                                upstream.uri(),
                                BAD,
                                GOOD,
                                failover("healthCheckInterval: 1h"),
                                failover("healthCheckInterval: 1h")))
                .start();
        chat("/one/v1/chat/completions", CHAT);
        chat("/one/v1/chat/completions", CHAT);
        assertThat(admin("one", "p").path("healthy").asInt()).isEqualTo(1);
        await().atMost(PATIENCE).until(() -> admin("two", "p").path("healthy").asInt() == 1);
        for (int i = 0; i < 4; i++) {
            chat("/two/v1/chat/completions", CHAT);
        }
        assertThat(upstream.requests(BAD)).isEqualTo(1);
    }

    @Test
    void aConsumerKeepsItsKeyWhereTheProviderKeepsState() {
        gateway = TestGateway.with(new KeyFailover(), new AiProxy())
                .filter("who", exchange -> new Filter() {
                    @Override
                    public Step onRequest(RequestHead head) {
                        exchange.put(Key.CONSUMER, head.headers().get("x-user"));
                        return Step.next();
                    }
                })
                .config(config(
                        String.join(", ", BAD, GOOD, "sk-third-012345-third", "sk-fourth-01234-four"),
                        "who: {}, " + failover("failureThreshold: 1")))
                .start();
        for (String user : List.of("ann", "bob", "eve", "joe", "sue", "tom")) {
            int before = upstream.requests().size();
            for (int i = 0; i < 4; i++) {
                gateway.send(HttpRequest.newBuilder(gateway.uri("/v1/files"))
                        .header("x-user", user)
                        .GET());
            }
            assertThat(upstream.requests().stream()
                            .skip(before)
                            .map(Upstream::key)
                            .distinct())
                    .as(user)
                    .hasSize(1);
        }
        assertThat(upstream.requests().stream().map(Upstream::key).distinct().count())
                .as("not all of them the same")
                .isGreaterThan(1);
    }

    @Test
    void aClientsOwnCredentialBlamesNoneOfOurs() {
        upstream.bad("sk-of-the-client-itself", Upstream::refused);
        gateway = TestGateway.with(new KeyFailover(), new AiProxy())
                .config(config(BAD + ", " + GOOD, failover("failureThreshold: 1"))
                        .replace("{ provider: p }", "{ provider: p, passCredential: true }"))
                .start();
        HttpResponse<String> answer = gateway.send(HttpRequest.newBuilder(gateway.uri("/v1/chat/completions"))
                .header("content-type", "application/json")
                .header("authorization", "Bearer sk-of-the-client-itself")
                .POST(HttpRequest.BodyPublishers.ofString(CHAT)));
        assertThat(answer.statusCode()).isEqualTo(502);
        assertThat(upstream.requests()).hasSize(1);
        assertThat(keys().path("healthy").asInt()).isEqualTo(2);
    }

    @Test
    void higressBlocksAreTakenAsTheyAre() {
        upstream.bad(BAD, () -> Answer.json(500, "{\"error\":{\"message\":\"ill\"}}"));
        gateway = TestGateway.with(new KeyFailover(), new AiProxy())
                .config(config(BAD + ", " + GOOD, """
                        key-failover: {
                          strategy: round-robin,
                          failover: { enabled: true, failureThreshold: 2, successThreshold: 1, healthCheckInterval: 3600000,
                                      healthCheckTimeout: 5000, healthCheckModel: cheap, failoverOnStatus: ["4.*", "5.*"] },
                          retryOnFailure: { enabled: true, maxRetries: 1, retryTimeout: 30000, retryOnStatus: ["5.*"] } }
                        """))
                .start();
        for (int i = 0; i < 8; i++) {
            assertThat(chat().statusCode()).isEqualTo(200);
        }
        assertThat(upstream.requests(BAD)).isEqualTo(2);
        assertThat(key(BAD).path("state").asText()).isEqualTo("out");
    }

    @Test
    void higressBlocksAreOffUnlessTheySayOtherwise() {
        upstream.bad(BAD, Upstream::refused);
        gateway = TestGateway.with(new KeyFailover(), new AiProxy())
                .config(config(BAD + ", " + GOOD, "key-failover: { failover: { healthCheckModel: cheap } }"))
                .start();
        assertThat(List.of(chat().statusCode(), chat().statusCode())).containsExactlyInAnyOrder(502, 200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | healthCheckModel: is missing: name a cheap model of provider 'p', which is asked whether a key works again",
                "{ healthCheckModels: { q: m } } | healthCheckModels.q: there is no provider 'q'",
                "{ healthCheckModel: m, failureThreshold: 0 } | failureThreshold: expected at least 1, got 0",
                "{ healthCheckModel: m, successThreshold: -1 } | successThreshold: expected at least 1, got -1",
                "{ healthCheckModel: m, maxRetries: -1 } | maxRetries: expected at least 0, got -1",
                "{ healthCheckModel: m, healthCheckInterval: 0 } | healthCheckInterval: must be more than zero",
                "{ healthCheckModel: m, healthCheckInterval: -5 } | healthCheckInterval: expected a duration like 5s, or a number of milliseconds, got -5",
                "{ healthCheckModel: m, healthCheckTimeout: 0s } | healthCheckTimeout: must be more than zero",
                "{ healthCheckModel: m, restBase: 5 } | restBase: expected a duration like 5s, got 5",
                "{ healthCheckModel: m, restBase: 2m } | restMax: is shorter than restBase (120000ms): make it at least as long",
                "{ healthCheckModel: m, quotaBackoff: 0s } | quotaBackoff: must be more than zero",
                "{ healthCheckModel: m, strategy: best } | strategy: ",
                "{ healthCheckModel: m, failoverOnStatus: [] } | failoverOnStatus: ",
                "{ healthCheckModel: m, failoverOnStatus: ['[4'] } | failoverOnStatus[0]: '[4' is no regular expression: Unclosed character class; write '429' or '5..', say",
                "{ healthCheckModel: m, failoverOnStatus: ['429', '2..'] } | failoverOnStatus[1]: '2..' matches 200, which is no error: match statuses of 400 and more only",
                "{ healthCheckModel: m, failoverOnStatus: ['.*'] } | failoverOnStatus[0]: '.*' matches 100, which is no error",
                "{ healthCheckModel: m, failoverOnStatus: ['4'] } | failoverOnStatus[0]: '4' matches no status: it must match all three digits, as '429' or '5..' do",
                "{ healthCheckModel: m, failoverOnStatus: ['404'] } | failoverOnStatus[0]: '404' matches only errors of the client's own (400, 404, 413, 422), which no other key mends: remove it",
                "{ healthCheckModel: m, retryOnStatus: ['3..'] } | retryOnStatus[0]: '3..' matches 300, which is no error",
                "{ healthCheckModel: m, retryOnFailure: { enabled: true, retryOnStatus: ['200'] } } | retryOnFailure.retryOnStatus[0]: '200' matches 200, which is no error",
                "{ failover: { enabled: true } } | healthCheckModel: is missing",
                "{ healthCheckModel: m, failover: { enabled: true } } | healthCheckModel: belongs to 'failover', which is given too: write it there, or leave that out",
                "{ healthCheckModel: m, maxRetries: 1, retryOnFailure: { enabled: true } } | maxRetries: belongs to 'retryOnFailure', which is given too",
                "{ healthCheckModl: m } | unknown key, did you mean 'healthCheckModel'?"
            })
    void aConfigThatCannotWorkIsRefused(String config, String message) {
        assertThatThrownBy(() -> gateway = TestGateway.with(new KeyFailover(), new AiProxy())
                        .config(config(GOOD, "key-failover: " + config))
                        .start())
                .hasMessageContaining(message);
    }

    @Test
    void itsPlaceIsBeforeAiProxyInARoute() {
        TestGateway wrong = TestGateway.with(new KeyFailover(), new AiProxy()).config("""
                providers: { p: { type: echo } }
                routes: [ { name: r, filters: [ ai-proxy: { provider: p }, key-failover: {} ] } ]
                """);
        assertThatThrownBy(wrong::start).hasMessageContaining("'key-failover' must stand before 'ai-proxy'");
        wrong.close();
        TestGateway global = TestGateway.with(new KeyFailover(), new AiProxy()).config("""
                providers: { p: { type: echo } }
                filters: [ key-failover: {} ]
                routes: [ { name: r, filters: [ ai-proxy: { provider: p } ] } ]
                """);
        assertThatThrownBy(global::start)
                .hasMessageContaining(
                        "belongs into a route: its probes go through the route's ai-proxy; move it there");
        global.close();
    }

    @Test
    void theReadmeNamesEveryField() throws IOException {
        JsonNode schema;
        try (var in = KeyFailover.class.getResourceAsStream("/META-INF/sluice/key-failover.json")) {
            schema = MAPPER.readTree(in).at("/schema/properties");
        }
        String readme = Files.readString(Path.of("README.md"));
        String config = readme.substring(readme.indexOf("## Config"), readme.indexOf("## What happens"));
        Matcher rows = Pattern.compile("(?m)^\\| `(\\w+)` \\|").matcher(config);
        assertThat(rows.results().map(row -> row.group(1)))
                .containsExactlyElementsOf(
                        schema.properties().stream().map(Map.Entry::getKey).toList());
    }

    @Test
    void theReadmesExamplesLoad() throws IOException {
        String readme = Files.readString(Path.of("README.md"));
        List<String> examples = Pattern.compile("(?s)```yaml\\n(.*?)```")
                .matcher(readme)
                .results()
                .map(found -> found.group(1))
                .toList();
        assertThat(examples).isNotEmpty();
        for (String example : examples) {
            String config = Pattern.compile("\\$\\{\\w+:/?([^}]*)}")
                    .matcher(example)
                    .replaceAll(found -> "sk-0123456789-" + found.group(1).replace('/', '-'));
            try (TestGateway one = TestGateway.with(new KeyFailover(), new AiProxy())
                    .config(config)
                    .start()) {
                assertThat(one.gateway().port()).isPositive();
            }
        }
    }
}
