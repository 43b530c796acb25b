package dev.sluice.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.testkit.Received.Ending;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BrokenUpstreamTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private BrokenUpstream upstream;

    @BeforeEach
    void start() throws IOException {
        upstream = BrokenUpstream.start();
    }

    @AfterEach
    void stop() throws IOException {
        upstream.close();
    }

    private HttpResponse<String> post(String path, String body) throws Exception {
        return client.send(
                HttpRequest.newBuilder(upstream.uri().resolve(path))
                        .header("X-Key", "a")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    /** A connection on which one GET was sent. */
    private Socket get() throws IOException {
        URI uri = upstream.uri();
        Socket socket = new Socket(uri.getHost(), uri.getPort());
        socket.setSoTimeout((int) PATIENCE.toMillis());
        socket.getOutputStream().write("GET /x HTTP/1.1\r\nhost: h\r\n\r\n".getBytes(UTF_8));
        return socket;
    }

    private static String read(InputStream in, int bytes) throws IOException {
        return new String(in.readNBytes(bytes), UTF_8);
    }

    private static final String HEAD = "HTTP/1.1 200 Scripted\r\ntransfer-encoding: chunked\r\n\r\n";

    @Test
    void recordsWhatItIsSent() throws Exception {
        upstream.next(Answer.json(201, "{\"ok\":true}"));
        HttpResponse<String> response = post("/v1/chat?x=1", "{\"model\":\"m\"}");
        assertThat(response.statusCode()).isEqualTo(201);
        assertThat(response.body()).isEqualTo("{\"ok\":true}");
        assertThat(response.headers().firstValue("content-type")).contains("application/json");
        Received received = upstream.awaitRequest(1, PATIENCE);
        assertThat(received.method()).isEqualTo("POST");
        assertThat(received.target()).isEqualTo("/v1/chat?x=1");
        assertThat(received.path()).isEqualTo("/v1/chat");
        assertThat(received.headers().get("x-key")).isEqualTo("a");
        assertThat(received.json().get("model").asText()).isEqualTo("m");
        assertThat(received.awaitEnding(PATIENCE)).isEqualTo(Ending.ANSWERED);
        assertThat(received.endedAt()).isAfterOrEqualTo(received.at());
    }

    @Test
    void readsAChunkedRequest() throws Exception {
        upstream.next(Answer.json(200, "{}"));
        HttpRequest request = HttpRequest.newBuilder(upstream.uri())
                .POST(HttpRequest.BodyPublishers.ofInputStream(
                        () -> new ByteArrayInputStream("a".repeat(40_000).getBytes(UTF_8))))
                .build();
        assertThat(client.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
        assertThat(upstream.requests().get(0).text()).isEqualTo("a".repeat(40_000));
    }

    @Test
    void keepsTheConnectionForTheNextRequest() throws Exception {
        upstream.always(request -> Answer.json(200, request.text()));
        assertThat(post("/", "[1]").body()).isEqualTo("[1]");
        assertThat(post("/", "[2]").body()).isEqualTo("[2]");
        assertThat(upstream.acceptedConnections()).isEqualTo(1);
        assertThat(upstream.openConnections()).isEqualTo(1);
    }

    @Test
    void saysThatNothingWasScripted() throws Exception {
        HttpResponse<String> response = post("/", "");
        assertThat(response.statusCode()).isEqualTo(500);
        assertThat(response.body()).contains("scripted no answer");
    }

    @Test
    void playsTheQueueBeforeTheFunction() throws Exception {
        upstream.next(Answer.json(503, "1"), Answer.json(429, "2")).always(request -> Answer.json(200, "3"));
        assertThat(post("/", "").statusCode()).isEqualTo(503);
        assertThat(post("/", "").statusCode()).isEqualTo(429);
        assertThat(post("/", "").statusCode()).isEqualTo(200);
        assertThat(post("/", "").statusCode()).isEqualTo(200);
    }

    @Test
    void streamsAsTheTestAllows() throws Exception {
        CompletableFuture<Void> more = new CompletableFuture<>();
        upstream.next(Answer.status(200)
                .chunk("one")
                .await(more)
                .chunk("two")
                .pause(Duration.ofNanos(1))
                .end());
        try (Socket socket = get()) {
            InputStream in = socket.getInputStream();
            String first = HEAD + "3\r\none\r\n";
            assertThat(read(in, first.length())).isEqualTo(first);
            assertThat(upstream.requests().get(0).ending()).isNull();
            more.complete(null);
            assertThat(read(in, 13)).isEqualTo("3\r\ntwo\r\n0\r\n\r\n");
            assertThat(upstream.requests().get(0).awaitEnding(PATIENCE)).isEqualTo(Ending.ANSWERED);
        }
        assertThat(upstream.awaitPeerClosed(PATIENCE)).isTrue();
    }

    @Test
    void cutsWithAReset() throws Exception {
        CompletableFuture<Void> seen = new CompletableFuture<>();
        upstream.next(Answer.stream().event("a").await(seen).cut());
        try (Socket socket = get()) {
            InputStream in = socket.getInputStream();
            assertThat(read(in, 30)).startsWith("HTTP/1.1 200");
            seen.complete(null);
            assertThatThrownBy(in::readAllBytes).isInstanceOf(SocketException.class);
        }
        assertThat(upstream.requests().get(0).awaitEnding(PATIENCE)).isEqualTo(Ending.CUT);
        assertThat(upstream.awaitPeerClosed(PATIENCE)).isTrue();
    }

    @Test
    void resetsBeforeTheHead() throws Exception {
        upstream.next(Answer.resetBeforeHeaders());
        try (Socket socket = get()) {
            assertThatThrownBy(() -> socket.getInputStream().readAllBytes()).isInstanceOf(SocketException.class);
        }
        assertThat(upstream.requests().get(0).written()).isZero();
    }

    @Test
    void closesInTheMiddleOfTheBody() throws Exception {
        upstream.next(Answer.status(200).chunk("one").raw("8\r\nhal").close());
        try (Socket socket = get()) {
            assertThat(new String(socket.getInputStream().readAllBytes(), UTF_8))
                    .isEqualTo(HEAD + "3\r\none\r\n8\r\nhal");
        }
        assertThat(upstream.requests().get(0).awaitEnding(PATIENCE)).isEqualTo(Ending.CLOSED);
    }

    @Test
    void isSilentUntilThePeerLeaves() throws Exception {
        upstream.next(Answer.status(200).head().silence());
        try (Socket socket = get()) {
            assertThat(read(socket.getInputStream(), HEAD.length())).isEqualTo(HEAD);
            assertThat(upstream.openConnections()).isEqualTo(1);
            assertThat(upstream.requests().get(0).ending()).isNull();
        }
        assertThat(upstream.requests().get(0).awaitEnding(PATIENCE)).isEqualTo(Ending.PEER_LEFT);
        assertThat(upstream.awaitPeerClosed(PATIENCE)).isTrue();
    }

    @Test
    void noticesAPeerThatLeavesInAPause() throws Exception {
        upstream.next(Answer.status(200).head().pause(Duration.ofDays(1)).end());
        get().close();
        assertThat(upstream.awaitRequest(1, PATIENCE).awaitEnding(PATIENCE)).isEqualTo(Ending.PEER_LEFT);
    }

    @Test
    void staysOpenWhenItsStepsRunOut() throws Exception {
        upstream.next(Answer.status(200).chunk("a"));
        try (Socket socket = get()) {
            assertThat(read(socket.getInputStream(), HEAD.length() + 6)).endsWith("1\r\na\r\n");
            assertThat(upstream.requests().get(0).ending()).isNull();
        }
        assertThat(upstream.requests().get(0).awaitEnding(PATIENCE)).isEqualTo(Ending.PEER_LEFT);
    }

    @Test
    void isHeldUpByAPeerThatDoesNotRead() throws Exception {
        long all = 200L * 1024 * 1024;
        upstream.next(Answer.status(200).firehose(1024 * 1024, 200).end());
        try (Socket socket = get()) {
            assertThat(read(socket.getInputStream(), 8)).isEqualTo("HTTP/1.1");
            assertThat(upstream.requests().get(0).written()).isLessThan(all);
        }
        Received received = upstream.requests().get(0);
        assertThat(received.awaitEnding(PATIENCE)).isEqualTo(Ending.PEER_LEFT);
        assertThat(received.written()).isLessThan(all);
    }

    @Test
    void writesByteByByte() throws Exception {
        upstream.next(Answer.status(200).chunk("hello").end().byteByByte());
        assertThat(post("/", "").body()).isEqualTo("hello");
        assertThat(upstream.requests().get(0).awaitEnding(PATIENCE)).isEqualTo(Ending.ANSWERED);
        assertThat(upstream.requests().get(0).written()).isEqualTo(HEAD.length() + 10 + 5);
    }

    @Test
    void compressesEachPartByItself() throws Exception {
        CompletableFuture<Void> more = new CompletableFuture<>();
        upstream.next(Answer.stream().gzip().event("a").await(more).event("b").end());
        HttpResponse<InputStream> response =
                client.send(HttpRequest.newBuilder(upstream.uri()).build(), BodyHandlers.ofInputStream());
        assertThat(response.headers().firstValue("content-encoding")).contains("gzip");
        InputStream in = new GZIPInputStream(response.body());
        assertThat(read(in, 9)).isEqualTo("data: a\n\n");
        more.complete(null);
        assertThat(new String(in.readAllBytes(), UTF_8)).isEqualTo("data: b\n\n");
    }

    @Test
    void writesWhatIsNoHttp() throws Exception {
        upstream.next(Answer.status(200).raw("garbage\r\n").close());
        assertThatThrownBy(() -> post("/", "")).isInstanceOf(IOException.class);
    }

    @Test
    void closesAfterAnAnswerThatSaysSo() throws Exception {
        upstream.next(Answer.status(200).header("Connection", "close").end());
        assertThat(post("/", "").statusCode()).isEqualTo(200);
        assertThat(upstream.awaitPeerClosed(PATIENCE)).isTrue();
        assertThat(upstream.requests().get(0).ending()).isEqualTo(Ending.ANSWERED);
    }

    @Test
    void dropsAPeerThatDoesNotSpeakHttp() throws Exception {
        try (Socket socket = new Socket(upstream.uri().getHost(), upstream.uri().getPort())) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.getOutputStream().write("hello\r\n".getBytes(UTF_8));
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void tellsWhatDidNotHappen() throws Exception {
        assertThatThrownBy(() -> upstream.awaitRequest(1, Duration.ofMillis(1)))
                .isInstanceOf(AssertionError.class)
                .hasMessage("only 0 of 1 requests within PT0.001S");
        upstream.next(Answer.status(200).silence());
        try (Socket socket = get()) {
            assertThatThrownBy(() -> upstream.awaitRequest(1, PATIENCE).awaitEnding(Duration.ofMillis(1)))
                    .isInstanceOf(AssertionError.class)
                    .hasMessage("GET /x has not ended within PT0.001S");
            assertThat(upstream.awaitPeerClosed(Duration.ofMillis(1))).isFalse();
            assertThat(socket.isClosed()).isFalse();
        }
    }

    @Test
    void letsGoOfAllConnectionsWhenClosed() throws Exception {
        upstream.next(Answer.status(200).head().silence());
        try (Socket socket = get()) {
            read(socket.getInputStream(), HEAD.length());
            upstream.close();
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
        assertThat(upstream.awaitPeerClosed(PATIENCE)).isTrue();
    }
}
