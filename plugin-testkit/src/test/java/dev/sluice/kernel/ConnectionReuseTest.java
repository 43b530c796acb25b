package dev.sluice.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An upstream's connection is used again, unless the upstream has said that it will not be there. */
final class ConnectionReuseTest {
    private BrokenUpstream upstream;
    private TestGateway gateway;

    @BeforeEach
    void start() throws Exception {
        upstream = BrokenUpstream.start();
        gateway = TestGateway.with()
                .loops(1)
                .config("routes: [ { name: r, upstream: \"" + upstream.uri() + "\" } ]")
                .start();
    }

    @AfterEach
    void close() throws Exception {
        gateway.close();
        upstream.close();
    }

    private void ask() throws Exception {
        HttpResponse<String> answer = gateway.get("/");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("{}");
        assertThat(answer.headers().map()).doesNotContainKeys("connection", "keep-alive");
    }

    private static Answer saying(String name, String value) {
        return Answer.json(200, "{}").header(name, value);
    }

    @Test
    void aConnectionIsUsedAgain() throws Exception {
        upstream.always(request -> saying("connection", "keep-alive"));
        for (int i = 0; i < 5; i++) {
            ask();
        }
        assertThat(upstream.acceptedConnections()).isEqualTo(1);
    }

    /** The upstream keeps it open all the same, so that whoever used it again would be answered. */
    @ParameterizedTest
    @ValueSource(strings = {"close", "Close", "x-hop, close"})
    void oneThatIsAboutToCloseIsNot(String connection) throws Exception {
        upstream.always(request -> saying("Connection", connection).header("x-hop", "1"));
        for (int i = 1; i <= 3; i++) {
            ask();
            assertThat(upstream.acceptedConnections()).isEqualTo(i);
        }
    }

    @Test
    void oneThatIsKeptForASecondIsClosedSoonAfter() throws Exception {
        upstream.always(request -> saying("keep-alive", "timeout=1").header("connection", "keep-alive"));
        ask();
        assertThat(upstream.awaitPeerClosed(Duration.ofSeconds(10))).isTrue();
    }
}
