package dev.sluice.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Dialect;
import dev.sluice.api.Failure;
import dev.sluice.api.Filter;
import dev.sluice.api.Recovery;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.TestGateway;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Invariant 13: where all pass, the client gets the first try's failure, in its dialect. */
class AllPassTest extends Kernel {

    private TestGateway tryingTwice() {
        return TestGateway.with().filter("twice", exchange -> new Filter() {
            @Override
            public Recovery onFailure(Failure failure) {
                return failure.attempt().number() == 1 ? Recovery.retry(elsewhere()) : Recovery.pass();
            }
        });
    }

    @Test
    void anErrorAnswerReachesTheClientAsItCame() {
        String error = "{\"error\":{\"message\":\"slow down\",\"type\":\"limit\",\"code\":\"rate_limited\"}}";
        upstream.next(Answer.status(429)
                .header("content-type", "application/json")
                .header("retry-after", "7")
                .header("x-vendor", "kept")
                .chunk(error)
                .end());
        other.next(Answer.json(503, "{\"error\":\"second\"}"));
        route(tryingTwice(), "twice");

        Client client = stream().finish();

        assertThat(client.status()).isEqualTo(429);
        assertThat(client.body()).isEqualTo(error);
        assertThat(client.header("retry-after")).isEqualTo("7");
        assertThat(client.header("x-vendor")).isEqualTo("kept");
        assertThat(other.requests()).hasSize(1);
    }

    static Stream<Arguments> silentFailures() {
        return Stream.of(
                Arguments.of(Answer.resetBeforeHeaders(), 502, "upstream_broken"),
                Arguments.of(Answer.status(200).silence(), 504, "upstream_timeout"),
                Arguments.of(Answer.stream().chunk(Streams.ping()).close(), 502, "upstream_broken"));
    }

    @ParameterizedTest
    @MethodSource("silentFailures")
    void aFailureWithoutAnAnswerIsSpelledInTheClientsDialect(Answer first, int status, String code) {
        upstream.always(received -> first);
        other.always(received -> Answer.json(400, "{}"));
        routeWith(tryingTwice(), "timeouts: { firstEvent: 600ms }", "twice");

        Client openAi = stream().finish();
        assertThat(openAi.status()).isEqualTo(status);
        assertThat(openAi.json().at("/error/code").asText()).isEqualTo(code);
        assertThat(openAi.body()).doesNotContain("127.0.0.1");

        Client anthropic = anthropic().finish();
        assertThat(anthropic.status()).isEqualTo(status);
        assertThat(anthropic.json().path("type").asText()).isEqualTo("error");
        assertThat(anthropic.body()).contains(code);
    }

    @Test
    void anUpstreamThatCannotBeReachedIsAFailedTryLikeOthers() throws Exception {
        upstream.close();
        other.next(Answer.json(200, Streams.openAiJson("second")));
        route(tryingTwice(), "twice");

        assertThat(json().finish().text(Dialect.OPENAI)).isEqualTo("second");
    }

    @Test
    void thePassedOnErrorComesUpThroughTheFilters() {
        upstream.next(Answer.json(500, "{\"error\":{}}"));
        other.next(Answer.json(500, "{}"));
        route(tryingTwice().filter("a", exchange -> new Recording(journal, "a")), "a", "twice");

        assertThat(json().finish().status()).isEqualTo(500);
        journal.await("a.onComplete");
        assertThat(journal.all())
                .containsSubsequence("a.onFailure", "a.onResponse", "a.onResponseBody", "a.onComplete");
    }
}
