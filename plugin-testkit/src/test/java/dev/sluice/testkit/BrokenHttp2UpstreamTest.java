package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.testkit.BrokenHttp2Upstream.Ending;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BrokenHttp2UpstreamTest {
    private final Vertx vertx = Vertx.vertx();
    private final HttpClient client = vertx.createHttpClient(
            new HttpClientOptions().setProtocolVersion(HttpVersion.HTTP_2).setHttp2ClearTextUpgrade(false));

    @AfterEach
    void stop() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    private String body(BrokenHttp2Upstream upstream) throws Exception {
        return client.request(HttpMethod.GET, upstream.uri().getPort(), "127.0.0.1", "/x")
                .compose(HttpClientRequest::send)
                .compose(answer -> answer.body().map(Buffer::toString))
                .toCompletionStage()
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @EnumSource(
            value = Ending.class,
            names = {"WELL", "WELL_AFTER_GOAWAY"})
    void answersByItsParts(Ending ending) throws Exception {
        try (BrokenHttp2Upstream upstream = BrokenHttp2Upstream.start(List.of("one, ", "two"), "text/plain", ending)) {
            assertThat(body(upstream)).isEqualTo("one, two");
            assertThat(body(upstream)).isEqualTo("one, two");
            assertThat(upstream.requests()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Ending.class,
            names = {"RST_STREAM", "GOAWAY", "REFUSED"})
    void breaksAsTold(Ending ending) {
        try (BrokenHttp2Upstream upstream = BrokenHttp2Upstream.start(List.of("one, "), "text/plain", ending)) {
            assertThatThrownBy(() -> body(upstream)).hasCauseInstanceOf(Exception.class);
            assertThat(upstream.requests()).isEqualTo(1);
        }
    }

    @Test
    void aStreamThatIsResetSaysSo() {
        try (BrokenHttp2Upstream upstream =
                BrokenHttp2Upstream.start(List.of("one, "), "text/plain", Ending.RST_STREAM)) {
            assertThatThrownBy(() -> body(upstream)).hasMessageContaining("reset");
        }
    }
}
