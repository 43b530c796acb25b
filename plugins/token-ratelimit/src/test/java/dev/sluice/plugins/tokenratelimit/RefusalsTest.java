package dev.sluice.plugins.tokenratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.api.Filter;
import dev.sluice.api.Key;
import dev.sluice.api.RequestHead;
import dev.sluice.api.Step;
import dev.sluice.testkit.Answer;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several rules at work together, and what callers of both dialects get. */
@Timeout(60)
final class RefusalsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String OPENAI = "/v1/chat/completions";
    private static final String ANTHROPIC = "/v1/messages";
    private static final String STREAMED = Fleet.CHAT.replace("{\"model\"", "{\"stream\":true,\"model\"");

    private final Fleet fleet = new Fleet();

    @AfterEach
    void close() throws Exception {
        fleet.close();
    }

    private void start(String filters) {
        fleet.filter("who", exchange -> new Filter() {
            @Override
            public Step onRequest(RequestHead head) {
                exchange.put(Key.CONSUMER, String.valueOf(head.headers().get("x-user")));
                return Step.next();
            }
        });
        fleet.start(1, null, "who: {}, " + filters);
    }

    private HttpResponse<String> post(String path, String body, String... headers) {
        HttpRequest.Builder request = fleet.request(0, path, body);
        return fleet.gateway().send(headers.length == 0 ? request : request.headers(headers));
    }

    private void settled(String rule, long used) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(fleet.shown(rule, "used")).as(rule).isEqualTo(used);
            assertThat(fleet.shown(rule, "reserved")).as(rule).isZero();
        });
    }

    @Test
    void aRefusalByOneRuleGivesBackWhatTheOthersTook() {
        start("""
                token-ratelimit: { rules: [
                  { name: user, by: [consumer], tokens: 100, window: 1h },
                  { name: tenant, by: ["header:x-tenant"], requests: 100, concurrency: 100, window: 1h },
                  { name: route, by: [route], tokens: 30, window: 1h },
                  { name: model, by: [model], tokens: 1000, window: 1h } ] }""");
        assertThat(post(OPENAI, Fleet.CHAT, "x-user", "a", "x-tenant", "t").statusCode())
                .isEqualTo(200);
        settled("route", 15);
        assertThat(post(OPENAI, Fleet.CHAT, "x-user", "b", "x-tenant", "t").statusCode())
                .isEqualTo(200);
        settled("route", 30);
        for (int i = 0; i < 10; i++) {
            HttpResponse<String> refused = post(OPENAI, Fleet.CHAT, "x-user", "a", "x-tenant", "t");
            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(refused.body()).contains("the limit 'route' of 30 tokens in 1h is used up");
        }
        settled("user", 30);
        settled("tenant", 2);
        settled("model", 30);
        assertThat(fleet.upstream().requests()).hasSize(2);
    }

    @Test
    void aFallbackIsJudgedByItsOwnModelsRule() {
        fleet.upstream().always(request -> Fleet.answer(request.path().startsWith("/q/") ? 1 : 10, 5));
        start("""
                token-ratelimit: { rules: [
                  { name: big, match: { model: [m] }, tokens: 15, window: 1h },
                  { name: little, match: { model: [small] }, tokens: 20, window: 1h },
                  { name: all, tokens: 1000, window: 1h } ] },
                model-fallback: { retries: 0, maxWait: 1ms, health: { consecutive: 0, minRequests: 100000 },
                  targets: [ { provider: p }, { provider: q, model: small } ] }""");
        assertThat(post(OPENAI, Fleet.CHAT).statusCode()).isEqualTo(200);
        settled("big", 15);
        // The first model's limit is used up: the try fails before anything is sent, and the second model's own rule
        // counts.
        assertThat(post(OPENAI, Fleet.CHAT).statusCode()).isEqualTo(200);
        settled("little", 6);
        settled("big", 15);
        settled("all", 21);
        assertThat(post(OPENAI, Fleet.CHAT).statusCode()).isEqualTo(200);
        settled("little", 12);
        HttpResponse<String> refused = post(OPENAI, Fleet.CHAT);
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.body()).contains("rate_limited", "the limit 'big'");
        settled("all", 27);
        assertThat(fleet.upstream().requests()).hasSize(3);
    }

    @Test
    void aShadowCountsAndRefusesNobody() {
        start("token-ratelimit: { rules: [ { name: quiet, tokens: 20, window: 1h, shadow: true } ] }");
        for (int i = 1; i <= 4; i++) {
            assertThat(post(i % 2 == 0 ? OPENAI : ANTHROPIC, Fleet.CHAT).statusCode())
                    .isEqualTo(200);
            settled("quiet", 15L * i);
        }
        String metrics = fleet.gateway().admin("/metrics").body();
        assertThat(metrics).containsPattern("sluice_token_ratelimit_total\\{[^}]*result=\"shadowed\"[^}]*\\} 3.0");
        assertThat(metrics).doesNotContain("result=\"refused\"");
    }

    @Test
    void tokensCountByTheirWeights() {
        fleet.upstream()
                .always(request -> Answer.json(
                        200,
                        "{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hi\"},"
                                + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":10,"
                                + "\"prompt_tokens_details\":{\"cached_tokens\":60}}}"));
        start("""
                token-ratelimit: { rules: [
                  { name: weighed, tokens: 10000, window: 1h, weights: { input: 2, output: 5, cachedInput: 0.5 } },
                  { name: plain, tokens: 10000, window: 1h, weights: { input: 3, output: 1 } } ] }""");
        assertThat(post(OPENAI, Fleet.CHAT).statusCode()).isEqualTo(200);
        settled("weighed", 40 * 2 + 60 / 2 + 10 * 5);
        settled("plain", 100 * 3 + 10);
    }

    @ParameterizedTest
    @ValueSource(strings = {OPENAI, ANTHROPIC})
    void oneMoreThanMayBeAtOnceIsRefused(String path) throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        fleet.upstream().next(Answer.status(200).await(go).end());
        start("token-ratelimit: { rules: [ { name: at-once, by: [consumer], concurrency: 1 } ] }");
        CompletableFuture<HttpResponse<String>> first = fleet.send(0);
        fleet.upstream().awaitRequest(1, PATIENCE);
        HttpResponse<String> refused = post(path, Fleet.CHAT);
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.body())
                .contains("rate_limited", "the limit 'at-once' of 1 requests at once is reached: wait for one to end");
        assertThat(post(path, Fleet.CHAT, "x-user", "other").statusCode()).isEqualTo(200);
        go.complete(null);
        var unused = first.handle((answer, error) -> true).join();
        await().atMost(PATIENCE).until(() -> post(path, Fleet.CHAT).statusCode() == 200);
    }

    @ParameterizedTest
    @ValueSource(strings = {OPENAI, ANTHROPIC})
    void aStreamWhoseLimitIsUsedUpFinishesUnlessToldOtherwise(String path) {
        fleet.upstream().always(request -> {
            Answer answer = Answer.stream();
            for (int i = 0; i < 100; i++) {
                answer = answer.event("{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" word\"}}]}");
            }
            return answer.event("{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}")
                    .event("{\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":100}}")
                    .event("[DONE]")
                    .end();
        });
        start("token-ratelimit: { rules: [ { name: small, tokens: 50, window: 1h } ] }");
        HttpResponse<String> answer = post(path, STREAMED);
        assertThat(answer.body().split(" word", -1)).hasSize(101);
        assertThat(answer.body()).contains(path.equals(OPENAI) ? "[DONE]" : "message_stop");
        settled("small", 105);
        HttpResponse<String> refused = post(path, STREAMED);
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.body()).contains("rate_limited");
    }

    @Test
    void aRefusalAsAnAnswerIsInTheCallersDialectAndMode() {
        start(
                "token-ratelimit: { rejectAs: chat, message: Come back later., rules: [ { name: calls, requests: 1, window: 1h } ] }");
        assertThat(post(OPENAI, Fleet.CHAT).statusCode()).isEqualTo(200);
        for (String path : List.of(OPENAI, ANTHROPIC)) {
            for (String body : List.of(Fleet.CHAT, STREAMED)) {
                HttpResponse<String> answer = post(path, body);
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.body()).contains("Come back later.");
                boolean isStream = body.equals(STREAMED);
                assertThat(answer.headers().firstValue("content-type").orElse(""))
                        .startsWith(isStream ? "text/event-stream" : "application/json");
                assertThat(answer.body())
                        .contains(
                                path.equals(OPENAI)
                                        ? isStream ? "[DONE]" : "\"choices\""
                                        : isStream ? "message_stop" : "\"type\":\"message\"");
                assertThat(answer.headers().firstValue("retry-after")).isPresent();
            }
        }
        assertThat(fleet.upstream().requests()).hasSize(1);
    }
}
