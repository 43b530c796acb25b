package dev.sluice.plugins.aiproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A provider of several endpoints, one of which is in trouble. */
class EndpointHealthTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String CHAT = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
    private static final String ANSWER =
            "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hello\"},"
                    + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}";

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final AtomicBoolean ill = new AtomicBoolean();
    private BrokenUpstream first;
    private BrokenUpstream second;
    private TestGateway gateway;

    @BeforeEach
    void start() throws Exception {
        first = BrokenUpstream.start();
        second = BrokenUpstream.start();
        first.always(received -> ill.get() ? Answer.json(503, "{\"error\":{\"message\":\"ill\"}}") : answer());
        second.always(received -> answer());
    }

    private static Answer answer() {
        return Answer.json(200, ANSWER);
    }

    @AfterEach
    void stop() throws Exception {
        gateway.close();
        first.close();
        second.close();
    }

    private String config(String health, String more) {
        return """
                providers:
                  p: { type: openai, endpoints: [ "%s/v1", "%s/v1" ], %s }
                routes:
                  - name: chat
                    %s
                    filters: [ ai-proxy: { provider: p } ]
                """.formatted(first.uri(), second.uri(), health, more);
    }

    private void start(String health) throws Exception {
        gateway = TestGateway.with(new AiProxy())
                .config(config(health, "maxTries: 1"))
                .start();
    }

    private HttpResponse<String> chat() throws Exception {
        return client.send(
                HttpRequest.newBuilder(gateway.uri("/v1/chat/completions"))
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(CHAT))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private JsonNode endpoint(int index) throws Exception {
        String page = gateway.admin("/api/v1/providers").body();
        return MAPPER.readTree(page).path(0).path("endpoints").path(index);
    }

    private int fails(int requests) throws Exception {
        int failed = 0;
        for (int i = 0; i < requests; i++) {
            failed += chat().statusCode() == 200 ? 0 : 1;
        }
        return failed;
    }

    @Test
    void oneThatFailsIsOutUntilItAnswersAgainAndReloadsChangeNothing() throws Exception {
        start("health: { passive: { interval: 30s, minRequests: 3, baseEjection: 500ms, maxEjection: 500ms } }");
        ill.set(true);
        assertThat(fails(6)).isEqualTo(3);
        assertThat(fails(10)).as("all go to the other").isLessThanOrEqualTo(1);
        assertThat(endpoint(0).path("ejections").asInt()).isPositive();
        assertThat(endpoint(1).path("state").asText()).isEqualTo("in");

        gateway.reconfigure(config(
                "health: { passive: { interval: 30s, minRequests: 3, baseEjection: 500ms, maxEjection: 500ms } }",
                "maxTries: 2"));
        assertThat(endpoint(0).path("ejections").asInt()).isPositive();

        ill.set(false);
        await().until(() -> {
            assertThat(chat().statusCode()).isEqualTo(200);
            return endpoint(0).path("state").asText().equals("in");
        });
    }

    @Test
    void withAllOutTheClientIsToldAtOnce() throws Exception {
        start("health: { passive: { interval: 30s, minRequests: 2, baseEjection: 1h } }");
        ill.set(true);
        second.always(received -> Answer.resetBeforeHeaders());
        assertThat(fails(4)).isEqualTo(4);
        int asked = first.requests().size() + second.requests().size();
        HttpResponse<String> refused = chat();
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.body())
                .contains("every endpoint of provider 'p' is out")
                .doesNotContain("127.0.0.1");
        assertThat(first.requests().size() + second.requests().size()).isEqualTo(asked);
        assertThat(endpoint(0).path("state").asText()).isEqualTo("ejected");
        assertThat(endpoint(0).path("ejectedForMillis").asLong()).isPositive();
    }

    @Test
    void withoutAConfigHalfOfThemStayIn() throws Exception {
        start("loadBalance: round-robin");
        ill.set(true);
        second.always(received -> Answer.json(500, "{}"));
        for (int i = 0; i < 40; i++) {
            assertThat(chat().body()).doesNotContain("is out");
        }
        assertThat(endpoint(0).path("state").asText().equals("in")
                        || endpoint(1).path("state").asText().equals("in"))
                .isTrue();
    }

    @Test
    void oneThatDoesNotPassItsChecksIsOut() throws Exception {
        ill.set(true);
        start("health: { active: { path: /health, interval: 50ms, timeout: 5s } }");
        await().until(() -> endpoint(0).path("state").asText().equals("down"));
        assertThat(endpoint(0).path("check").asText()).isEqualTo("it answered with status 503");
        assertThat(first.requests()).allMatch(received -> received.path().equals("/v1/health"));
        assertThat(fails(6)).isZero();

        ill.set(false);
        await().until(() -> endpoint(0).path("state").asText().equals("in"));
        gateway.reconfigure(config("loadBalance: least-request", "maxTries: 1"));
        ill.set(true);
        // Nobody looks any longer, and what was found is forgotten.
        assertThat(endpoint(0).path("state").asText()).isEqualTo("in");
        assertThat(endpoint(0).has("check")).isFalse();
    }
}
