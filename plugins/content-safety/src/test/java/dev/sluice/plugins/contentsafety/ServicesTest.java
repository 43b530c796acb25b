package dev.sluice.plugins.contentsafety;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.client.WireMock;
import com.github.tomakehurst.wiremock.http.Fault;
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
    private static final String GOOD = "quite something";
    private static final String BAD = "something awful";

    private static BrokenUpstream upstream;
    private static Services services;
    private static TestGateway gateway;

    @BeforeAll
    static void start() throws IOException {
        upstream = BrokenUpstream.start();
        services = new Services();
        StringBuilder routes = new StringBuilder();
        for (String engine : List.of("openai", "judge")) {
            String config = engine.equals("openai")
                    ? "openai: { apiKey: sk-m, url: '%s/v1/moderations' }".formatted(services.url())
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
                        """.formatted(upstream.uri(), services.url()) + routes)
                .start();
    }

    @AfterAll
    static void close() throws Exception {
        gateway.close();
        upstream.close();
        services.close();
    }

    @BeforeEach
    void answerAsAModel() {
        services.instead(null);
        // It says what it is told.
        upstream.always(request -> {
            String told = request.json().at("/messages/0/content").asText();
            return request.json().path("stream").asBoolean() ? stream(told) : whole(told);
        });
    }

    private static Answer whole(String text) {
        return Answer.json(
                200,
                "{\"id\":\"c\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":"
                        + "{\"role\":\"assistant\",\"content\":\"" + text + "\"},\"finish_reason\":\"stop\"}]}");
    }

    private static Answer stream(String text) {
        Answer answer = Answer.stream();
        for (String piece : text.split("(?<= )", -1)) {
            answer = answer.event(
                    "{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + piece + "\"}}]}");
        }
        return answer.event("{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}")
                .event("[DONE]")
                .end();
    }

    private static HttpResponse<String> ask(String route, boolean stream, String text) {
        return gateway.post(
                "/" + route + "/v1/chat/completions",
                "{\"model\":\"m\",\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
                        .formatted(stream, text));
    }

    private static void assertPasses(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).contains("something").doesNotContain("content_filter", "error");
    }

    @ParameterizedTest
    @CsvSource({"openai, request", "openai, response", "judge, request", "judge, response"})
    void whatTheySayCounts(String engine, String direction) {
        String route = String.join("-", engine, direction, "block", "20s");
        int asked = services.asked().size();
        for (boolean stream : new boolean[] {false, true}) {
            assertPasses(ask(route, stream, GOOD));
            int before = upstream.requests().size();
            HttpResponse<String> refused = ask(route, stream, BAD);
            if (direction.equals("request")) {
                assertThat(refused.statusCode()).isEqualTo(400);
                assertThat(refused.body()).contains("content_blocked");
                assertThat(upstream.requests()).hasSize(before);
            } else {
                assertThat(refused.statusCode()).isEqualTo(200);
                assertThat(refused.body()).contains("content_filter").doesNotContain("something");
            }
        }
        var requests = services.asked().subList(asked, services.asked().size());
        assertThat(requests).hasSize(4).allMatch(request -> request.text().contains("something"));
        if (engine.equals("openai")) {
            assertThat(requests).allMatch(request -> request.target().equals("/v1/moderations"));
        } else {
            assertThat(requests).allMatch(request -> request.text().contains("\"model\":\"wise\""));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"error", "wrong key", "too many", "garbage", "half", "cut", "reset", "silence"})
    void thatTheyFailBlocksOrMeansNothing(String failure) {
        services.instead(
                switch (failure) {
                    case "error" -> Services.json(500, "{\"error\":{\"message\":\"no\"}}");
                    case "wrong key" -> Services.json(401, "{\"error\":{\"message\":\"Incorrect API key\"}}");
                    case "too many" -> Services.json(429, "{\"error\":{\"message\":\"slow down\"}}");
                    case "garbage" -> Services.json(200, "<html>");
                    case "half" -> Services.json(200, "{\"results\":[{\"flagged\":true}],\"choices\":[]}");
                    case "cut" -> WireMock.aResponse().withFault(Fault.MALFORMED_RESPONSE_CHUNK);
                    case "reset" -> WireMock.aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER);
                    default -> WireMock.ok().withFixedDelay(60_000);
                });
        String timeout = failure.equals("silence") ? "200ms" : "20s";
        for (String engine : List.of("openai", "judge")) {
            for (String direction : List.of("request", "response")) {
                boolean stream = failure.equals("error");
                assertPasses(ask(String.join("-", engine, direction, "allow", timeout), stream, GOOD));
                String blocks = String.join("-", engine, direction, "block", timeout);
                HttpResponse<String> refused = ask(blocks, stream, GOOD);
                assertThat(refused.body()).as(blocks).contains("check_failed").doesNotContain("something");
                assertThat(refused.statusCode()).as(blocks).isEqualTo(503);
                assertThat(gateway.admin("/metrics").body())
                        .contains("sluice_content_safety_engine_failures_total{decision=\"block\",direction=\""
                                + direction + "\",engine=\"" + engine + "\",route=\"" + blocks + "\"}");
            }
        }
    }
}
