package dev.sluice.plugins.modelfallback;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.Dialect;
import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.plugins.promptdecorator.PromptDecorator;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.Received;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever a provider does, over real sockets, in both dialects, streamed and not: rescued, or one clean error. Long, and
 * bench's battery of the same is in every build.
 */
@Tag("long")
class FaultsTest {
    private BrokenUpstream primary;
    private BrokenUpstream backup;
    private TestGateway gateway;

    @BeforeEach
    void start() throws IOException {
        primary = BrokenUpstream.start();
        backup = BrokenUpstream.start();
        primary.always(Upstreams.healthy());
        backup.always(Upstreams::goesOn);
    }

    @AfterEach
    void stop() throws Exception {
        gateway.close();
        primary.close();
        backup.close();
    }

    private void gateway(String more) {
        gateway = TestGateway.with(new PromptDecorator(), new ModelFallback(), new AiProxy())
                .config("""
                        providers:
                          p: { type: openai, baseUrl: "%s/v1", apiTokens: [wrong] }
                          f: { type: openai, baseUrl: "%s/v1", apiTokens: [right] }
                        routes:
                          - name: chat
                            filters:
                              - prompt-decorator: { prepend: [{ role: system, content: House rules. }] }
                              - model-fallback: { targets: [{ provider: f, model: backup }], backoff: 20ms, %s }
                              - ai-proxy: { provider: p }
                        """.formatted(primary.uri(), backup.uri(), more))
                .start();
    }

    private static final String SHORT = "firstEventTimeout: 1s, idleTimeout: 1s, answerTimeout: 1s";

    private Call call(Dialect dialect, boolean stream) {
        return Call.make(gateway.uri("/"), dialect, stream, "");
    }

    private record Fault(
            String name, Function<Received, Answer> answer, boolean both, int level, int tries, String reason) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Fault fault(String name, Answer answer, int level, int tries, String reason) {
        return new Fault(name, request -> answer, true, level, tries, reason);
    }

    private static Fault inStreams(String name, Answer answer, int level, int tries, String reason) {
        return new Fault(name, request -> answer, false, level, tries, reason);
    }

    static Stream<Arguments> rescued() {
        Answer overloaded = Answer.json(503, "{\"error\":{\"message\":\"busy\"}}");
        List<Fault> faults = List.of(
                fault("500 for ever", Answer.json(500, "{\"error\":{\"message\":\"x\"}}"), 1, 2, "server_error"),
                fault(
                        "502 with a page",
                        Answer.status(502)
                                .header("content-type", "text/html")
                                .chunk("<p>")
                                .end(),
                        1,
                        2,
                        "server_error"),
                fault("503 for ever", overloaded, 1, 2, "server_error"),
                fault(
                        "529 for ever",
                        Answer.json(529, "{\"error\":{\"type\":\"overloaded_error\"}}"),
                        1,
                        2,
                        "overloaded"),
                fault("429 for ever", Upstreams.error(429, "rate_limit_exceeded", "slow down"), 1, 2, "rate_limit"),
                fault(
                        "429 for a minute",
                        Upstreams.error(429, "rate_limit_exceeded", "slow down").header("retry-after", "60"),
                        1,
                        1,
                        "rate_limit"),
                fault("an empty account", Upstreams.error(429, "insufficient_quota", "pay first"), 1, 1, "no_key"),
                fault("a wrong key", Upstreams.error(401, "invalid_api_key", "who are you"), 1, 1, "no_key"),
                fault("408", Answer.json(408, "{\"error\":{\"message\":\"late\"}}"), 1, 2, "request_timeout"),
                fault("reset before the head", Answer.resetBeforeHeaders(), 1, 2, "reset"),
                fault("closed before the head", Answer.status(200).close(), 1, 2, "reset"),
                fault("silence", Answer.status(200).silence(), 1, 1, "timeout"),
                fault(
                        "an error inside a 200",
                        Answer.json(200, "{\"error\":{\"message\":\"boom\",\"type\":\"server_error\"}}"),
                        1,
                        2,
                        ""),
                inStreams("a head and then silence", Answer.stream().head().silence(), 1, 1, "first_event_timeout"),
                inStreams(
                        "an opening and then silence",
                        Answer.stream().event(Upstreams.role("m")).silence(),
                        1,
                        1,
                        "first_event_timeout"),
                inStreams(
                        "cut before its first event",
                        Answer.stream().event(Upstreams.role("m")).cut(),
                        1,
                        2,
                        "reset"),
                inStreams(
                        "an error as the first event",
                        Answer.stream()
                                .event("{\"error\":{\"message\":\"boom\"}}")
                                .end(),
                        1,
                        2,
                        "error"),
                inStreams("an empty stream", Answer.stream().end(), 1, 2, "reset"),
                inStreams(
                        "garbage for a stream",
                        Answer.stream().chunk("data: <<<\n\n\u0000\u0001").end(),
                        1,
                        2,
                        "reset"));
        List<Arguments> all = new ArrayList<>();
        for (Fault fault : faults) {
            for (Dialect dialect : List.of(Dialect.OPENAI, Dialect.ANTHROPIC)) {
                all.add(Arguments.of(fault, dialect, true));
                if (fault.both) {
                    all.add(Arguments.of(fault, dialect, false));
                }
            }
        }
        return all.stream();
    }

    @ParameterizedTest(name = "{0}, {1}, streamed {2}")
    @MethodSource("rescued")
    void theFallbackAnswers(Fault fault, Dialect dialect, boolean stream) {
        primary.always(fault.answer);
        gateway(SHORT);

        Call call = call(dialect, stream);

        assertThat(call.status()).as(call.body()).isEqualTo(200);
        assertThat(call.whole()).isTrue();
        assertThat(call.text()).isEqualTo(Upstreams.TEXT);
        assertThat(call.model()).isEqualTo("backup");
        assertThat(call.header("x-sluice-provider")).isEqualTo("f");
        assertThat(call.header("x-sluice-model")).isEqualTo("backup");
        assertThat(call.header("x-sluice-fallback-level")).isEqualTo(Integer.toString(fault.level));
        assertThat(call.header("x-sluice-fallback-reason")).contains(fault.reason);
        assertThat(call.usage()).isNotNull();
        assertThat(call.usage().output()).as("failed tries cost nothing").isEqualTo(5);
        assertThat(primary.requests()).hasSize(fault.tries);
        assertThat(backup.requests()).hasSize(1);
        for (Received received : Stream.concat(primary.requests().stream(), backup.requests().stream())
                .toList()) {
            assertThat(received.text())
                    .as("what outer filters added is in every try")
                    .contains("House rules.");
        }
        assertThat(backup.requests().get(0).headers().get("authorization")).isEqualTo("Bearer right");
    }

    static Stream<Arguments> modes() {
        return Stream.of(Dialect.OPENAI, Dialect.ANTHROPIC)
                .flatMap(dialect -> Stream.of(Arguments.of(dialect, true), Arguments.of(dialect, false)));
    }

    @ParameterizedTest
    @MethodSource("modes")
    void oneThatRefusesConnectionsIsLeftForTheNext(Dialect dialect, boolean stream) throws IOException {
        gateway("");
        primary.close();

        Call call = call(dialect, stream);

        assertThat(call.text()).isEqualTo(Upstreams.TEXT);
        assertThat(call.header("x-sluice-fallback-reason")).contains("connect_error");
    }

    @ParameterizedTest
    @MethodSource("modes")
    void oneFailureIsMendedByTheSameTarget(Dialect dialect, boolean stream) {
        primary.next(Answer.json(500, "{}"));
        gateway("");

        Call call = call(dialect, stream);

        assertThat(call.text()).isEqualTo(Upstreams.TEXT);
        assertThat(call.model()).isEqualTo("m");
        assertThat(call.header("x-sluice-fallback-level")).isEqualTo("0");
        assertThat(primary.requests()).hasSize(2);
        assertThat(backup.requests()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("modes")
    void aShortRetryAfterIsWaitedFor(Dialect dialect, boolean stream) {
        primary.next(Answer.json(429, "{}").header("retry-after", "1"));
        gateway("");
        long began = System.nanoTime();

        Call call = call(dialect, stream);

        assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThanOrEqualTo(Duration.ofMillis(990));
        assertThat(call.text()).isEqualTo(Upstreams.TEXT);
        assertThat(call.header("x-sluice-provider")).isEqualTo("p");
    }

    static Stream<Arguments> callersOwn() {
        return Stream.of(
                        Arguments.of("context_length", Upstreams.error(400, "context_length_exceeded", "too long")),
                        Arguments.of("content_blocked", Upstreams.error(400, "content_policy_violation", "no")),
                        Arguments.of("", Upstreams.error(400, "invalid_request_error", "no such field")),
                        Arguments.of("", Upstreams.error(404, "model_not_found", "no such model")))
                .flatMap(one ->
                        modes().map(mode -> Arguments.of(one.get()[0], one.get()[1], mode.get()[0], mode.get()[1])));
    }

    @ParameterizedTest
    @MethodSource("callersOwn")
    void theCallersOwnMistakeIsTheCallers(String code, Answer answer, Dialect dialect, boolean stream) {
        primary.always(request -> answer);
        gateway("");

        Call call = call(dialect, stream);

        assertThat(call.status()).isBetween(400, 404);
        assertThat(call.header("x-sluice-error")).contains(code);
        assertThat(primary.requests()).hasSize(1);
        assertThat(backup.requests()).isEmpty();
    }

    static Stream<Arguments> cuts() {
        Answer begun = Upstreams.begun("m", "The answer to ", "the question is for");
        return Stream.of(
                        Arguments.of("cut", begun.pause(Duration.ofMillis(300)).cut()),
                        Arguments.of("closed", begun.close()),
                        Arguments.of("ended without an end", begun.end()),
                        Arguments.of("silent", begun.silence()),
                        Arguments.of(
                                "an error",
                                begun.event("{\"error\":{\"message\":\"boom\"}}")
                                        .end()))
                .flatMap(one -> Stream.of(Dialect.OPENAI, Dialect.ANTHROPIC)
                        .map(dialect -> Arguments.of(one.get()[0], one.get()[1], dialect)));
    }

    @ParameterizedTest(name = "{0}, {2}")
    @MethodSource("cuts")
    void aCutStreamIsCarriedOnWithoutGapOrRepeat(String name, Answer answer, Dialect dialect) {
        primary.always(request -> answer);
        gateway(SHORT);

        Call call = call(dialect, true);

        assertThat(call.whole()).as(call.body()).isTrue();
        assertThat(call.text()).isEqualTo(Upstreams.TEXT);
        assertThat(call.model()).as("the head and the first model stand").isEqualTo("m");
        assertThat(call.usage().output()).as("the sum of both").isGreaterThan(5);
        assertThat(primary.requests()).hasSize(1);
        assertThat(backup.requests()).hasSize(1);
        assertThat(backup.requests().get(0).text()).contains("House rules.", "the question is for");
    }

    @ParameterizedTest
    @EnumSource(
            names = {"OPENAI", "ANTHROPIC"},
            value = Dialect.class)
    void aFinishedAnswerWhoseConnectionBreaksIsClosed(Dialect dialect) {
        primary.always(request -> Upstreams.begun("m", Upstreams.TEXT)
                .event(Upstreams.finish("m"))
                .pause(Duration.ofMillis(300))
                .cut());
        gateway("");

        Call call = call(dialect, true);

        assertThat(call.whole()).as(call.body()).isTrue();
        assertThat(call.text()).isEqualTo(Upstreams.TEXT);
        assertThat(call.body()).endsWith(dialect == Dialect.OPENAI ? "data: [DONE]\n\n" : "\"message_stop\"}\n\n");
        if (dialect == Dialect.OPENAI) {
            // Where it is translated, the end is held until the usage is there, and the fallback is asked for it.
            assertThat(backup.requests()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(
            names = {"OPENAI", "ANTHROPIC"},
            value = Dialect.class)
    void anAnswerCutInsideAToolCallEndsInAnError(Dialect dialect) {
        primary.always(request -> Answer.stream()
                .event(Upstreams.role("m"))
                .event(Upstreams.chunk(
                        "m",
                        "{'tool_calls':[{'index':0,'id':'t1','type':'function','function':{'name':'f','arguments':'{'}}]}",
                        "null"))
                .close());
        gateway("");

        Call call = call(dialect, true);

        assertThat(call.whole()).isFalse();
        assertThat(call.code()).isEqualTo("upstream_broken");
        assertThat(call.body()).doesNotContain("[DONE]", "message_stop");
        assertThat(backup.requests()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            names = {"OPENAI", "ANTHROPIC"},
            value = Dialect.class)
    void aDifferentAnswerIsNeverPatchedOn(Dialect dialect) {
        primary.always(request ->
                Upstreams.begun("m", "The answer to the question is ").close());
        backup.always(request -> Upstreams.good(request, "The answer to your riddle, dear friend, is nothing."));
        gateway("");

        Call call = call(dialect, true);

        assertThat(call.whole()).isFalse();
        assertThat(call.code()).isEqualTo("upstream_broken");
        assertThat(call.body()).doesNotContain("riddle", "[DONE]", "message_stop");
    }

    @ParameterizedTest
    @EnumSource(
            names = {"OPENAI", "ANTHROPIC"},
            value = Dialect.class)
    void aRefusedPrefillIsAskedForInWords(Dialect dialect) {
        primary.always(request ->
                Upstreams.begun("m", "The answer to ", "the question is for").close());
        gateway = TestGateway.with(new ModelFallback(), new AiProxy())
                .config("""
                        providers:
                          p: { type: openai, baseUrl: "%s/v1" }
                          f: { type: openai, baseUrl: "%s/v1" }
                        routes:
                          - name: chat
                            filters:
                              - model-fallback: { targets: [{ provider: f, model: backup, prefill: true }] }
                              - ai-proxy: { provider: p }
                        """.formatted(primary.uri(), backup.uri()))
                .start();

        Call call = call(dialect, true);

        assertThat(call.whole()).isTrue();
        assertThat(call.text()).isEqualTo(Upstreams.TEXT);
        assertThat(backup.requests()).hasSize(2);
        JsonNode prefilled = backup.requests().get(0).json().path("messages");
        assertThat(prefilled.get(prefilled.size() - 1).path("role").asText()).isEqualTo("assistant");
    }

    @Test
    void aPrefilledTargetGoesOn() {
        primary.always(request ->
                Upstreams.begun("m", "The answer to ", "the question is for").close());
        backup.always(request -> Upstreams.goesOn(request, true));
        gateway = TestGateway.with(new ModelFallback(), new AiProxy())
                .config("""
                        providers:
                          p: { type: openai, baseUrl: "%s/v1" }
                          f: { type: vllm, baseUrl: "%s/v1" }
                        routes:
                          - name: chat
                            filters:
                              - model-fallback: { targets: [{ provider: f, model: backup }] }
                              - ai-proxy: { provider: p }
                        """.formatted(primary.uri(), backup.uri()))
                .start();

        assertThat(call(Dialect.OPENAI, true).text()).isEqualTo(Upstreams.TEXT);
        assertThat(backup.requests()).hasSize(1);
        assertThat(backup.requests()
                        .get(0)
                        .json()
                        .path("continue_final_message")
                        .asBoolean())
                .isTrue();
    }

    @ParameterizedTest
    @MethodSource("modes")
    void withAllDownTheClientGetsTheFirstFailure(Dialect dialect, boolean stream) {
        primary.always(request -> Upstreams.error(503, "busy", "the first one is busy"));
        backup.always(request -> Upstreams.error(500, "broken", "the second one is broken"));
        gateway("");

        Call call = call(dialect, stream);

        assertThat(call.status()).isEqualTo(503);
        assertThat(call.body()).contains("the first one is busy").doesNotContain("127.0.0.1");
        assertThat(call.header("x-sluice-fallback-reason")).isEqualTo("server_error");
        assertThat(primary.requests()).hasSize(2);
        assertThat(backup.requests()).hasSize(2);
    }

    @ParameterizedTest
    @MethodSource("modes")
    void noneIsWaitedForBeyondTheTotalTimeout(Dialect dialect, boolean stream) {
        primary.always(request -> Answer.status(200).silence());
        backup.always(request -> Answer.status(200).silence());
        gateway("totalTimeout: 1s");

        Call call = call(dialect, stream);

        assertThat(call.status()).isEqualTo(504);
        assertThat(call.code()).isEqualTo("upstream_timeout");
        assertThat(backup.requests()).isEmpty();
    }

    @Test
    void aMalformedEventIsSkipped() {
        primary.always(request -> Upstreams.begun("m", "The answer to ")
                .chunk("data: {\"broken\":\n\n")
                .event(Upstreams.text("m", Upstreams.TEXT.substring(14)))
                .event(Upstreams.finish("m"))
                .end());
        gateway("");

        Call call = call(Dialect.OPENAI, true);

        assertThat(call.text()).isEqualTo(Upstreams.TEXT);
        assertThat(call.body()).doesNotContain("broken").endsWith("data: [DONE]\n\n");
        assertThat(backup.requests()).isEmpty();
    }
}
