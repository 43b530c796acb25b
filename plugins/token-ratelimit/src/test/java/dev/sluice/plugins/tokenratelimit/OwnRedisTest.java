package dev.sluice.plugins.tokenratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.host.state.RealRedis;
import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A filter's own Redis, with all that may be wrong with it; the gateway's own state is in memory. */
@Timeout(120)
final class OwnRedisTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String CHAT =
            "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
    private static final String ONE = "rules: [ { name: all, requests: 1, window: 1h } ], storeTimeout: 5s";

    private static RealRedis redis;

    @BeforeAll
    static void start() {
        redis = RealRedis.startWithPassword("right-password");
    }

    @AfterAll
    static void close() {
        redis.close();
    }

    private static String yaml(String... filters) {
        StringBuilder routes = new StringBuilder();
        for (int i = 0; i < filters.length; i++) {
            routes.append("  - { name: r")
                    .append(i)
                    .append(", match: { path: \"/")
                    .append(i)
                    .append("/**\" }, filters: [ token-ratelimit: { ")
                    .append(filters[i])
                    .append(" }, ai-proxy: { provider: p } ] }\n");
        }
        return "providers: { p: { type: echo } }\nroutes:\n" + routes;
    }

    private static TestGateway gateway(String... filters) {
        return TestGateway.with(new TokenRatelimit(), new AiProxy())
                .config(yaml(filters))
                .start();
    }

    private static String right(String more) {
        return "{ url: \"" + redis.url() + "\", password: right-password" + more + " }";
    }

    private static HttpResponse<String> chat(TestGateway gateway, int route) {
        return gateway.post("/" + route + "/v1/chat/completions", CHAT);
    }

    @Test
    void filtersShareWhatTheirOwnRedisHoldsAndLetGoOfIt() throws Exception {
        String own = ONE + ", redis: " + right(", database: 3");
        String higress = "rule_name: h, global_threshold: { token_per_day: 1000 }, redis: { service_name: 127.0.0.1,"
                + " service_port: " + redis.port()
                + ", username: default, password: right-password, timeout: 2000, database: 3 }";
        try (TestGateway first = gateway(own, own, ONE, higress);
                TestGateway second = gateway(own)) {
            assertThat(chat(first, 0).statusCode()).isEqualTo(200);
            assertThat(chat(first, 1).statusCode()).as("one rule on two routes").isEqualTo(429);
            assertThat(chat(second, 0).statusCode()).as("another gateway").isEqualTo(429);
            assertThat(chat(first, 2).statusCode()).as("in memory").isEqualTo(200);
            assertThat(chat(first, 3).statusCode()).isEqualTo(200);
            assertThat(first.admin("/metrics").body())
                    .contains("sluice_state_own_up{redis=\"127.0.0.1:" + redis.port() + "/3\"} 1.0")
                    .doesNotContain("sluice_state_up");
            assertThat(first.admin("/api/v1/config").body()).doesNotContain("right-password");

            assertThat(first.reconfigure(yaml(ONE)).published()).isTrue();
            await().atMost(PATIENCE).until(() -> !first.admin("/metrics").body().contains("sluice_state_own_up"));
        }
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(redis.send("CLIENT LIST TYPE normal").lines())
                                .allMatch(line -> line.contains("cmd=client") || line.startsWith("$")));
    }

    @Test
    void aWrongPasswordIsCountedAndEachNodeGoesByItself() {
        try (TestGateway gateway = gateway(ONE + ", redis: " + right("").replace("right-password", "wrong-password"))) {
            assertThat(chat(gateway, 0).statusCode()).isEqualTo(200);
            assertThat(chat(gateway, 0).statusCode()).isEqualTo(429);
            assertThat(gateway.admin("/metrics").body())
                    .containsPattern("sluice_token_ratelimit_store_failures_total\\{route=\"r0\"[^}]*} [1-9]")
                    .contains("sluice_state_own_up{redis=\"127.0.0.1:" + redis.port() + "/0\"} 0.0");
        }
    }

    @Test
    void oneThatIsNotThereIsOpenOrClosedAsConfigured() {
        String there = ONE + ", redis: \"redis://127.0.0.1:1\", onStoreFailure: ";
        try (TestGateway gateway = gateway(there + "allow", there + "deny")) {
            for (int i = 0; i < 3; i++) {
                assertThat(chat(gateway, 0).statusCode()).isEqualTo(200);
                HttpResponse<String> refused = chat(gateway, 1);
                assertThat(refused.statusCode()).isEqualTo(503);
                assertThat(refused.body()).contains("overloaded", "limits cannot be checked");
            }
        }
    }

    @Test
    void oneThatAnswersNonsenseIsTakenForNone() throws Exception {
        try (ServerSocket liar = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread talking = new Thread(() -> {
                try {
                    while (true) {
                        Socket socket = liar.accept();
                        socket.getOutputStream()
                                .write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                    }
                } catch (IOException over) {
                    Thread.currentThread().interrupt();
                }
            });
            talking.setDaemon(true);
            talking.start();
            try (TestGateway gateway =
                    gateway(ONE + ", onStoreFailure: deny, redis: \"redis://127.0.0.1:" + liar.getLocalPort() + "\"")) {
                assertThat(chat(gateway, 0).statusCode()).isEqualTo(503);
            }
        }
    }

    @Test
    void oneThatIsFullIsCountedAndComesBack() throws Exception {
        try (RealRedis full = RealRedis.start();
                TestGateway gateway = gateway(ONE + ", onStoreFailure: deny, redis: \"" + full.url() + "\"")) {
            full.send("CONFIG SET maxmemory 1");
            assertThat(chat(gateway, 0).statusCode()).isEqualTo(503);
            assertThat(gateway.admin("/metrics").body())
                    .containsPattern("sluice_token_ratelimit_store_failures_total\\{route=\"r0\"[^}]*} [1-9]");
            full.send("CONFIG SET maxmemory 0");
            await().atMost(PATIENCE).until(() -> chat(gateway, 0).statusCode() == 200);
            assertThat(chat(gateway, 0).statusCode()).isEqualTo(429);
        }
    }

    @Test
    void whatCannotBeReachedByItsConfigIsRefused() {
        String[][] blocks = {
            {"\"http://h:1\"", "token-ratelimit.redis: expected a URL like redis://127.0.0.1:6379, got 'http://h:1'"},
            {
                "{ }",
                "token-ratelimit.redis: it does not say where it is: add url: redis://host:6379, or Higress's service_name"
            },
            {
                "{ service_name: redis.static, password: hush }",
                "'redis.static' is a name of Higress's registry, which is not known here: add service_host"
            },
            {"{ service_name: redis, url: \"redis://h\" }", "given beside 'urls', which says where it is: keep one"},
            {"{ service_name: redis, servicePort: 0 }", "expected at least 1, got 0"},
            {"{ url: \"redis://h/2\", database: 3 }", "the URL holds a database, too: keep one of them"},
            {"{ url: \"redis://u:hush@h\", password: hush }", "the URL holds a password, too: keep one of them"},
            {
                "{ service_name: redis, username: u }",
                "a user without a password cannot log in: set routes[7].filters[0].token-ratelimit.redis.password"
            },
            {"{ service_name: redis, tls: { insecure: true } }", "goes with rediss:// only"},
            {"{ url: \"rediss://h\", tls: { ca: nowhere.pem } }", "nowhere.pem"},
            {"{ service_name: redis, timeout: fast }", "redis.timeout"},
            {"{ service_name: redis, hush: 1 }", "unknown key"}
        };
        assertThatThrownBy(() -> gateway(Stream.of(blocks)
                        .map(block -> ONE + ", redis: " + block[0])
                        .toArray(String[]::new)))
                .satisfies(thrown -> {
                    List<String> lines = thrown.getMessage().lines().toList();
                    for (int i = 0; i < blocks.length; i++) {
                        String route = "routes[" + i + "]";
                        String message = blocks[i][1];
                        assertThat(lines)
                                .as(blocks[i][0])
                                .anySatisfy(line -> assertThat(line).contains("sluice.yaml:", route, message));
                    }
                    assertThat(thrown.getMessage().replace(".redis.hush:", "")).doesNotContain("hush");
                });
    }
}
