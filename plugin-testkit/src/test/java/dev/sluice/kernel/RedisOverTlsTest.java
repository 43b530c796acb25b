package dev.sluice.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.Reply;
import dev.sluice.api.RequestHead;
import dev.sluice.api.Scope;
import dev.sluice.api.Step;
import dev.sluice.host.state.RealRedis;
import dev.sluice.testkit.TestGateway;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.PemKeyCertOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A Redis behind TLS, which a proxy before it ends. */
@Timeout(120)
class RedisOverTlsTest {
    @TempDir
    static Path directory;

    private static RealRedis redis;
    private static Vertx vertx;
    private static NetServer proxy;
    private static TestCertificate certificate;

    @BeforeAll
    static void start() throws Exception {
        certificate = TestCertificate.in(directory);
        redis = RealRedis.startWithPassword("s3cr3t-and-long");
        vertx = Vertx.vertx();
        proxy = vertx.createNetServer(new NetServerOptions()
                        .setHost("127.0.0.1")
                        .setSsl(true)
                        .setKeyCertOptions(new PemKeyCertOptions()
                                .addCertPath(certificate.cert().toString())
                                .addKeyPath(certificate.key().toString())))
                .connectHandler(RedisOverTlsTest::join);
        proxy.listen(0).toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private static void join(NetSocket client) {
        client.pause();
        vertx.createNetClient().connect(redis.port(), "127.0.0.1").onSuccess(server -> {
            var up = client.pipeTo(server);
            var down = server.pipeTo(client);
            assertThat(up).isNotSameAs(down);
        });
    }

    @AfterAll
    static void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        redis.close();
    }

    private static FilterFactory counting(Scope scope) {
        return exchange -> new Filter() {
            @Override
            public Step onRequest(RequestHead head) {
                return Step.when(scope.shared()
                        .add("n", 1, Duration.ofHours(1))
                        .handle((sum, error) -> error == null
                                ? Reply.json(200, TextNode.valueOf("count " + sum))
                                : Reply.error(503, "state_away", String.valueOf(error.getMessage()))));
            }
        };
    }

    private static String answer(String scheme, String host, String tls) {
        try (TestGateway gateway = TestGateway.with()
                .openedFilter("count", RedisOverTlsTest::counting)
                .config("""
                        state: { redis: { urls: "%s://%s:%d", password: s3cr3t-and-long%s } }
                        routes: [{ name: r, filters: [ count: {} ], upstream: "http://127.0.0.1:1" }]
                        """.formatted(scheme, host, proxy.actualPort(), tls))
                .start()) {
            return gateway.get("/").body();
        }
    }

    @Test
    void oneWhoseAuthorityIsTrustedIsUsed() {
        assertThat(answer("rediss", "127.0.0.1", ", tls: { ca: \"" + certificate.cert() + "\" }"))
                .contains("count ");
    }

    @Test
    void oneThatNobodyVouchesForIsNotTalkedToUnlessToldSo() {
        assertThat(answer("rediss", "127.0.0.1", ""))
                .contains("the shared state on Redis (127.0.0.1:" + proxy.actualPort() + ")")
                .doesNotContain("s3cr3t")
                .doesNotContain("count ");
        assertThat(answer("rediss", "127.0.0.1", ", tls: { insecure: true }")).contains("count ");
    }

    @Test
    void aPlainConnectionToItFailsInTimeAndSaysSo() {
        assertThat(answer("redis", "127.0.0.1", ""))
                .contains("the shared state on Redis (127.0.0.1:" + proxy.actualPort() + ")")
                .doesNotContain("count ");
    }
}
