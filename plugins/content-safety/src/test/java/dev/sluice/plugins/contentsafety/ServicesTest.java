package dev.sluice.plugins.contentsafety;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** OpenAI's moderations and a judge over sockets, both ways: what they say, and what it means that they say nothing. */
final class ServicesTest {
    private static final String TEXT = "quite something";

    private static BrokenUpstream upstream;
    private static BrokenUpstream service;
    private static TestGateway gateway;

    @BeforeAll
    static void start() throws IOException {
        upstream = BrokenUpstream.start();
        service = BrokenUpstream.start();
        StringBuilder routes = new StringBuilder();
        for (String engine : List.of("openai", "judge")) {
            String config = engine.equals("openai")
                    ? "openai: { apiKey: sk-m, url: '%s/v1/moderations' }".formatted(service.uri())
                    : "judge: { provider: j, model: wise }";
            for (String direction : List.of("request", "response")) {
                for (String decision : List.of("block", "allow")) {
                    // Nothing but silence is asked for behind the hasty ones.
                    for (String timeout : List.of("20s", "200ms")) {
                        String name = String.join("-", engine, direction, decision, timeout);
                        routes.append("""
                                  - name: %s
                                    match: { path: "/%s/v1/**" }
                                    filters:
                                      - content-safety:
                                          engines: [{ directions: [%s], %s }]
                                          %s: { onEngineFailure: %s, timeout: %s }
                                      - ai-proxy: { provider: p }
                                """.formatted(name, name, direction, config, direction, decision, timeout));
                    }
                }
            }
        }
        gateway = TestGateway.with(new ContentSafety(), new AiProxy())
                .config("""
                        providers:
                          p: { type: openai, baseUrl: "%s", apiTokens: [k] }
                          j: { type: openai, baseUrl: "%s", apiTokens: [k] }
                        routes:
                        """.formatted(upstream.uri(), service.uri()) + routes)
                .start();
    }

    @AfterAll
    static void close() throws Exception {
        gateway.close();
        upstream.close();
        service.close();
    }

    @BeforeEach
    void answerAsAModel() {
        upstream.always(request -> request.json().path("stream").asBoolean() ? stream() : whole(TEXT));
    }

    private static Answer whole(String text) {
        return Answer.json(
                200,
                "{\"id\":\"c\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":"
                        + "{\"role\":\"assistant\",\"content\":\"" + text + "\"},\"finish_reason\":\"stop\"}]}");
    }

    private static Answer stream() {
        Answer answer = Answer.stream();
        for (String piece : TEXT.split("(?<= )", -1)) {
            answer = answer.event(
                    "{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + piece + "\"}}]}");
        }
        return answer.event("{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}")
                .event("[DONE]")
                .end();
    }

    private static Answer verdict(String engine, boolean bad) {
        return engine.equals("openai")
                ? Answer.json(
                        200,
                        ("{\"results\":[{\"flagged\":%s,\"categories\":{\"violence\":%s},"
                                        + "\"category_scores\":{\"violence\":0.5}}]}")
                                .formatted(bad, bad))
                : whole(
                        bad
                                ? "{\\\"risk\\\":\\\"violence\\\",\\\"level\\\":\\\"high\\\"}"
                                : "{\\\"level\\\":\\\"none\\\"}");
    }

    private static HttpResponse<String> ask(String route, boolean stream) {
        return gateway.post(
                "/" + route + "/v1/chat/completions",
                "{\"model\":\"m\",\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
                        .formatted(stream, TEXT));
    }

    private static void assertPasses(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).contains("something").doesNotContain("content_filter", "error");
    }

    @ParameterizedTest
    @CsvSource({"openai, request", "openai, response", "judge, request", "judge, response"})
    void whatTheySayCounts(String engine, String direction) {
        String route = String.join("-", engine, direction, "block", "20s");
        int asked = service.requests().size();
        for (boolean stream : new boolean[] {false, true}) {
            service.always(request -> verdict(engine, false));
            assertPasses(ask(route, stream));
            service.always(request -> verdict(engine, true));
            int before = upstream.requests().size();
            HttpResponse<String> refused = ask(route, stream);
            if (direction.equals("request")) {
                assertThat(refused.statusCode()).isEqualTo(400);
                assertThat(refused.body()).contains("content_blocked");
                assertThat(upstream.requests()).hasSize(before);
            } else {
                assertThat(refused.statusCode()).isEqualTo(200);
                assertThat(refused.body()).contains("content_filter").doesNotContain("something");
            }
        }
        var requests = service.requests().subList(asked, service.requests().size());
        assertThat(requests).hasSize(4).allMatch(request -> request.text().contains(TEXT));
        if (engine.equals("openai")) {
            assertThat(requests).allMatch(request -> request.path().equals("/v1/moderations"));
        } else {
            assertThat(requests).allMatch(request -> request.text().contains("\"model\":\"wise\""));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"error", "garbage", "half", "silence"})
    void thatTheyFailBlocksOrMeansNothing(String failure) {
        service.always(request -> switch (failure) {
            case "error" -> Answer.json(500, "{\"error\":{\"message\":\"no\"}}");
            case "garbage" -> Answer.json(200, "<html>");
            case "half" -> Answer.json(200, "{\"results\":[{\"flagged\":true}],\"choices\":[]}");
            default -> Answer.status(200).silence();
        });
        String timeout = failure.equals("silence") ? "200ms" : "20s";
        for (String engine : List.of("openai", "judge")) {
            for (String direction : List.of("request", "response")) {
                boolean stream = failure.equals("error");
                assertPasses(ask(String.join("-", engine, direction, "allow", timeout), stream));
                String blocks = String.join("-", engine, direction, "block", timeout);
                HttpResponse<String> refused = ask(blocks, stream);
                assertThat(refused.body()).as(blocks).contains("check_failed").doesNotContain("something");
                assertThat(refused.statusCode()).as(blocks).isEqualTo(503);
                assertThat(gateway.admin("/metrics").body())
                        .contains("sluice_content_safety_engine_failures_total{decision=\"block\",direction=\""
                                + direction + "\",engine=\"" + engine + "\",route=\"" + blocks + "\"}");
            }
        }
    }
}
