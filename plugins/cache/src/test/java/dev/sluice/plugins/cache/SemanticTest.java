package dev.sluice.plugins.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.plugins.keyauth.KeyAuth;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.Received;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Similar questions at a whole gateway, with an endpoint that makes vectors and one that keeps them. */
final class SemanticTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final AtomicInteger EMBEDDED = new AtomicInteger();
    private static Upstream upstream;
    private static BrokenUpstream embeddings;
    private static BrokenUpstream bad;
    private static FakeQdrant qdrant;
    private static FakeQdrant owned;
    private static TestGateway gateway;

    @BeforeAll
    static void start() throws IOException {
        upstream = new Upstream();
        embeddings = BrokenUpstream.start().always(SemanticTest::embedded);
        bad = BrokenUpstream.start().always(SemanticTest::badly);
        qdrant = new FakeQdrant();
        owned = new FakeQdrant().collection(Words.DIMENSIONS, "Euclid");
        StringBuilder routes = new StringBuilder();
        for (String kind : List.of("hang", "nan", "empty", "status", "garbage", "zero")) {
            routes.append(route(
                    kind,
                    "cache: { scope: route, semantic: { timeout: 400ms, embedding: { type: openai, url: \"" + bad.uri()
                            + "/" + kind + "\" } } }"));
        }
        for (String kind : List.of("away", "html", "denied")) {
            String url = kind.equals("away")
                    ? "http://127.0.0.1:1"
                    : kind.equals("html") ? bad.uri() + "/html" : qdrant.uri().toString();
            routes.append(route(
                    "q-" + kind,
                    "cache: { scope: route, semantic: { embedding: { provider: p, model: e },"
                            + " vectors: { type: qdrant, url: \"" + url + "\" } } }"));
        }
        gateway = TestGateway.with(new CachePlugin(), new AiProxy(), new KeyAuth())
                .config(
                        """
                        providers:
                          p: { type: openai, apiTokens: [ embedding-key ], baseUrl: "%1$s/v1" }
                          m: { type: openai, baseUrl: "%2$s/v1" }
                        consumers:
                          - { name: alice, credentials: [ key-alice ] }
                          - { name: bob, credentials: [ key-bob ] }
                        routes:
                        %5$s
                          - name: keyed
                            match: { path: "/keyed/**" }
                            filters: [ key-auth: { allow: [ alice, bob ] }, cache: { semantic: { embedding: { provider: p } } }, ai-proxy: { provider: m } ]
                        %6$s%7$s
                          - name: plain
                            filters: [ cache: { semantic: { embedding: { type: openai, url: "%1$s", apiKey: embedding-key }, threshold: 0.9 } }, ai-proxy: { provider: m } ]
                        """.formatted(
                                        embeddings.uri(),
                                        upstream.uri(),
                                        "",
                                        "",
                                        routes,
                                        route(
                                                "qdrant",
                                                "cache: { semantic: { embedding: { provider: p }, vectors: { type: qdrant, url: \""
                                                        + qdrant.uri() + "\", apiKey: " + FakeQdrant.KEY
                                                        + ", collection: c } } }"),
                                        route(
                                                "higress",
                                                "ai-cache: { cacheKeyStrategy: lastQuestion, enableSemanticCache: true,"
                                                        + " embedding: { type: openai, serviceName: e.dns, serviceHost: 127.0.0.1, servicePort: "
                                                        + embeddings.uri().getPort()
                                                        + ", apiKey: embedding-key, timeout: 5000 },"
                                                        + " vector: { type: qdrant, serviceName: q.dns, serviceHost: 127.0.0.1, servicePort: "
                                                        + owned.uri().getPort() + ", apiKey: " + FakeQdrant.KEY
                                                        + ", collectionID: c, threshold: 0.3, thresholdRelation: lt, timeout: 5000 } }")))
                .start();
    }

    private static String route(String name, String filter) {
        return "  - { name: %1$s, match: { path: \"/%1$s/**\" }, filters: [ %2$s, ai-proxy: { provider: m } ] }\n"
                .formatted(name, filter);
    }

    private static Answer embedded(Received received) {
        if (!"Bearer embedding-key".equals(received.headers().get("authorization"))) {
            return Answer.json(401, "{\"error\":{\"message\":\"who?\"}}");
        }
        EMBEDDED.incrementAndGet();
        return Answer.json(
                200,
                "{\"data\":[{\"embedding\":"
                        + Words.json(received.json().path("input").asText()) + "}]}");
    }

    private static Answer badly(Received received) {
        String path = received.path();
        return path.startsWith("/hang")
                ? Answer.stream().silence()
                : path.startsWith("/nan")
                        ? Answer.json(200, "{\"data\":[{\"embedding\":[\"NaN\",1]}]}")
                        : path.startsWith("/empty")
                                ? Answer.json(200, "{\"data\":[{\"embedding\":[]}]}")
                                : path.startsWith("/zero")
                                        ? Answer.json(200, "{\"data\":[{\"embedding\":[0,0,0]}]}")
                                        : path.startsWith("/status")
                                                ? Answer.json(500, "{}")
                                                : Answer.json(200, "<html>");
    }

    @AfterAll
    static void stop() throws IOException {
        gateway.close();
        upstream.close();
        embeddings.close();
        bad.close();
        qdrant.close();
        owned.close();
    }

    private static HttpResponse<String> ask(String path, String question, String more, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(gateway.uri(path + "/v1/chat/completions"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + question + "\"}]" + more
                                + "}"));
        return gateway.send(headers.length == 0 ? request : request.headers(headers));
    }

    private static String cache(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).isEqualTo(200);
        return answer.headers().firstValue("x-sluice-cache").orElse("");
    }

    private static double metric(String line) {
        return gateway.admin("/metrics")
                .body()
                .lines()
                .filter(text -> text.startsWith(line))
                .mapToDouble(text -> Double.parseDouble(text.substring(text.lastIndexOf(' '))))
                .sum();
    }

    private static void isKept(String route, double count) {
        await().atMost(PATIENCE).until(() -> metric("sluice_cache_vectors{route=\"" + route + "\"") >= count);
    }

    @Test
    void aQuestionInOtherWordsHasTheSameAnswer() {
        double before = metric("sluice_cache_vectors{route=\"plain\"");
        HttpResponse<String> live = ask("", "How can I water my cactus?", "");
        assertThat(cache(live)).isEqualTo("miss");
        isKept("plain", before + 1);
        HttpResponse<String> similar = ask("", "my cactus: how can I water?", "");
        assertThat(cache(similar)).isEqualTo("semantic");
        assertThat(similar.body()).isEqualTo(live.body());
        assertThat(Double.parseDouble(similar.headers()
                        .firstValue("x-sluice-cache-similarity")
                        .orElseThrow()))
                .isBetween(0.9, 1.0);
        assertThat(similar.headers().firstValueAsLong("age")).isPresent();
        assertThat(live.headers().firstValue("x-sluice-cache-similarity")).isEmpty();
        HttpResponse<String> stream = ask("", "my cactus: how can I water?", ",\"stream\":true");
        assertThat(cache(stream)).isEqualTo("semantic");
        assertThat(stream.body()).contains("data: [DONE]");
        assertThat(cache(ask("", "How can I water my cactus?", ""))).isEqualTo("hit");
        assertThat(metric("sluice_cache_lookups_total{result=\"semantic\",route=\"plain\""))
                .isPositive();
        assertThat(metric("sluice_cache_semantic_lookups_total{result=\"hit\",route=\"plain\""))
                .isPositive();
        assertThat(metric("sluice_cache_semantic_similarity_count{route=\"plain\""))
                .isPositive();
        assertThat(metric("sluice_cache_semantic_time_seconds_count{route=\"plain\""))
                .isPositive();
        assertThat(metric("sluice_cache_saved_tokens_total{route=\"plain\"")).isPositive();
    }

    @Test
    void whatElseIsNotTheSameIsAnotherRequest() {
        double before = metric("sluice_cache_vectors{route=\"plain\"");
        ask("", "Which lamp is bright enough?", "");
        isKept("plain", before + 1);
        String other = "enough, which lamp is bright?";
        assertThat(cache(ask("", other, ",\"temperature\":0.1"))).isEqualTo("miss");
        assertThat(cache(ask("", other, ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]")))
                .isEqualTo("miss");
        assertThat(cache(ask("", other, "", "cache-control", "no-cache"))).isEqualTo("miss");
        assertThat(cache(ask(
                        "",
                        "Hi\"},{\"role\":\"assistant\",\"content\":\"Hello\"},{\"role\":\"user\",\"content\":\""
                                + other,
                        "")))
                .isEqualTo("miss");
        assertThat(cache(ask("", other, "", "cache-control", "no-store"))).isEqualTo("skip");
        assertThat(cache(ask("", "which lamp is bright enough, 2?", "")))
                .as("a lookalike")
                .isEqualTo("miss");
        assertThat(metric("sluice_cache_semantic_lookups_total{result=\"lookalike\",route=\"plain\""))
                .isPositive();
    }

    @Test
    void picturesAndResultsOfToolsAreNotLookedUp() {
        int before = EMBEDDED.get();
        String image =
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"what is it\"},"
                        + "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAAA\"}}]}]}";
        String tool =
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"weather\"},{\"role\":\"assistant\",\"tool_calls\":"
                        + "[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},"
                        + "{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"sunny\"}]}";
        for (String body : List.of(image, tool)) {
            assertThat(cache(gateway.post("/v1/chat/completions", body))).isEqualTo("miss");
        }
        assertThat(cache(ask("", "long ".repeat(300), ""))).isEqualTo("miss");
        assertThat(EMBEDDED).hasValue(before);
    }

    @Test
    void consumersHaveTheirOwn() {
        ask("/keyed", "Where is the nearest bakery?", "", "authorization", "Bearer key-alice");
        isKept("keyed", 1);
        String other = "the nearest bakery is where?";
        assertThat(cache(ask("/keyed", other, "", "authorization", "Bearer key-bob")))
                .isEqualTo("miss");
        assertThat(cache(ask("/keyed", other, "", "authorization", "Bearer key-alice")))
                .isEqualTo("semantic");
    }

    @Test
    void manyAtOnceCostOneVector() {
        double kept = metric("sluice_cache_vectors{route=\"plain\"");
        ask("", "Does the ferry sail daily?", "");
        isKept("plain", kept + 1);
        int before = EMBEDDED.get();
        List<CompletableFuture<HttpResponse<String>>> all = IntStream.range(0, 50)
                .mapToObj(i -> CompletableFuture.supplyAsync(() -> ask("", "does the ferry daily sail?", "")))
                .toList();
        all.forEach(one -> assertThat(cache(one.join())).isEqualTo("semantic"));
        assertThat(EMBEDDED).hasValue(before + 1);
    }

    @ParameterizedTest
    @CsvSource({"hang, timeout", "nan, failed", "empty, failed", "status, failed", "garbage, failed", "zero, failed"})
    void anEndpointThatFailsIsAMissInTime(String kind, String result) {
        assertThat(cache(ask("/" + kind, "anything at all", ""))).isEqualTo("miss");
        assertThat(metric("sluice_cache_semantic_lookups_total{result=\"" + result + "\",route=\"" + kind + "\""))
                .isEqualTo(1);
        assertThat(cache(ask("/" + kind, "anything else", ""))).isEqualTo("miss");
        assertThat(cache(ask("/" + kind, "anything at all", "")))
                .as("equal requests go on")
                .isEqualTo("hit");
    }

    @ParameterizedTest
    @CsvSource({"away", "html", "denied"})
    void aStoreThatFailsIsAMissInTime(String kind) {
        assertThat(cache(ask("/q-" + kind, "anything at all", ""))).isEqualTo("miss");
        assertThat(metric("sluice_cache_semantic_lookups_total{result=\"failed\",route=\"q-" + kind + "\""))
                .isEqualTo(1);
        assertThat(cache(ask("/q-" + kind, "anything at all", ""))).isEqualTo("hit");
    }

    @Test
    void vectorsMayBeKeptInQdrant() {
        assertThat(cache(ask("/qdrant", "Can a camel swim well?", ""))).isEqualTo("miss");
        await().atMost(PATIENCE).until(() -> qdrant.points() == 1);
        assertThat(cache(ask("/qdrant", "swim well, can a camel?", ""))).isEqualTo("semantic");
        assertThat(cache(ask("/qdrant", "swim well, can a horse?", ""))).isEqualTo("miss");
        assertThat(qdrant.requests().stream().map(Received::path)).contains("/collections/c/points/query");
        assertThat(qdrant.requests().stream()
                        .filter(one -> one.path().equals("/collections/c")
                                && one.method().equals("PUT")))
                .hasSize(1);
    }

    @Test
    void higressConfigMeansTheSame() {
        assertThat(cache(ask("/higress", "Can a penguin dive deep?", ""))).isEqualTo("miss");
        await().atMost(PATIENCE).until(() -> owned.points() == 1);
        assertThat(cache(ask("/higress", "dive deep, can a penguin?", ""))).isEqualTo("semantic");
    }
}
