package dev.sluice.plugins.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.api.Body;
import dev.sluice.api.Filter;
import dev.sluice.api.Reply;
import dev.sluice.api.Step;
import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.plugins.aistatistics.AiStatistics;
import dev.sluice.plugins.keyauth.KeyAuth;
import dev.sluice.plugins.modelfallback.ModelFallback;
import dev.sluice.plugins.tokenratelimit.TokenRatelimit;
import dev.sluice.testkit.AccessLines;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
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
import org.junit.jupiter.params.provider.ValueSource;

/** A whole gateway, and real sockets. Each test asks a question of its own, so that none finds another's answers. */
final class CacheTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static Upstream upstream;
    private static TestGateway gateway;

    @BeforeAll
    static void start() throws IOException {
        upstream = new Upstream();
        gateway = TestGateway.with(
                        new CachePlugin(),
                        new AiProxy(),
                        new AiStatistics(),
                        new KeyAuth(),
                        new ModelFallback(),
                        new TokenRatelimit())
                .filter("refuser", exchange -> new Filter() {
                    @Override
                    public Step onRequestBody(Body body) {
                        return Reply.chat("I would rather not.");
                    }
                })
                .config("""
                        providers:
                          p: { type: openai, baseUrl: "%1$s/v1", modelMapping: { "mapped-*": wire } }
                          down: { type: openai, baseUrl: "http://127.0.0.1:1/v1" }
                        consumers:
                          - { name: alice, credentials: [ key-alice ] }
                          - { name: bob, credentials: [ key-bob ] }
                        filters:
                          - ai-statistics: {}
                        routes:
                          - name: keyed
                            match: { path: "/keyed/**" }
                            filters: [ key-auth: { allow: [ alice, bob ] }, cache: {}, ai-proxy: { provider: p } ]
                          - name: shared
                            match: { path: "/shared/**" }
                            filters: [ key-auth: { allow: [ alice, bob ] }, cache: { scope: route }, ai-proxy: { provider: p } ]
                          - name: limited
                            match: { path: "/limited/**" }
                            filters:
                              - token-ratelimit: { rules: [ { name: all, tokens: 1000000, window: 1h } ] }
                              - cache: {}
                              - ai-proxy: { provider: p }
                          - name: brief
                            match: { path: "/brief/**" }
                            filters: [ cache: { ttl: 1ms, staleWhileRevalidate: 1h }, ai-proxy: { provider: p } ]
                          - name: hasty
                            timeouts: { hook: 1s }
                            match: { path: "/hasty/**" }
                            filters: [ cache: { flightWait: 1500ms }, ai-proxy: { provider: p } ]
                          - name: small
                            match: { path: "/small/**" }
                            filters: [ cache: { maxEntryBytes: 1KiB, maxBytes: 8KiB }, ai-proxy: { provider: p } ]
                          - name: fallen
                            match: { path: "/fallen/**" }
                            filters:
                              - cache: {}
                              - model-fallback: { retries: 0, targets: [ { provider: p, model: other } ] }
                              - ai-proxy: { provider: down }
                          - name: refused
                            match: { path: "/refused/**" }
                            filters: [ cache: {}, refuser: {}, ai-proxy: { provider: p } ]
                          - name: questions
                            match: { path: "/questions/**" }
                            filters: [ ai-cache: { cacheKeyStrategy: lastQuestion, cacheTTL: 60 }, ai-proxy: { provider: p } ]
                          - name: never
                            match: { path: "/never/**" }
                            filters: [ cache: { cacheKeyStrategy: disabled }, ai-proxy: { provider: p } ]
                          - name: plain
                            filters: [ cache: { prices: { "m*": { input: 100, output: 1000 } } }, ai-proxy: { provider: p } ]
                        """.formatted(upstream.uri()))
                .start();
    }

    @AfterAll
    static void stop() throws IOException {
        gateway.close();
        upstream.close();
    }

    private static String chat(String question, String more) {
        return "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + question + "\"}]" + more + "}";
    }

    private static HttpRequest.Builder request(String path, String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(gateway.uri(path))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        return headers.length == 0 ? request : request.headers(headers);
    }

    private static HttpResponse<String> ask(String path, String body, String... headers) {
        return gateway.send(request(path + "/v1/chat/completions", body, headers));
    }

    private static HttpResponse<String> ask(String question) {
        return ask("", chat(question, ""));
    }

    private static String cache(HttpResponse<?> answer) {
        return answer.headers().firstValue("x-sluice-cache").orElse("");
    }

    private static JsonNode shown(String route) {
        try {
            return MAPPER.readTree(
                    gateway.admin("/api/v1/filters/" + route + "/cache/answers").body());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static HttpResponse<String> purge(String route, String body) {
        URI uri = gateway.adminUri("/api/v1/filters/" + route + "/cache/purge");
        return gateway.send(HttpRequest.newBuilder(uri)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    private static double metric(String line) {
        return gateway.admin("/metrics")
                .body()
                .lines()
                .filter(text -> text.startsWith(line))
                .mapToDouble(text -> Double.parseDouble(text.substring(text.lastIndexOf(' '))))
                .sum();
    }

    @Test
    void theSameRequestHasTheSameAnswer() {
        HttpResponse<String> live = ask("same");
        HttpResponse<String> again = ask("same");
        assertThat(live.statusCode()).isEqualTo(200);
        assertThat(cache(live)).isEqualTo("miss");
        assertThat(live.headers().firstValue("age")).isEmpty();
        assertThat(cache(again)).isEqualTo("hit");
        assertThat(again.headers().firstValueAsLong("age").orElse(-1)).isNotNegative();
        assertThat(again.headers().firstValue("content-type")).contains("application/json");
        assertThat(again.body()).isEqualTo(live.body());
        assertThat(upstream.count("same")).isEqualTo(1);

        String shuffled =
                "{ \"messages\": [ {\"content\": [{\"type\":\"text\",\"text\":\"same\"}], \"role\": \"user\"} ],"
                        + " \"user\": \"somebody\", \"model\": \"m\" }";
        assertThat(cache(ask("", shuffled))).isEqualTo("hit");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ",\"temperature\":0.1",
                ",\"seed\":1",
                ",\"max_tokens\":5",
                ",\"response_format\":{\"type\":\"json_object\"}",
                ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]",
                ",\"stop\":[\"x\"]",
                ",\"n\":2",
                ",\"unknown_field\":1"
            })
    void anotherRequestHasAnotherAnswer(String more) {
        String body = chat("other", more);
        HttpResponse<String> plain = ask("other");
        HttpResponse<String> other = ask("", body);
        assertThat(cache(other)).isEqualTo("miss");
        assertThat(other.body()).isNotEqualTo(plain.body());
        assertThat(cache(ask("", body))).isEqualTo("hit");
    }

    @Test
    void anotherModelOrSystemTextHasAnotherAnswer() {
        String body = chat("models", "");
        String system = body.replace("[{", "[{\"role\":\"system\",\"content\":\"Be brief.\"},{");
        ask("", body);
        assertThat(cache(ask("", body.replace("\"m\"", "\"m2\"")))).isEqualTo("miss");
        assertThat(cache(ask("", system))).isEqualTo("miss");
        assertThat(cache(ask("", system))).isEqualTo("hit");
        assertThat(cache(ask("", system.replace("brief", "long")))).isEqualTo("miss");
        assertThat(cache(ask("", body.replace("\"m\"", "\"mapped-1\"")))).isEqualTo("miss");
        assertThat(cache(ask("", body.replace("\"m\"", "\"mapped-2\""))))
                .as("the model that answers is the same")
                .isEqualTo("hit");
    }

    @ParameterizedTest
    @CsvSource({"false, true", "true, false", "true, true"})
    void eitherModeIsAnsweredFromEither(boolean first, boolean second) throws IOException {
        String question = "modes " + first + second;
        String stream = ",\"stream\":true,\"stream_options\":{\"include_usage\":true}";
        HttpResponse<String> live = ask("", chat(question, first ? stream : ""));
        HttpResponse<String> again = ask("", chat(question, second ? stream : ""));
        assertThat(cache(again)).isEqualTo("hit");
        assertThat(again.headers().firstValue("content-type").orElse(""))
                .startsWith(second ? "text/event-stream" : "application/json");
        assertThat(text(again, second)).isEqualTo(text(live, first)).contains("number", "\"words\" 👋");
        assertThat(again.body()).contains("\"completion_tokens\":5", "\"finish_reason\":\"stop\"");
        assertThat(again.body().endsWith("data: [DONE]\n\n")).isEqualTo(second);
    }

    private static String text(HttpResponse<String> answer, boolean stream) throws IOException {
        if (!stream) {
            return MAPPER.readTree(answer.body())
                    .at("/choices/0/message/content")
                    .asText();
        }
        StringBuilder text = new StringBuilder();
        for (String line : answer.body().split("\n", -1)) {
            if (line.startsWith("data: {")) {
                text.append(MAPPER.readTree(line.substring(6))
                        .at("/choices/0/delta/content")
                        .asText(""));
            }
        }
        return text.toString();
    }

    @Test
    void tokensThatNobodyAskedForAreKnownAllTheSame() {
        HttpResponse<String> live = ask("", chat("usage", ",\"stream\":true"));
        assertThat(live.body()).doesNotContain("usage\":{");
        assertThat(ask("usage").body()).contains("\"completion_tokens\":5");
        assertThat(ask("", chat("usage", ",\"stream\":true")).body()).doesNotContain("usage\":{");
    }

    @Test
    void consumersNeverSeeEachOthersAnswers() {
        String[] alice = {"authorization", "Bearer key-alice"};
        String[] bob = {"authorization", "Bearer key-bob"};
        for (String path : List.of("/keyed", "/shared")) {
            String body = chat("private " + path, "");
            HttpResponse<String> hers = ask(path, body, alice);
            HttpResponse<String> his = ask(path, body, bob);
            assertThat(cache(his)).isEqualTo(path.equals("/shared") ? "hit" : "miss");
            assertThat(his.body().equals(hers.body())).isEqualTo(path.equals("/shared"));
            assertThat(cache(ask(path, body, alice))).isEqualTo("hit");
        }
    }

    @Test
    void callersWhomNobodyHasNamedAreToldApartByTheirCredentials() {
        String body = chat("strangers", "");
        ask("", body, "authorization", "Bearer one");
        assertThat(cache(ask("", body, "authorization", "Bearer two"))).isEqualTo("miss");
        assertThat(cache(ask("", body, "x-api-key", "one"))).isEqualTo("miss");
        assertThat(cache(ask("", body))).isEqualTo("miss");
        assertThat(cache(ask("", body, "authorization", "Bearer one"))).isEqualTo("hit");
    }

    @Test
    void whatIsNotWholeAndGoodIsNeverStored() {
        upstream.when("filtered", r -> Upstream.json("I cannot", "content_filter"));
        upstream.when("odd ending", r -> Upstream.json("Hm", "because"));
        upstream.when(
                "no ending",
                r -> Answer.json(
                        200, "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hm\"}}]}"));
        upstream.when("half filtered", r -> Answer.json(200, """
                {"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"},
                {"index":1,"message":{"content":"b"},"finish_reason":"content_filter"}]}"""));
        upstream.when("bad", r -> Answer.json(400, "{\"error\":{\"message\":\"bad\"}}"));
        upstream.when("broken", r -> Answer.json(500, "{\"error\":{\"message\":\"broken\"}}"));
        upstream.when("error inside", r -> Answer.json(200, "{\"error\":{\"message\":\"no\"}}"));
        upstream.when(
                "created",
                r -> Answer.json(201, "{\"choices\":[{\"message\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}"));
        for (String question : List.of(
                "filtered", "odd ending", "no ending", "half filtered", "bad", "broken", "error inside", "created")) {
            ask(question);
            long before = upstream.count("\"" + question + "\"");
            assertThat(cache(ask(question))).as(question).isEqualTo("miss");
            assertThat(upstream.count("\"" + question + "\"")).as(question).isGreaterThan(before);
        }
        assertThat(metric("sluice_cache_not_stored_total{reason=\"filtered\",route=\"plain\"}"))
                .isGreaterThanOrEqualTo(4);
    }

    @Test
    void whatWasCutIsNeverStored() {
        upstream.when(
                "cut off",
                r -> Answer.stream()
                        .event("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Half\"}}]}")
                        .cut());
        String body = chat("cut off", ",\"stream\":true");
        for (int i = 1; i <= 2; i++) {
            CompletableFuture<HttpResponse<String>> cut =
                    CLIENT.sendAsync(request("/v1/chat/completions", body).build(), BodyHandlers.ofString());
            assertThat(cut).failsWithin(PATIENCE);
        }
        assertThat(upstream.count("cut off")).isGreaterThanOrEqualTo(2);
    }

    @Test
    void anAnswerThatEndsForItsLengthOrForToolsIsWhole() {
        upstream.when("too long", r -> Upstream.json("And so", "length"));
        upstream.when("tool use", r -> Answer.json(200, """
                {"choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function",
                "function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}"""));
        for (String question : List.of("too long", "tool use")) {
            ask(question);
            assertThat(cache(ask(question))).as(question).isEqualTo("hit");
        }
    }

    @Test
    void anotherFiltersWordsAreNotTheModels() {
        String body = chat("refuse me", "");
        assertThat(ask("/refused", body).body()).contains("I would rather not.");
        assertThat(cache(ask("/refused", body))).isEqualTo("miss");
    }

    @Test
    void anAnswerOfAFallbackIsNotThatOfTheModel() {
        String body = chat("fall", "");
        HttpResponse<String> answer = ask("/fallen", body);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("x-sluice-fallback-level")).contains("1");
        assertThat(cache(ask("/fallen", body))).isEqualTo("miss");
        assertThat(metric("sluice_cache_not_stored_total{reason=\"fallback\",route=\"fallen\"}"))
                .isPositive();
    }

    @Test
    void callersSayWhatTheyWantOfIt() {
        String body = chat("control", "");
        HttpResponse<String> first = ask("", body, "cache-control", "no-store");
        assertThat(cache(first)).isEqualTo("skip");
        assertThat(cache(ask("", body, "x-higress-skip-ai-cache", "on"))).isEqualTo("skip");
        assertThat(cache(ask("", body, "cache-control", "max-age=5, no-cache"))).isEqualTo("miss");
        HttpResponse<String> stored = ask("", body);
        assertThat(cache(stored)).isEqualTo("hit");
        HttpResponse<String> newer = ask("", body, "cache-control", "no-cache");
        assertThat(cache(newer)).isEqualTo("miss");
        assertThat(newer.body()).isNotEqualTo(stored.body());
        assertThat(ask("", body).body()).isEqualTo(newer.body());
        assertThat(cache(ask("", body, "cache-control", "max-age=3600"))).isEqualTo("hit");
        assertThat(cache(ask("", body, "cache-control", "max-age=0"))).isEqualTo("miss");
    }

    @Test
    void whatIsNoChatPasses() {
        upstream.when("embed me", r -> Answer.json(200, "{\"data\":[]}"));
        HttpRequest.Builder embeddings = request("/v1/embeddings", "{\"model\":\"m\",\"input\":\"embed me\"}");
        assertThat(cache(gateway.send(embeddings))).isEqualTo("skip");
        assertThat(cache(ask("", "{\"model\":\"m\"}"))).isEqualTo("skip");
        String never = chat("never", "");
        ask("/never", never);
        assertThat(cache(ask("/never", never))).isEqualTo("skip");
    }

    private static List<CompletableFuture<HttpResponse<String>>> many(int count, String path, String body) {
        HttpRequest request = request(path + "/v1/chat/completions", body).build();
        return IntStream.range(0, count)
                .mapToObj(i -> CLIENT.sendAsync(request, BodyHandlers.ofString()))
                .toList();
    }

    private static void awaitWaiting(String route, int count) {
        await().atMost(PATIENCE).until(() -> shown(route).path("waiting").asInt() == count);
    }

    private static Answer saysAfter(CompletableFuture<Void> go, String text) {
        return jsonAfter(
                go,
                200,
                "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"" + text + "\"},\"finish_reason\":\"stop\"}]}");
    }

    private static Answer jsonAfter(CompletableFuture<Void> go, int status, String json) {
        return Answer.status(status)
                .header("content-type", "application/json")
                .await(go)
                .chunk(json)
                .end();
    }

    @Test
    void fiveHundredIdenticalMissesMakeOneCall() {
        CompletableFuture<Void> go = new CompletableFuture<>();
        upstream.when("flock", r -> saysAfter(go, "One"));
        var all = many(500, "", chat("flock", ""));
        awaitWaiting("plain", 499);
        go.complete(null);
        assertThat(all).allSatisfy(one -> {
            assertThat(one).succeedsWithin(PATIENCE);
            assertThat(one.join().body()).contains("One");
        });
        assertThat(all.stream().filter(one -> cache(one.join()).equals("hit"))).hasSize(499);
        assertThat(upstream.count("flock")).isEqualTo(1);
        awaitWaiting("plain", 0);
    }

    @Test
    void whereTheFirstLeavesTheNextTakesItsPlace() {
        CompletableFuture<Void> go = new CompletableFuture<>();
        upstream.when("leaving", r -> saysAfter(go, "One"));
        var leader = many(1, "", chat("leaving", "")).get(0);
        await().atMost(PATIENCE).until(() -> upstream.count("leaving") == 1);
        var others = many(3, "", chat("leaving", ""));
        awaitWaiting("plain", 3);
        leader.cancel(true);
        await().atMost(PATIENCE).until(() -> upstream.count("leaving") == 2);
        go.complete(null);
        assertThat(others).allSatisfy(one -> assertThat(one).succeedsWithin(PATIENCE));
        assertThat(upstream.count("leaving")).isEqualTo(2);
    }

    @Test
    void whereTheFirstsStreamBreaksTheNextTakesItsPlace() {
        CompletableFuture<Void> go = new CompletableFuture<>();
        upstream.when(
                "breaking",
                r -> upstream.count("breaking") == 1
                        ? Answer.stream()
                                .event("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Half\"}}]}")
                                .await(go)
                                .cut()
                        : Upstream.stream("Whole again"));
        String body = chat("breaking", ",\"stream\":true");
        var leader = many(1, "", body).get(0);
        await().atMost(PATIENCE).until(() -> upstream.count("breaking") == 1);
        var others = many(3, "", body);
        awaitWaiting("plain", 3);
        go.complete(null);
        assertThat(leader).failsWithin(PATIENCE);
        assertThat(others).allSatisfy(one -> {
            assertThat(one).succeedsWithin(PATIENCE);
            assertThat(one.join().statusCode()).isEqualTo(200);
        });
        assertThat(upstream.count("breaking")).isEqualTo(2);
    }

    @Test
    void whereTheFirstFailsForGoodAllGoTheirOwnWay() {
        CompletableFuture<Void> go = new CompletableFuture<>();
        upstream.when("hopeless", r -> jsonAfter(go, 400, "{\"error\":{\"message\":\"no\"}}"));
        var all = many(4, "", chat("hopeless", ""));
        awaitWaiting("plain", 3);
        go.complete(null);
        assertThat(all).allSatisfy(one -> {
            assertThat(one).succeedsWithin(PATIENCE);
            assertThat(one.join().statusCode()).isEqualTo(400);
        });
        assertThat(metric("sluice_cache_waits_total{end=\"alone\",route=\"plain\"}"))
                .isGreaterThanOrEqualTo(3);
    }

    @Test
    void whereTheFirstHangsTheOthersGoAloneInTime() {
        upstream.when(
                "hanging",
                r -> upstream.count("hanging") == 1 ? Answer.status(200).silence() : Upstream.json("At last", "stop"));
        String body = chat("hanging", "");
        var leader = many(1, "/hasty", body).get(0);
        await().atMost(PATIENCE).until(() -> upstream.count("hanging") == 1);
        assertThat(ask("/hasty", body).body())
                .as("it waits longer than one stage may be pending")
                .contains("At last");
        assertThat(cache(ask("/hasty", body))).isEqualTo("hit");
        leader.cancel(true);
    }

    @Test
    void anOldAnswerIsGivenWhileOneRequestFetchesAnother() {
        String body = chat("old", "");
        HttpResponse<String> first = ask("/brief", body);
        CompletableFuture<Void> go = new CompletableFuture<>();
        upstream.when("\"old\"", r -> saysAfter(go, "New"));
        var refresher = many(1, "/brief", body).get(0);
        await().atMost(PATIENCE).until(() -> upstream.count("\"old\"") == 2);
        HttpResponse<String> stale = ask("/brief", body);
        assertThat(cache(stale)).isEqualTo("stale");
        assertThat(stale.body()).isEqualTo(first.body());
        go.complete(null);
        assertThat(cache(refresher.join())).isEqualTo("refresh");
        assertThat(refresher.join().body()).contains("New");
        assertThat(upstream.count("\"old\"")).isEqualTo(2);
    }

    @Test
    void whereFetchingFailsTheOldAnswerWillDo() {
        String body = chat("reserve", "");
        HttpResponse<String> first = ask("/brief", body);
        upstream.when("reserve", r -> Answer.json(500, "{\"error\":{\"message\":\"down\"}}"));
        HttpResponse<String> stale = ask("/brief", body);
        assertThat(stale.statusCode()).isEqualTo(200);
        assertThat(cache(stale)).isEqualTo("stale");
        assertThat(stale.body()).isEqualTo(first.body());
        assertThat(ask("/brief", body, "cache-control", "no-cache").statusCode())
                .as("a caller who wants no old answer gets none")
                .isEqualTo(500);
    }

    @Test
    void anAnswerMayBeTooLarge() {
        String large = "word ".repeat(2_000_000);
        upstream.when(
                "too large",
                r -> r.text().contains("\"stream\":true")
                        ? Upstream.stream("w".repeat(300) + " " + "w".repeat(300) + " " + "w".repeat(600))
                        : Upstream.json(large, "stop"));
        assertThat(ask("/small", chat("too large", "")).body()).hasSizeGreaterThan(10_000_000);
        assertThat(cache(ask("/small", chat("too large", ",\"stream\":true")))).isEqualTo("miss");
        assertThat(cache(ask("/small", chat("too large", ",\"stream\":true")))).isEqualTo("miss");
        assertThat(metric("sluice_cache_not_stored_total{reason=\"too_large\",route=\"small\"}"))
                .isEqualTo(3);
        assertThat(shown("small").path("entries").asInt()).isZero();
    }

    @Test
    void answersArePurged() {
        String[] alice = {"authorization", "Bearer key-alice"};
        String[] bob = {"authorization", "Bearer key-bob"};
        String body = chat("purge", "");
        String other = body.replace("\"m\"", "\"m9\"");
        Runnable fill = () -> {
            ask("/keyed", body, alice);
            ask("/keyed", body, bob);
            ask("/keyed", other, bob);
        };
        fill.run();
        assertThat(purge("keyed", "{\"consumer\":\"alice\"}").body()).contains("\"dropped\" : 1");
        assertThat(cache(ask("/keyed", body, bob))).isEqualTo("hit");
        assertThat(cache(ask("/keyed", body, alice))).isEqualTo("miss");
        purge("keyed", "{\"model\":\"m9\"}");
        assertThat(cache(ask("/keyed", body, alice))).isEqualTo("hit");
        assertThat(cache(ask("/keyed", other, bob))).isEqualTo("miss");
        purge("keyed", "{}");
        assertThat(cache(ask("/keyed", body, alice))).isEqualTo("miss");
        assertThat(purge("keyed", "{\"whom\":\"x\"}").body())
                .contains("unknown field 'whom'; known are route, model, consumer, key");
        assertThat(purge("keyed", "{\"model\":\"\"}").body()).contains("'model' must be a text");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aHitIsFreeForTheLimiterAndSaysSoInTheLog(boolean stream) throws IOException {
        String body = chat("free " + stream, stream ? ",\"stream\":true" : "");
        try (AccessLines log = new AccessLines()) {
            long before = used();
            double hits = metric("sluice_cache_lookups_total{result=\"hit\",route=\"limited\"}");
            double saved = metric("sluice_cache_saved_tokens_total{route=\"limited\",type=\"input\"}");
            ask("/limited", body);
            await().atMost(PATIENCE).until(() -> used() == before + 15);
            JsonNode live = lines(log, "limited", 1).get(0).path("ai_log");
            assertThat(live.path("cache_status").asText()).isEqualTo("miss");
            assertThat(live.path("input_tokens").asInt()).isEqualTo(10);
            assertThat(live.has("cache_saved_tokens")).isFalse();

            assertThat(cache(ask("/limited", body))).isEqualTo("hit");
            JsonNode line = lines(log, "limited", 2).get(1);
            assertThat(line.path("tries").asInt()).isZero();
            JsonNode hit = line.path("ai_log");
            assertThat(hit.path("cache_status").asText()).isEqualTo("hit");
            assertThat(hit.path("cache_key").asText())
                    .hasSize(64)
                    .isEqualTo(live.path("cache_key").asText());
            assertThat(hit.path("cache_saved_tokens").asInt()).isEqualTo(15);
            assertThat(hit.path("cache_age").isIntegralNumber()).isTrue();
            assertThat(hit.has("input_tokens")).as("%s", hit).isFalse();
            assertThat(used()).isEqualTo(before + 15);
            assertThat(metric("sluice_cache_lookups_total{result=\"hit\",route=\"limited\"}"))
                    .isEqualTo(hits + 1);
            assertThat(metric("sluice_cache_saved_tokens_total{route=\"limited\",type=\"input\"}"))
                    .isEqualTo(saved + 10);
        }
        await().atMost(PATIENCE)
                .until(() -> gateway.admin("/metrics")
                        .body()
                        .lines()
                        .anyMatch(line -> line.startsWith("sluice_ai_cache_total{")
                                && line.contains("result=\"hit\"")
                                && line.contains("route=\"limited\"")));
    }

    private static List<JsonNode> lines(AccessLines log, String route, int count) {
        return await().atMost(PATIENCE)
                .until(
                        () -> log.lines().stream()
                                .filter(line -> line.path("route").asText().equals(route))
                                .toList(),
                        found -> found.size() == count);
    }

    private static long used() throws IOException {
        long sum = 0;
        for (JsonNode limit : MAPPER.readTree(
                gateway.admin("/api/v1/filters/limited/token-ratelimit/limits").body())) {
            if (limit.path("reserved").asLong() > 0) {
                return -1;
            }
            sum += limit.path("used").asLong();
        }
        return sum;
    }

    @Test
    void savedMoneyIsCounted() {
        double before = metric("sluice_cache_saved_cost_total{currency=\"USD\",route=\"plain\"}");
        ask("costly");
        ask("costly");
        await().atMost(PATIENCE)
                .until(() -> metric("sluice_cache_saved_cost_total{currency=\"USD\",route=\"plain\"}") - before
                        >= (10 * 100 + 5 * 1000) / 1e6 - 1e-9);
    }

    @Test
    void higressLastQuestionMayComeInAnotherConversation() {
        String alone = chat("last question", "");
        String later = alone.replace(
                "[{", "[{\"role\":\"user\",\"content\":\"Hi\"},{\"role\":\"assistant\",\"content\":\"Hello\"},{");
        ask("/questions", alone);
        assertThat(cache(ask("/questions", later))).isEqualTo("hit");
        assertThat(cache(ask("/questions", later.replace("\"m\"", "\"m2\"")))).isEqualTo("miss");
        String toolResult = alone.replace("}]}", "},{\"role\":\"tool\",\"tool_call_id\":\"a\",\"content\":\"7\"}]}");
        assertThat(cache(ask("/questions", toolResult))).isEqualTo("skip");
    }
}
