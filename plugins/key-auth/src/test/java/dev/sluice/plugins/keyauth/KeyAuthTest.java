package dev.sluice.plugins.keyauth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.Received;
import dev.sluice.testkit.TestGateway;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Over real sockets: who gets through, who does not, and what an upstream learns. */
final class KeyAuthTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CONSUMERS = """
            consumers:
              - { name: alice, credentials: [alice-key-0123456789, alice-new-0123456789], groups: [staff] }
              - { name: bob, credentials: [bob-key-0123456789] }
            """;

    private BrokenUpstream upstream;
    private TestGateway gateway;

    @BeforeEach
    void start() throws IOException {
        upstream = BrokenUpstream.start();
        upstream.always(request -> Answer.json(200, "{}"));
    }

    @AfterEach
    void close() throws Exception {
        if (gateway != null) {
            gateway.close();
        }
        upstream.close();
    }

    private void route(String keyAuth) {
        gateway = TestGateway.with(new KeyAuth())
                .config(CONSUMERS + """
                        routes:
                          - name: open
                            match: { path: "/open/**" }
                            upstream: "%s"
                          - name: r
                            upstream: "%s"
                            filters: [ key-auth: %s ]
                        """.formatted(upstream.uri(), upstream.uri(), keyAuth))
                .start();
    }

    /** Sends a request head as it is; gives status line, head and body as text. */
    private String send(String path, String... headers) throws IOException {
        return raw("GET " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                + String.join("", List.of(headers).stream().map(h -> h + "\r\n").toList()) + "\r\n");
    }

    private String raw(String request) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", gateway.gateway().port())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            socket.getInputStream().transferTo(answer);
            return answer.toString(StandardCharsets.UTF_8);
        }
    }

    private static int status(String answer) {
        return Integer.parseInt(answer.substring(9, 12));
    }

    private static String code(String answer) throws IOException {
        JsonNode tree = JSON.readTree(answer.substring(answer.indexOf("\r\n\r\n")));
        return tree.at("/error/code").asText();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Authorization: Bearer alice-key-0123456789",
                "AUTHORIZATION: bearer   alice-key-0123456789 ",
                "authorization: alice-new-0123456789",
                "X-Api-Key: alice-key-0123456789",
                "apikey: alice-new-0123456789"
            })
    void whoPresentsAKeyIsLetThroughAndTheKeyGoesNoFurther(String header) throws IOException {
        route("{ allow: [alice] }");
        assertThat(status(send("/", header))).isEqualTo(200);
        Received sent = upstream.requests().get(0);
        assertThat(sent.headers().get("x-sluice-consumer")).isEqualTo("alice");
        assertThat(sent.headers().get("x-mse-consumer")).isNull();
        for (String name : sent.headers().names()) {
            assertThat(sent.headers().all(name)).noneMatch(value -> value.contains("0123456789"));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "missing_key | 401 | X-Nothing: x",
                "missing_key | 401 | Authorization: ",
                "missing_key | 401 | Authorization: Bearer ",
                "missing_key | 401 | Authorization: Basic alice-key-0123456789",
                "missing_key | 401 | Authorization: AWS4-HMAC-SHA256 Credential=alice-key-0123456789",
                "missing_key | 401 | X_Api_Key: alice-key-0123456789",
                "invalid_key | 401 | Authorization: Bearer nobody",
                "invalid_key | 401 | Authorization: Bearer ALICE-KEY-0123456789",
                "invalid_key | 401 | Authorization: Bearer alice-key-012345678",
                "invalid_key | 401 | Authorization: Bearer alice-key-0123456789, alice-key-0123456789",
                "invalid_key | 401 | Authorization: Bearer bob-key-0123456789~X-Api-Key: alice-key-0123456789",
                "invalid_key | 401 | Authorization: Bearer alice-key-0123456789~Authorization: Bearer alice-key-0123456789",
                "invalid_key | 401 | X-Api-Key: alice-key-0123456789~x-api-key: bob-key-0123456789",
                "forbidden   | 403 | Authorization: Bearer bob-key-0123456789"
            })
    void anybodyElseIsRefused(String code, int status, String headers) throws IOException {
        route("{ allow: [alice] }");
        String answer = send("/", headers.split("~"));
        assertThat(status(answer)).isEqualTo(status);
        assertThat(code(answer)).isEqualTo(code);
        assertThat(answer.contains("www-authenticate: Bearer realm=\"sluice\"")).isEqualTo(status == 401);
        assertThat(answer).doesNotContain("0123456789");
        assertThat(upstream.requests()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /open/../x HTTP/1.1",
                "GET /open/%2e%2e/x HTTP/1.1",
                "GET //x HTTP/1.1",
                "GET /open%2f..%2fx HTTP/1.1",
                "GET http://127.0.0.1/x HTTP/1.1",
                "GET /OPEN/x HTTP/1.1",
                "POST /x HTTP/1.1",
                "PROPFIND /x HTTP/1.1",
                "GET /x?/open/ HTTP/1.1"
            })
    void noSpellingOfAPathReachesAGuardedRouteWithoutAKey(String line) throws IOException {
        route("{ allow: [alice] }");
        String answer = raw(line + "\r\nHost: h\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        assertThat(status(answer)).isEqualTo(401);
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void aConsumersNameThatAClientSendsNeverSurvives() throws IOException {
        route("{ globalAuth: false, higressHeaders: true }");
        send("/", "X-Sluice-Consumer: root", "x-mse-consumer: root");
        send("/open/x", "X-SLUICE-CONSUMER: root");
        send("/", "X-Sluice-Consumer: root", "X-Mse-Consumer: root", "apikey: bob-key-0123456789");
        List<Received> sent = upstream.requests();
        assertThat(sent.get(0).headers().get("x-sluice-consumer")).isNull();
        assertThat(sent.get(0).headers().get("x-mse-consumer")).isNull();
        assertThat(sent.get(1).headers().get("x-sluice-consumer")).isNull();
        assertThat(sent.get(2).headers().get("x-sluice-consumer")).isEqualTo("bob");
        assertThat(sent.get(2).headers().get("x-mse-consumer")).isEqualTo("bob");
    }

    @Test
    void groupsMayCall() throws IOException {
        route("{ allowGroups: [staff] }");
        assertThat(status(send("/", "apikey: alice-key-0123456789"))).isEqualTo(200);
        assertThat(status(send("/", "apikey: bob-key-0123456789"))).isEqualTo(403);
    }

    @Test
    void whereNobodyIsNamedEverybodyKnownMayCall() throws IOException {
        route("{}");
        assertThat(status(send("/", "apikey: bob-key-0123456789"))).isEqualTo(200);
        assertThat(status(send("/"))).isEqualTo(401);
    }

    @Test
    void aKeyInTheQueryIsTakenOutOfIt() throws IOException {
        route("{ keys: [key], inQuery: true }");
        assertThat(status(send("/a?x=1&key=bob-key-0123456789&y=%20"))).isEqualTo(200);
        assertThat(status(send("/a?%6Bey=bob%2Dkey-0123456789"))).isEqualTo(200);
        assertThat(status(send("/a?key=bob-key-0123456789&%6bey=alice-key-0123456789")))
                .isEqualTo(401);
        assertThat(status(send("/a", "key: bob-key-0123456789")))
                .as("only inQuery is set")
                .isEqualTo(401);
        assertThat(status(send("/a?Key=bob-key-0123456789"))).isEqualTo(401);
        assertThat(upstream.requests().get(0).target()).isEqualTo("/a?x=1&y=%20");
        assertThat(upstream.requests().get(1).target()).isEqualTo("/a");
    }

    @Test
    void whatHigressWritesLoadsAndHolds() throws IOException {
        route("""
                { consumers: [ { name: consumer1, credential: 2bda943c }, { name: consumer2, credential: c8c8e9ca } ],
                  keys: [apikey, x-api-key], in_query: true, in_header: true, global_auth: false, allow: [consumer1],
                  invalidKeyStatus: 403 }""");
        assertThat(status(send("/?apikey=2bda943c"))).isEqualTo(200);
        assertThat(status(send("/", "x-api-key: 2bda943c"))).isEqualTo(200);
        assertThat(status(send("/", "x-api-key: c8c8e9ca"))).isEqualTo(403);
        assertThat(status(send("/?apikey=2bda943c", "x-api-key: 2bda943c"))).isEqualTo(401);
        assertThat(status(send("/", "x-api-key: unknown"))).isEqualTo(403);
        assertThat(status(send("/"))).isEqualTo(401);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{ allow: [carol] } | there is no consumer 'carol'; defined are alice, bob",
                "{ allowGroups: [admins] } | no consumer is in a group 'admins'",
                "{ consumers: [ { name: alice, credential: x } ] } | there is a consumer 'alice' already",
                "{ consumers: [ { name: carol } ] } | the consumer 'carol' needs a credential",
                "{ consumers: [ { name: carol, credential: bob-key-0123456789 } ] } | 'carol' and 'bob' have the same credential",
                "{ allow: [] } | allow",
                "{ keys: [] } | keys",
                "{ invalidKeyStatus: 500 } | invalidKeyStatus"
            })
    void aConfigThatCannotWorkIsRefused(String config, String message) {
        assertThatThrownBy(() -> route(config)).hasMessageContaining(message).hasMessageNotContaining("0123456789");
    }

    @Test
    void aConsumerWhoIsTakenOutIsRefusedAfterTheReload() throws IOException {
        route("{}");
        assertThat(status(send("/", "apikey: bob-key-0123456789"))).isEqualTo(200);
        String without = CONSUMERS.replaceAll("(?m)^ *- \\{ name: bob.*\\R", "");
        assertThat(gateway.reconfigure(without + """
                        routes:
                          - { name: r, upstream: "%s", filters: [ key-auth: {} ] }
                        """.formatted(upstream.uri())).published())
                .isTrue();
        assertThat(status(send("/", "apikey: bob-key-0123456789"))).isEqualTo(401);
        assertThat(status(send("/", "apikey: alice-key-0123456789"))).isEqualTo(200);
    }

    @Test
    void noKeyIsShownOrCounted() throws IOException {
        route("{ consumers: [ { name: carol, credential: carol-key-0123456789 } ] }");
        send("/", "apikey: carol-key-0123456789");
        send("/", "apikey: wrong-key-0123456789");
        String shown = gateway.admin("/metrics").body()
                + gateway.admin("/api/v1/config").body()
                + gateway.admin("/api/v1/status").body()
                + gateway.admin("/api/v1/filters/r/key-auth/consumers").body();
        assertThat(shown).doesNotContain("0123456789");
        assertThat(shown)
                .contains("sluice_key_auth_total{result=\"allowed\",route=\"r\"} 1.0")
                .contains("sluice_key_auth_total{result=\"invalid\",route=\"r\"} 1.0")
                .contains("\"carol\"");
    }

    @Test
    void theReadmeNamesEveryField() throws IOException {
        JsonNode schema;
        try (var in = KeyAuth.class.getResourceAsStream("/META-INF/sluice/key-auth.json")) {
            schema = JSON.readTree(in).at("/schema/properties");
        }
        String readme = Files.readString(Path.of("README.md"));
        String config = readme.substring(readme.indexOf("## Config"), readme.indexOf("## What it does"));
        Matcher rows = Pattern.compile("(?m)^\\| `(\\w+)` \\|").matcher(config);
        assertThat(rows.results().map(row -> row.group(1)))
                .containsExactlyElementsOf(schema.properties().stream()
                        .map(java.util.Map.Entry::getKey)
                        .toList());
        schema.at("/jwt/properties")
                .fieldNames()
                .forEachRemaining(field -> assertThat(readme).contains("\n| `" + field + "` |"));
    }
}
