package dev.sluice.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A connection that a client or an upstream keeps open, and on which nothing happens, holds no version of a plugin. */
final class IdleConnectionTest {
    @TempDir
    Path spare;

    private BrokenUpstream upstream;
    private TestGateway gateway;

    @BeforeEach
    void start() throws IOException {
        upstream = BrokenUpstream.start();
        upstream.always(received -> Answer.json(200, "{}"));
        gateway = TestGateway.with()
                .jar("jars/stamp.jar", StampJar.saying("v0")::write)
                .config("""
                        plugins: { dir: jars }
                        routes:
                          - { name: beyond, match: { path: /beyond }, upstream: "%s", filters: [ sign: {} ] }
                          - { name: r, upstream: "http://127.0.0.1:1", filters: [ sign: {}, stamp: {} ] }
                        """.formatted(upstream.uri()))
                .start();
    }

    @AfterEach
    void close() throws Exception {
        gateway.close();
        upstream.close();
    }

    private void swapAndCollect() {
        StampJar.saying("v1").write(gateway.configFile().resolveSibling("jars/stamp.jar"));
        assertThat(gateway.reload().published()).isTrue();
        await().atMost(Load.PATIENCE).pollInterval(Duration.ofMillis(100)).until(() -> {
            System.gc();
            return gateway.gateway().unloading() == 0;
        });
        assertThat(gateway.gateway().leaks()).isEmpty();
    }

    @Test
    void ofAClientThatWasAnsweredWithJson() throws Exception {
        try (KeptConnection idle = new KeptConnection(gateway.gateway().port())) {
            assertThat(Traffic.versionOfJson(idle.get("/"))).isZero();
            swapAndCollect();
            assertThat(Traffic.versionOfJson(idle.get("/"))).isOne();
        }
    }

    @Test
    void ofAClientThatWasAnsweredWithAStream() throws Exception {
        try (KeptConnection idle = new KeptConnection(gateway.gateway().port())) {
            assertThat(Traffic.versionOfStream(idle.get("/slow/1"))).isZero();
            swapAndCollect();
            assertThat(Traffic.versionOfStream(idle.get("/slow/1"))).isOne();
        }
    }

    @Test
    void ofAClientAndAnUpstream() throws Exception {
        try (KeptConnection idle = new KeptConnection(gateway.gateway().port())) {
            assertThat(idle.get("/beyond").body()).isEqualTo("{}");
            swapAndCollect();
            assertThat(upstream.openConnections()).isOne();
            assertThat(idle.get("/beyond").body()).isEqualTo("{}");
            assertThat(upstream.acceptedConnections()).isOne();
        }
    }

    @Test
    void ofAClientThatPosted() throws Exception {
        try (KeptConnection beyond = new KeptConnection(gateway.gateway().port());
                KeptConnection idle = new KeptConnection(gateway.gateway().port())) {
            assertThat(beyond.post("/beyond", "{\"model\":\"m\"}").body()).isEqualTo("{}");
            assertThat(Traffic.versionOfJson(idle.post("/", "{\"model\":\"m\"}")))
                    .isZero();
            swapAndCollect();
            assertThat(beyond.post("/beyond", "{\"model\":\"m\"}").body()).isEqualTo("{}");
            assertThat(Traffic.versionOfJson(idle.post("/", "{\"model\":\"m\"}")))
                    .isOne();
        }
    }

    @Test
    void ofAClientThatUpgradedToHttp2() throws Exception {
        HttpClient idle =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
        HttpRequest request = HttpRequest.newBuilder(gateway.uri("/")).build();
        HttpResponse<String> before = idle.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(before.version()).isEqualTo(HttpClient.Version.HTTP_2);
        assertThat(before.body()).contains("v0");
        swapAndCollect();
        HttpResponse<String> after = idle.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(after.body()).contains("v1");
    }
}
