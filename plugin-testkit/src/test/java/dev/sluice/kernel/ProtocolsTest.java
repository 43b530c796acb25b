package dev.sluice.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Filter;
import dev.sluice.api.Outcome;
import dev.sluice.api.RequestHead;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Step;
import dev.sluice.testkit.TestGateway;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.net.PemKeyCertOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** HTTP/1.1, HTTP/2 with and without TLS, WebSocket and uploads, through plain routes. */
final class ProtocolsTest {
    private final Vertx vertx = Vertx.vertx();

    // Vert.x closes a client that is collected, even under a request.
    private final List<Object> clients = new ArrayList<>();

    @TempDir
    Path directory;

    @AfterEach
    void close() throws Exception {
        await(vertx.close());
    }

    private <T> T keep(T client) {
        clients.add(client);
        return client;
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    private HttpServer upstream(HttpServerOptions options) throws Exception {
        HttpServer server = vertx.createHttpServer(options);
        server.requestHandler(request -> request.body()
                .onSuccess(body -> request.response()
                        .putHeader("x-version", request.version().alpnName())
                        .putHeader("x-seen", String.valueOf(request.getHeader("x-sent")))
                        .putHeader("x-hash", Integer.toString(java.util.Arrays.hashCode(body.getBytes())))
                        .end(body)));
        return await(server.listen(0, "127.0.0.1"));
    }

    private HttpServer upstream() throws Exception {
        return upstream(new HttpServerOptions());
    }

    @Test
    void webSocketMessagesPassBothWaysAndTheHeadHooksRun() throws Exception {
        List<String> hooks = new ArrayList<>();
        BlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();
        HttpServer server = vertx.createHttpServer();
        server.webSocketHandler(socket -> socket.textMessageHandler(text -> socket.writeTextMessage("echo " + text)));
        int port = await(server.listen(0, "127.0.0.1")).actualPort();
        try (TestGateway gateway = TestGateway.with()
                .filter("watch", exchange -> new Filter() {
                    @Override
                    public Step onRequest(RequestHead head) {
                        hooks.add("onRequest " + head.path());
                        return Step.next();
                    }

                    @Override
                    public Step onResponse(ResponseHead head) {
                        hooks.add("onResponse " + head.status());
                        return Step.next();
                    }

                    @Override
                    public void onComplete(Outcome outcome) {
                        outcomes.add(outcome);
                    }
                })
                .config("""
                        routes:
                          - name: plain
                            upstream: "http://127.0.0.1:%d"
                            filters: [ watch: {} ]
                        """.formatted(port))
                .start()) {
            WebSocket socket = await(keep(vertx.createWebSocketClient())
                    .connect(gateway.gateway().port(), "127.0.0.1", "/chat?room=1"));
            BlockingQueue<String> received = new LinkedBlockingQueue<>();
            socket.textMessageHandler(received::add);
            String large = "x".repeat(50_000);
            await(socket.writeTextMessage("one"));
            await(socket.writeTextMessage(large));
            assertThat(received.poll(20, TimeUnit.SECONDS)).isEqualTo("echo one");
            assertThat(received.poll(20, TimeUnit.SECONDS)).isEqualTo("echo " + large);
            assertThat(hooks).containsExactly("onRequest /chat", "onResponse 101");
            assertThat(outcomes).isEmpty();
            await(socket.close());
            Outcome outcome = outcomes.poll(20, TimeUnit.SECONDS);
            assertThat(outcome).isNotNull();
            assertThat(outcome.status()).isEqualTo(101);
        }
    }

    @Test
    void aRefusedUpgradeIsAnOrdinaryAnswer() throws Exception {
        HttpServer server = upstream();
        try (TestGateway gateway = plain(server.actualPort(), "")) {
            WebSocketClient client = keep(vertx.createWebSocketClient());
            Future<String> refusal = client.connect(gateway.gateway().port(), "127.0.0.1", "/")
                    .map("connected")
                    .recover(cause -> Future.succeededFuture(String.valueOf(cause.getMessage())));
            assertThat(await(refusal)).contains("200");
        }
    }

    @Test
    void http2WithPriorKnowledgeComesInAndHttp1GoesOut() throws Exception {
        HttpServer server = upstream();
        try (TestGateway gateway = plain(server.actualPort(), "")) {
            HttpClient client = keep(vertx.createHttpClient(new HttpClientOptions()
                    .setProtocolVersion(HttpVersion.HTTP_2)
                    .setHttp2ClearTextUpgrade(false)));
            List<Future<String>> answers = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                String body = "body " + i;
                answers.add(client.request(HttpMethod.POST, gateway.gateway().port(), "127.0.0.1", "/echo")
                        .compose(request -> request.send(body))
                        .compose(response -> {
                            assertThat(response.version()).isEqualTo(HttpVersion.HTTP_2);
                            assertThat(response.getHeader("x-version")).isEqualTo("http/1.1");
                            return response.body().map(Buffer::toString);
                        }));
            }
            for (int i = 0; i < answers.size(); i++) {
                assertThat(await(answers.get(i))).isEqualTo("body " + i);
            }
        }
    }

    @Test
    void tlsWithAlpnOffersHttp2InAndOut() throws Exception {
        TestCertificate certificate = TestCertificate.in(directory);
        PemKeyCertOptions pem = new PemKeyCertOptions()
                .addCertPath(certificate.cert().toString())
                .addKeyPath(certificate.key().toString());
        HttpServer server =
                upstream(new HttpServerOptions().setSsl(true).setUseAlpn(true).setKeyCertOptions(pem));
        TestGateway gateway = TestGateway.with(new TestTarget())
                .filter("pick", exchange -> new Filter() {
                    @Override
                    public Step onRequest(RequestHead head) {
                        exchange.target(dev.sluice.api.Target.of("secure"));
                        return Step.next();
                    }
                })
                .config("""
                        listen: { host: 127.0.0.1, port: 0, tls: { cert: "%s", key: "%s" } }
                        providers:
                          secure: { type: test, baseUrl: "https://localhost:%d", tls: { ca: "%s" } }
                        routes:
                          - name: secure
                            filters: [ pick: {}, test-target: { provider: secure } ]
                        """.formatted(certificate.cert(), certificate.key(), server.actualPort(), certificate.cert()));
        try (gateway) {
            gateway.start();
            HttpClient client = keep(vertx.createHttpClient(new HttpClientOptions()
                    .setProtocolVersion(HttpVersion.HTTP_2)
                    .setUseAlpn(true)
                    .setSsl(true)
                    .setTrustAll(true)
                    .setVerifyHost(false)));
            var response =
                    await(client.request(HttpMethod.GET, gateway.gateway().port(), "127.0.0.1", "/")
                            .compose(request -> request.send()));
            assertThat(response.version()).isEqualTo(HttpVersion.HTTP_2);
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.getHeader("x-version")).isEqualTo("h2");
        }
    }

    @Test
    void clearTextHttp2GoesOutWhereTheProviderSaysSo() throws Exception {
        HttpServer server = upstream();
        try (TestGateway gateway = TestGateway.with(new TestTarget())
                .config("""
                        providers:
                          clear: { type: test, baseUrl: "http://127.0.0.1:%d", http2: true }
                        routes:
                          - name: clear
                            filters: [ test-target: { provider: clear } ]
                        """.formatted(server.actualPort()))
                .start()) {
            var response = gateway.post("/echo", "{}");
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.headers().firstValue("x-version")).contains("h2");
        }
    }

    @Test
    void anUploadStreamsThroughWholeWithAndWithoutLength() throws Exception {
        HttpServer server = upstream();
        byte[] upload = new byte[5 * 1024 * 1024];
        new Random(42).nextBytes(upload);
        try (TestGateway gateway = plain(server.actualPort(), "limits: { body: 1MiB }")) {
            HttpClient client = keep(vertx.createHttpClient());
            for (boolean chunked : new boolean[] {false, true}) {
                Buffer answer =
                        await(client.request(HttpMethod.PUT, gateway.gateway().port(), "127.0.0.1", "/file")
                                .compose(request -> {
                                    request.putHeader("content-type", "application/octet-stream");
                                    request.setChunked(chunked);
                                    return request.send(Buffer.buffer(upload));
                                })
                                .compose(response -> response.body()));
                assertThat(answer.getBytes()).isEqualTo(upload);
            }
        }
    }

    @Test
    void hopByHopFieldsStayAndForwardedFieldsAreAdded() throws Exception {
        BlockingQueue<io.vertx.core.MultiMap> seen = new LinkedBlockingQueue<>();
        HttpServer server = await(vertx.createHttpServer()
                .requestHandler(request -> {
                    seen.add(request.headers());
                    request.response()
                            .putHeader("connection", "x-secret")
                            .putHeader("x-secret", "1")
                            .end();
                })
                .listen(0, "127.0.0.1"));
        try (TestGateway gateway = plain(server.actualPort(), "")) {
            HttpClient client = keep(vertx.createHttpClient());
            var response =
                    await(client.request(HttpMethod.GET, gateway.gateway().port(), "127.0.0.1", "/a/../b?q=1")
                            .compose(request -> request.putHeader("connection", "x-drop")
                                    .putHeader("x-drop", "1")
                                    .putHeader("x-keep", "1")
                                    .putHeader("x-forwarded-for", "10.1.1.1")
                                    .send()));
            var headers = seen.poll(20, TimeUnit.SECONDS);
            assertThat(headers).isNotNull();
            assertThat(headers.get("x-drop")).isNull();
            assertThat(headers.get("x-keep")).isEqualTo("1");
            assertThat(headers.get("x-forwarded-for")).isEqualTo("10.1.1.1, 127.0.0.1");
            assertThat(headers.get("x-forwarded-proto")).isEqualTo("http");
            assertThat(headers.get("x-forwarded-host"))
                    .isEqualTo("127.0.0.1:" + gateway.gateway().port());
            assertThat(headers.get("host")).isEqualTo("127.0.0.1:" + server.actualPort());
            assertThat(response.getHeader("x-secret")).isNull();
        }
    }

    private static TestGateway plain(int port, String listen) {
        return TestGateway.with().config("""
                        listen: { host: 127.0.0.1, port: 0, %s }
                        routes:
                          - name: plain
                            upstream: "http://127.0.0.1:%d"
                        """.formatted(listen, port)).start();
    }
}
