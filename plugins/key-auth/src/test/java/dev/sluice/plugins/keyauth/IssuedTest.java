package dev.sluice.plugins.keyauth;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Consumers that come and go while the gateway runs. */
final class IssuedTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private BrokenUpstream upstream;
    private TestGateway gateway;

    @BeforeEach
    void start() throws IOException {
        upstream = BrokenUpstream.start();
        upstream.always(request -> Answer.json(200, "{}"));
        gateway = TestGateway.with(new KeyAuth()).config(config("")).start();
    }

    @AfterEach
    void close() throws Exception {
        gateway.close();
        upstream.close();
    }

    private String config(String more) {
        return """
                consumers:
                  - { name: alice, credentials: [alice-key-0123456789] }
                routes:
                  - { name: staff, match: { path: "/staff/**" }, upstream: "%s", filters: [ key-auth: { issued: true, allowGroups: [staff] %s } ] }
                  - { name: closed, match: { path: "/closed/**" }, upstream: "%s", filters: [ key-auth: {} ] }
                  - { name: r, upstream: "%s", filters: [ key-auth: { issued: true %s } ] }
                """.formatted(upstream.uri(), more, upstream.uri(), upstream.uri(), more);
    }

    private int call(String path, String key) {
        return gateway.send(HttpRequest.newBuilder(gateway.uri(path)).header("authorization", "Bearer " + key))
                .statusCode();
    }

    private HttpResponse<String> act(String action, String body) {
        return gateway.send(HttpRequest.newBuilder(gateway.adminUri("/api/v1/filters/r/key-auth/" + action))
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    private JsonNode issue(String body) {
        HttpResponse<String> answer = act("issue", body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return json(answer);
    }

    private static JsonNode json(HttpResponse<String> answer) {
        try {
            return JSON.readTree(answer.body());
        } catch (IOException e) {
            throw new AssertionError(answer.body(), e);
        }
    }

    private JsonNode listed() {
        return json(gateway.admin("/api/v1/filters/r/key-auth/issued"));
    }

    @Test
    void aKeyCountsFromItsIssueToItsRevocationOnEveryRoute() {
        JsonNode issued = issue("{\"name\":\"carol\"}");
        String key = issued.path("key").asText();
        assertThat(key).startsWith("sk-sluice-").hasSizeGreaterThan(50);
        for (int i = 0; i < 20; i++) {
            assertThat(call("/", key)).isEqualTo(200);
        }
        assertThat(upstream.requests().get(0).headers().get("x-sluice-consumer"))
                .isEqualTo("carol");
        assertThat(call("/staff/x", key)).as("not in that group").isEqualTo(403);
        assertThat(call("/closed/x", key)).as("issued is off there").isEqualTo(401);
        assertThat(call("/", "alice-key-0123456789")).isEqualTo(200);

        assertThat(json(act("revoke", "{\"id\":\"" + issued.path("id").asText() + "\"}"))
                        .at("/revoked/0")
                        .asText())
                .isEqualTo(issued.path("id").asText());
        for (int i = 0; i < 20; i++) {
            assertThat(call("/", key)).isEqualTo(401);
        }
        assertThat(listed()).isEmpty();
    }

    @Test
    void groupsAndNamesCountAsThoseOfTheConfig() {
        String key =
                issue("{\"name\":\"carol\",\"groups\":[\"staff\"]}").path("key").asText();
        assertThat(call("/staff/x", key)).isEqualTo(200);
        assertThat(gateway.reconfigure(config(", allow: [carol]")).published()).isTrue();
        assertThat(call("/", key)).isEqualTo(200);
        String other = issue("{\"name\":\"dave\"}").path("key").asText();
        assertThat(call("/", other)).isEqualTo(403);
    }

    @Test
    void theListShowsNamesAndNeverKeys() {
        String first =
                issue("{\"name\":\"carol\",\"expiresIn\":\"30d\"}").path("key").asText();
        String second = issue("{\"name\":\"carol\"}").path("key").asText();
        JsonNode listed = listed();
        assertThat(listed).hasSize(2);
        assertThat(listed.at("/0/name").asText()).isEqualTo("carol");
        assertThat(listed.at("/0/expires").asText()).isNotEmpty();
        assertThat(listed.at("/1/issued").asText()).isNotEmpty();
        assertThat(listed.toString()).doesNotContain(first, second, "fingerprint", "sk-sluice");
        assertThat(json(act("revoke", "{\"name\":\"carol\"}")).path("revoked")).hasSize(2);
        assertThat(call("/", first)).isEqualTo(401);
        assertThat(call("/", second)).isEqualTo(401);
    }

    @Test
    void whatIsIssuedOutlivesAReload() {
        String key = issue("{\"name\":\"carol\"}").path("key").asText();
        assertThat(gateway.reconfigure(config(", higressHeaders: true")).published())
                .isTrue();
        assertThat(gateway.reload().published()).isTrue();
        assertThat(call("/", key)).isEqualTo(200);
        assertThat(listed()).hasSize(1);
    }

    @Test
    void aNameThatTheConfigTakesAfterwardsIsNotTheIssuedOnes() {
        String key = issue("{\"name\":\"carol\"}").path("key").asText();
        String taken = config("").replace("name: alice", "name: carol");
        assertThat(gateway.reconfigure(taken).published()).isTrue();
        assertThat(call("/", key)).isEqualTo(401);
    }

    @Test
    void aKeyEndsWhenItsTimeIsOver() {
        String key =
                issue("{\"name\":\"carol\",\"expiresIn\":\"1s\"}").path("key").asText();
        org.awaitility.Awaitility.await()
                .atMost(java.time.Duration.ofSeconds(30))
                .until(() -> call("/", key) == 401 && listed().isEmpty());
    }

    @Test
    void manyAtOnceAreAllIssued() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(8);
        try {
            List<Future<String>> keys = new ArrayList<>();
            for (int i = 0; i < 32; i++) {
                String body = "{\"name\":\"c" + i + "\"}";
                keys.add(pool.submit(() -> issue(body).path("key").asText()));
            }
            for (Future<String> key : keys) {
                assertThat(call("/", key.get())).isEqualTo(200);
            }
        } finally {
            pool.shutdown();
        }
        assertThat(listed()).hasSize(32);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "issue | {} | 'name' must be the consumer's name",
                "issue | {\"name\":7} | 'name' must be the consumer's name",
                "issue | {\"name\":\" x\"} | 'name' must be the consumer's name",
                "issue | {\"name\":\"a\\nb\"} | 'name' must be the consumer's name",
                "issue | {\"name\":\"alice\"} | the config has a consumer 'alice' already",
                "issue | {\"name\":\"x\",\"groups\":\"staff\"} | 'groups' must be a list",
                "issue | {\"name\":\"x\",\"groups\":[1]} | 'groups' must be a list",
                "issue | {\"name\":\"x\",\"expiresIn\":\"soon\"} | 'expiresIn' must be a duration such as",
                "issue | {\"name\":\"x\",\"expiresIn\":\"0s\"} | 'expiresIn' must be a duration such as",
                "issue | {\"name\":\"x\",\"key\":\"mine\"} | 'key' is not known here: expiresIn, groups, name are",
                "issue | [] | the body must be a JSON object",
                "issue | {oops | the body is not JSON",
                "revoke | {} | say which key to revoke",
                "revoke | {\"id\":\"1\",\"name\":\"x\"} | say which key to revoke",
                "revoke | {\"id\":\"1\"} | no key with the id '1' is issued",
                "revoke | {\"name\":\"alice\"} | no key of a consumer 'alice' is issued"
            })
    void whatCannotBeDoneIsRefused(String action, String body, String message) {
        HttpResponse<String> answer = act(action, body);
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(json(answer).at("/error/message").asText()).contains(message);
        assertThat(listed()).isEmpty();
    }

    @Test
    void whereItIsOffThereIsNoSuchAction() {
        HttpResponse<String> answer =
                gateway.send(HttpRequest.newBuilder(gateway.adminUri("/api/v1/filters/closed/key-auth/issue"))
                        .POST(HttpRequest.BodyPublishers.ofString("{\"name\":\"x\"}")));
        assertThat(answer.statusCode()).isEqualTo(404);
    }
}
