package dev.sluice.plugins.aistatistics;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Filter;
import dev.sluice.api.RequestHead;
import dev.sluice.api.Step;
import dev.sluice.host.Sources;
import dev.sluice.host.config.ConfigLoader.Broken;
import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.plugins.keyauth.KeyAuth;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Keys that would be known anywhere come through whatever goes right and wrong, and are seen nowhere. */
final class CanaryKeysTest {
    private static final String PROVIDER = "sk-canaryprovider7777777777";
    private static final String CONSUMER = "sk-canaryconsumer7777777777";
    private static final String STRANGER = "sk-canarystranger7777777777";
    private static final String COLLECTOR = "canarycollector7777777777";
    private static final String TOKEN =
            url("{\"alg\":\"RS256\",\"kid\":\"k\"}") + "." + url("{\"sub\":\"canary\"}") + ".canarytokencanarytoken";
    private static final String KEY_SET =
            "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"e\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
                    + "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}";

    private final Queue<String> seen = new ConcurrentLinkedQueue<>();
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final Level level = root.getLevel();
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            String thrown =
                    event.getThrowableProxy() == null ? "" : ThrowableProxyUtil.asString(event.getThrowableProxy());
            seen.add("log: " + event.getLoggerName() + " " + event.getFormattedMessage() + thrown);
        }
    };

    private BrokenUpstream upstream;
    private BrokenUpstream gone;
    private TestGateway gateway;

    private static String url(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @BeforeEach
    void start() throws IOException {
        root.setLevel(Level.DEBUG);
        appender.setContext(root.getLoggerContext());
        appender.start();
        root.addAppender(appender);
        Logger access = (Logger) LoggerFactory.getLogger("dev.sluice.access");
        access.addAppender(appender);
        upstream = BrokenUpstream.start();
        gone = BrokenUpstream.start();
        gone.close();
        gateway = TestGateway.with(new AiStatistics(), new KeyAuth(), new AiProxy())
                .filter("throws", exchange -> new Filter() {
                    @Override
                    public Step onRequest(RequestHead head) {
                        if (head.headers().get("x-throw") != null) {
                            throw new IllegalStateException("a filter's own trouble");
                        }
                        return Step.next();
                    }

                    @Override
                    public Events onEvent(Event event) {
                        throw new IllegalStateException("trouble in a stream");
                    }
                })
                .config(config())
                .start();
    }

    @AfterEach
    void close() throws Exception {
        gateway.close();
        upstream.close();
        root.detachAppender(appender);
        ((Logger) LoggerFactory.getLogger("dev.sluice.access")).detachAppender(appender);
        root.setLevel(level);
    }

    private String config() {
        return """
                consumers:
                  - { name: alice, credentials: ["%s"] }
                providers:
                  p: { type: openai, baseUrl: "%s", apiTokens: ["%s"] }
                  a: { type: anthropic, baseUrl: "%s", apiTokens: ["%s"] }
                  gone: { type: openai, baseUrl: "%s", apiTokens: ["%s"] }
                filters:
                  - ai-statistics: { useDefaultAttributes: true, otlp: { endpoint: "%s", headers: { x-token: "%s" }, interval: 50ms } }
                  - key-auth: { issued: true, keys: [authorization, x-api-key, key], inHeader: true, inQuery: true, jwt: { jwks: '%s' } }
                routes:
                  - { name: p, match: { model: "p*" }, filters: [ ai-proxy: { provider: p } ] }
                  - { name: a, match: { model: "a*" }, filters: [ ai-proxy: { provider: a } ] }
                  - { name: gone, match: { model: "gone*" }, filters: [ ai-proxy: { provider: gone } ] }
                  - { name: throws, match: { model: "throws*" }, filters: [ throws: {}, ai-proxy: { provider: p } ] }
                  - { name: plain, match: { path: "/plain/**" }, upstream: "%s" }
                """.formatted(
                        CONSUMER,
                        upstream.uri(),
                        PROVIDER,
                        upstream.uri(),
                        PROVIDER,
                        gone.uri(),
                        PROVIDER,
                        gone.uri(),
                        COLLECTOR,
                        KEY_SET,
                        upstream.uri());
    }

    private int send(String path, String model, boolean stream, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(gateway.uri(path))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"" + model + "\",\"max_tokens\":5,\"stream\":"
                        + stream + ",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}"));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        HttpResponse<String> answer;
        try {
            answer = gateway.send(request);
        } catch (java.io.UncheckedIOException cut) {
            seen.add("cut: " + cut.getMessage());
            return 0;
        }
        seen.add("answer to " + path.replaceAll("[?].*", "") + " " + model + ": "
                + answer.headers().map() + answer.body());
        return answer.statusCode();
    }

    private void raw(String request) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", gateway.gateway().port())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            seen.add("raw: " + new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private void pages() {
        for (String page : List.of(
                "/metrics",
                "/api/v1/status",
                "/api/v1/routes",
                "/api/v1/plugins",
                "/api/v1/providers",
                "/api/v1/config",
                "/api/v1/filters/-/key-auth/consumers",
                "/api/v1/filters/-/key-auth/issued",
                "/api/v1/nothing?key=" + CONSUMER)) {
            HttpResponse<String> answer = gateway.admin(page);
            seen.add("admin " + page.replaceAll("\\?.*", "") + ": " + answer.body());
        }
    }

    private void nothingIsSeen() {
        assertThat(seen).as("what was looked at").isNotEmpty();
        List<String> leaks = new ArrayList<>();
        for (String one : seen) {
            for (String canary : List.of(
                    "canaryprovider", "canaryconsumer", "canarystranger", "canarycollector", "canarytokencanary")) {
                int at = one.indexOf(canary);
                if (at >= 0) {
                    leaks.add(canary + " in " + one.substring(Math.max(0, at - 200), Math.min(one.length(), at + 60)));
                }
            }
        }
        assertThat(leaks).isEmpty();
    }

    @Test
    void whatever() throws Exception {
        String echo = "{\"error\":{\"message\":\"Incorrect API key provided: " + PROVIDER + ". Sent: Bearer " + PROVIDER
                + "\",\"type\":\"invalid_request_error\",\"param\":\"" + PROVIDER + "\",\"code\":\"invalid_api_key\"}}";
        for (String path : List.of("/v1/chat/completions", "/v1/messages")) {
            for (boolean stream : new boolean[] {false, true}) {
                for (String model : List.of("p", "a")) {
                    for (int status : new int[] {400, 401, 403, 429, 500}) {
                        upstream.next(Answer.json(status, echo).header("x-echo", PROVIDER));
                        assertThat(send(path, model, stream, "x-api-key", CONSUMER))
                                .isGreaterThanOrEqualTo(400);
                    }
                    upstream.next(Answer.status(401)
                            .header("content-type", "text/html")
                            .chunk("<h1>" + PROVIDER + "</h1>")
                            .end());
                    send(path, model, stream, "authorization", "Bearer " + CONSUMER);
                    upstream.next(Answer.stream().event(echo).end());
                    send(path, model, stream, "x-api-key", CONSUMER);
                    upstream.next(Answer.resetBeforeHeaders());
                    send(path, model, stream, "x-api-key", CONSUMER);
                    upstream.next(Answer.stream()
                            .event("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"}}]}")
                            .event(echo)
                            .cut());
                    send(path, model, stream, "x-api-key", CONSUMER);
                    upstream.next(Answer.json(200, "{\"no\":\"" + "answer\""));
                    send(path, model, stream, "x-api-key", CONSUMER);
                }
                assertThat(send(path, "gone", stream, "x-api-key", CONSUMER)).isEqualTo(502);
                assertThat(send(path, "throws", stream, "x-api-key", CONSUMER, "x-throw", "1"))
                        .isEqualTo(500);
                upstream.next(Answer.stream()
                        .event("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"}}]}")
                        .end());
                send(path, "throws", stream, "x-api-key", CONSUMER);
                assertThat(send(path, "p", stream, "authorization", "Bearer " + STRANGER))
                        .isEqualTo(401);
                assertThat(send(path, "p", stream, "authorization", "Bearer " + TOKEN))
                        .isEqualTo(401);
                assertThat(send(path, "p", stream, "authorization", "Bearer " + STRANGER, "x-api-key", CONSUMER))
                        .isEqualTo(401);
                assertThat(send(path + "?key=" + STRANGER, "p", stream)).isEqualTo(401);
            }
        }
        assertThat(send("/nowhere?key=" + CONSUMER, "x", false, "authorization", "Bearer " + STRANGER))
                .isEqualTo(404);
        upstream.always(request -> Answer.json(200, "{}"));
        assertThat(send("/plain/x?key=" + CONSUMER, "x", false)).isEqualTo(200);
        assertThat(upstream.requests().get(upstream.requests().size() - 1).target())
                .isEqualTo("/plain/x");
        raw("GET /v1/chat/completions?key=" + CONSUMER + " HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + STRANGER
                + "\r\nBad Header " + STRANGER + "\r\nConnection: close\r\n\r\n");
        raw("POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nX-Api-Key: " + CONSUMER
                + "\r\nContent-Type: application/json\r\nContent-Length: 30\r\nConnection: close\r\n\r\n{\"model\":\"p\", \"key\": "
                + CONSUMER.substring(0, 9));
        pages();
        for (String source : List.of(
                "log: dev.sluice.access ",
                "log: dev.sluice.host",
                "log: io.vertx",
                "answer to",
                "raw: HTTP/1.1 4",
                "admin ")) {
            assertThat(seen).anyMatch(one -> one.startsWith(source));
        }
        nothingIsSeen();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "providers: { x: { type: openai, apiTokenz: ['KEY'] } }",
                "providers: { x: { type: openai, apiTokens: 'KEY' } }",
                "providers: { x: { type: openai, apiTokens: [['KEY']] } }",
                "providers: { x: { type: openai, apiTokens: [{ token: 'KEY' }] } }",
                "providers: { x: { type: 'KEY' } }",
                "providers: { x: { type: openai, baseUrl: 'KEY' } }",
                "providers: { x: { type: openai, timeouts: { connect: 'KEY' } } }",
                "consumers: [ { name: bob, credentials: 'KEY' } ]",
                "consumers: [ { name: bob, credential: 'KEY' } ]",
                "consumers: [ { name: bob, credentials: ['KEY'] }, { name: carol, credentials: ['KEY'] } ]",
                "consumers: [ 'KEY' ]",
                "listen: { port: 'KEY' }",
                "routes: 'KEY'",
                "routes: [ { name: r, upstream: 'KEY' } ]",
                "routes: [ { name: r, filters: [ ai-proxy: { provider: 'KEY' } ] } ]",
                "routes: [ { name: r, upstream: 'http://h', filters: [ key-auth: { allow: ['KEY'], consumers: [ { name: b, credential: 'KEY' } ] } ] } ]",
                "routes: [ { name: r, upstream: 'http://h', filters: [ key-auth: { jwt: { jwks: 'KEY' } } ] } ]",
                "routes: [ { name: r, upstream: 'http://h', filters: [ ai-statistics: { otlp: { endpoint: 'KEY' } } ] } ]",
                "routes: [ { name: r, upstream: 'http://h', filters: [ ai-statistics: { otlp: { endpoint: 'http://h', headers: ['KEY'] } } ] } ]",
                "routes: [ { name: r, upstream: 'http://h', filters: [ 'KEY' ] } ]"
            })
    void aKeyInAWrongPlaceIsNotRepeated(String yaml) throws Exception {
        Path secret = gateway.configFile().resolveSibling("secret");
        Files.writeString(secret, PROVIDER);
        String broken = yaml.replace("KEY", "${file:secret}");
        assertThat(gateway.reconfigure(broken).published()).isFalse();
        Sources sources = new Sources(
                gateway.configFile(),
                gateway.configFile().resolveSibling("plugins"),
                List.of(new AiStatistics(), new KeyAuth(), new AiProxy()));
        if (sources.read() instanceof Broken check) {
            check.problems().forEach(problem -> seen.add("check: " + problem));
        }
        pages();
        nothingIsSeen();
    }
}
