package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Attempt;
import dev.sluice.api.Credential;
import dev.sluice.api.Dialect;
import dev.sluice.api.Failure;
import dev.sluice.api.HttpRequest;
import dev.sluice.api.HttpResponse;
import dev.sluice.api.Key;
import dev.sluice.api.Operation;
import dev.sluice.api.Said;
import dev.sluice.api.Target;
import dev.sluice.api.Usage;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FakesTest {
    private static final URI THERE = URI.create("http://there/x");
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private static <T> T done(CompletionStage<T> stage) {
        CompletableFuture<T> future = stage.toCompletableFuture();
        assertThat(future).isDone();
        return future.join();
    }

    @Test
    void headersIgnoreCaseAndKeepOrder() {
        FakeHeaders headers = new FakeHeaders();
        headers.add("X-A", "1");
        headers.add("x-a", "2");
        headers.set("Y", "3");
        assertThat(headers.get("X-a")).isEqualTo("1");
        assertThat(headers.all("x-A")).containsExactly("1", "2");
        assertThat(headers.names()).containsExactly("x-a", "y");
        headers.set("X-A", "4");
        assertThat(headers.all("x-a")).containsExactly("4");
        headers.remove("Y");
        assertThat(headers.get("y")).isNull();
        assertThat(headers.all("y")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\rb", "a\nb", "a\0b"})
    void headersRefuseForgery(String value) {
        FakeHeaders headers = new FakeHeaders();
        assertThatThrownBy(() -> headers.add("x", value))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the value of header 'x' must hold no CR, LF or NUL");
        assertThatThrownBy(() -> headers.set("x", value)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aBodyIsEditedAndReplaced() {
        FakeBody body = FakeBody.json("{\"a\":1}");
        body.edit(o -> o.put("b", 2));
        assertThat(body.text()).isEqualTo("{\"a\":1,\"b\":2}");
        body.replace(JsonNodeFactory.instance.arrayNode().add(1));
        assertThat(body.text()).isEqualTo("[1]");
        assertThatThrownBy(() -> body.edit(o -> {})).hasMessage("only a body that is a JSON object can be edited");
        body.replace("{\"c\":3}".getBytes(StandardCharsets.UTF_8));
        assertThat(body.json().get("c").asInt()).isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "nonsense"})
    void aBodyThatIsNoJsonSaysSo(String text) {
        FakeBody body = FakeBody.json(text);
        assertThat(body.isJson()).isFalse();
        assertThatThrownBy(body::json).isInstanceOf(IllegalStateException.class).hasMessage("the body is not JSON");
        assertThat(FakeBody.bytes("{}".getBytes(StandardCharsets.UTF_8)).isJson())
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "OPENAI, /v1/chat/completions",
        "OPENAI_RESPONSES, /v1/responses",
        "ANTHROPIC, /v1/messages",
        "GEMINI, /v1beta/models/g:generateContent"
    })
    void anExchangeStandsOnThePathOfItsDialect(Dialect dialect, String path) {
        FakeExchange exchange = List.of(
                        FakeExchange.openAi(),
                        FakeExchange.openAiResponses(),
                        FakeExchange.anthropic(),
                        FakeExchange.gemini("g"))
                .stream()
                .filter(e -> e.dialect() == dialect)
                .findFirst()
                .orElseThrow();
        assertThat(exchange.request().path()).isEqualTo(path);
        assertThat(exchange.operation()).isEqualTo(Operation.CHAT);
    }

    @Test
    void anExchangeKeepsWhatFiltersLeave() {
        FakeExchange exchange =
                FakeExchange.openAi().header("X-A", "1").id("r").route("q").body("{\"model\":\"m\"}");
        assertThat(exchange.target()).isNull();
        exchange.target(Target.of("p"));
        exchange.put(Key.CONSUMER, "alice");
        exchange.note("cache", "hit");
        assertThat(exchange.target()).isEqualTo(Target.of("p"));
        assertThat(exchange.get(Key.CONSUMER)).isEqualTo("alice");
        assertThat(exchange.get(Key.RISK)).isNull();
        assertThat(exchange.notes()).containsExactly(Map.entry("cache", "hit"));
        exchange.log("tenant", "acme");
        assertThat(exchange.logged()).containsExactly(Map.entry("tenant", "acme"));
        assertThat(exchange.request().headers().get("x-a")).isEqualTo("1");
        assertThat(exchange.id() + exchange.route()).isEqualTo("rq");
        assertThat(exchange.tokens("12345")).isEqualTo(2);
        assertThat(exchange.isInternal()).isFalse();
        assertThat(exchange.internal().isInternal()).isTrue();
        assertThat(done(exchange.blocking(() -> 7))).isEqualTo(7);
        assertThat(exchange.blocking(() -> {
                            throw new IOException("no");
                        })
                        .toCompletableFuture())
                .isCompletedExceptionally();
    }

    @Test
    void anExchangeWaitsForItsClock() {
        FakeClock clock = new FakeClock();
        FakeExchange exchange = FakeExchange.openAi().clock(clock);
        CompletableFuture<?> later = exchange.after(MINUTE).toCompletableFuture();
        clock.advance(MINUTE.minusNanos(1));
        assertThat(later).isNotDone();
        clock.advance(Duration.ofNanos(1));
        assertThat(later).isDone();
    }

    @Test
    void callsAreAnsweredByPredicateThenInOrder() {
        FakeExchange exchange = FakeExchange.openAi();
        HttpResponse one = FakeAnswers.json(200, "1");
        HttpResponse two = FakeAnswers.json(200, "2");
        HttpResponse put = FakeAnswers.json(201, "3");
        exchange.calls().next(one).next(two).when(r -> r.method().equals("PUT"), put);
        assertThat(done(exchange.call(HttpRequest.get(THERE)))).isSameAs(one);
        assertThat(done(exchange.call(HttpRequest.of("PUT", THERE, new byte[0]))))
                .isSameAs(put);
        assertThat(done(exchange.call(HttpRequest.get(THERE)))).isSameAs(two);
        assertThat(exchange.calls().asked()).extracting(HttpRequest::method).containsExactly("GET", "PUT", "GET");
    }

    @Test
    void anUnexpectedCallFailsReadably() {
        CompletableFuture<HttpResponse> stage =
                FakeExchange.openAi().call(HttpRequest.get(THERE)).toCompletableFuture();
        assertThatThrownBy(stage::join)
                .cause()
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("unexpected call GET http://there/x: the test has scripted no answer for it");
    }

    @Test
    void asksAreKeptAsTheyWereAsked() {
        FakeScope scope = new FakeScope();
        ObjectNode chat = JsonNodeFactory.instance.objectNode().put("model", "m");
        CompletableFuture<HttpResponse> answer = new CompletableFuture<>();
        scope.asks().next(answer);
        CompletableFuture<HttpResponse> asked = scope.ask(
                        Target.of("p"), chat, Map.of(Attempt.CREDENTIAL, Credential.of("k")), MINUTE)
                .toCompletableFuture();
        chat.put("model", "changed");
        assertThat(asked).isNotDone();
        answer.complete(FakeAnswers.json(200, "{}"));
        assertThat(asked).isDone();
        Ask ask = scope.asks().asked().get(0);
        assertThat(ask.chat().get("model").asText()).isEqualTo("m");
        assertThat(ask.keys()).isEqualTo(Map.of(Attempt.CREDENTIAL, Credential.of("k")));
        assertThatThrownBy(() -> scope.ask(Target.of("p"), chat, Map.of(), MINUTE)
                        .toCompletableFuture()
                        .join())
                .cause()
                .hasMessage("unexpected ask p {\"model\":\"changed\"}: the test has scripted no answer for it");
    }

    @Test
    void aTrysRequestIsItsOwnCopy() {
        FakeExchange exchange = FakeExchange.openAi().header("a", "1").body("{\"a\":1}");
        FakeAttempt attempt = FakeAttempt.of(Target.of("p").endpoint(THERE));
        FakeUpstreamRequest sent = FakeUpstreamRequest.of(attempt, exchange);
        sent.headers().set("a", "2");
        sent.body().edit(o -> o.put("a", 2));
        sent.path("/other");
        sent.method("PUT");
        sent.query("q=1");
        assertThat(sent.method() + " " + sent.path() + "?" + sent.query()).isEqualTo("PUT /other?q=1");
        assertThat(sent.uri()).isEqualTo(THERE);
        assertThat(exchange.request().headers().get("a")).isEqualTo("1");
        assertThat(exchange.body().text()).isEqualTo("{\"a\":1}");
        assertThat(exchange.request().path()).isEqualTo("/v1/chat/completions");
    }

    @Test
    void anAttemptKeepsTheStrictestLimit() {
        FakeAttempt attempt = FakeAttempt.of("p", "m").number(2).resuming(Said.of("x", "", false, false));
        assertThat(attempt.firstEventLimit()).isNull();
        attempt.firstEventWithin(Duration.ofSeconds(5));
        attempt.firstEventWithin(Duration.ofSeconds(3));
        attempt.firstEventWithin(Duration.ofSeconds(4));
        attempt.answerWithin(Duration.ofSeconds(6));
        attempt.idleWithin(Duration.ofSeconds(7));
        attempt.totalWithin(Duration.ofSeconds(8));
        assertThat(attempt.firstEventLimit()).isEqualTo(Duration.ofSeconds(3));
        assertThat(attempt.answerLimit()).isEqualTo(Duration.ofSeconds(6));
        assertThat(attempt.idleLimit()).isEqualTo(Duration.ofSeconds(7));
        assertThat(attempt.totalLimit()).isEqualTo(Duration.ofSeconds(8));
        attempt.usage(Usage.of(1, 1));
        attempt.usage(Usage.of(2, 3));
        assertThat(attempt.usage()).isEqualTo(Usage.of(2, 3));
        assertThat(attempt.isResume()).isTrue();
        assertThat(attempt.said().text()).isEqualTo("x");
        assertThat(attempt.credential()).isNull();
        assertThat(attempt.with(Credential.of("k")).credential()).isEqualTo(Credential.of("k"));
    }

    @ParameterizedTest
    @CsvSource({
        "429, true, upstream_error, 429",
        "503, true, upstream_error, 503",
        "400, false, upstream_error, 400",
        "401, false, upstream_auth, 502"
    })
    void aFailureByStatusIsWhatItsStatusMeans(int status, boolean isTransient, String code, int reply) {
        FakeFailure failure = FakeFailure.status(FakeAttempt.of("p", "m"), status);
        assertThat(failure.isTransient()).isEqualTo(isTransient);
        assertThat(failure.code()).isEqualTo(code);
        assertThat(failure.asReply().status()).isEqualTo(reply);
    }

    @Test
    void everyKindOfFailureHasAReply() {
        for (Failure.Reason reason : Failure.Reason.values()) {
            FakeFailure failure = FakeFailure.of(FakeAttempt.of("p", "m"), reason);
            assertThat(failure.asReply().status()).isBetween(500, 599);
            assertThat(failure.asReply().code()).isEqualTo(failure.code());
        }
        FakeFailure late = FakeFailure.of(FakeAttempt.of("p", "m"), Failure.Reason.BROKEN)
                .afterAcceptance()
                .last();
        assertThat(late.accepted()).isTrue();
        assertThat(late.canRetry()).isFalse();
    }

    @Test
    void anOutcomeSumsItsTries() {
        FakeOutcome outcome = FakeOutcome.success()
                .attempt(Target.of("a"), null, FakeFailure.status(FakeAttempt.of("a", "m"), 500))
                .attempt(Target.of("b"), Usage.of(3, 4), null);
        assertThat(outcome.usage()).isEqualTo(Usage.of(3, 4));
        assertThat(outcome.attempts()).extracting(t -> t.target().provider()).containsExactly("a", "b");
        assertThat(outcome.succeeded()).isTrue();
        assertThat(FakeOutcome.cancellation(0).cancelled()).isTrue();
    }

    @Test
    void aProviderMapsModels() {
        FakeProvider provider = FakeProvider.of("p", "openai")
                .tokens("k1", "k2")
                .endpoint("http://e")
                .model("a", "b");
        assertThat(provider.wireModel("a")).isEqualTo("b");
        assertThat(provider.wireModel("x")).isEqualTo("x");
        assertThat(provider.model("*", "any").wireModel("x")).isEqualTo("any");
        assertThat(provider.credentials()).containsExactly(Credential.of("k1"), Credential.of("k2"));
        assertThat(provider.endpoints()).containsExactly(URI.create("http://e"));
    }

    @Test
    void aScopeReleasesInReverseAndStopsItsTasks() throws Exception {
        List<String> closed = new ArrayList<>();
        FakeScope scope = new FakeScope();
        scope.own(() -> closed.add("first"));
        scope.own(() -> {
            closed.add("second");
            throw new IllegalStateException("second");
        });
        scope.every(MINUTE, () -> {
            closed.add("tick");
            throw new IllegalStateException("logged");
        });
        scope.everyOnOneNode("n", MINUTE, () -> closed.add("tock"));
        scope.clock().advance(MINUTE);
        assertThat(closed).containsExactly("tick", "tock");
        assertThatThrownBy(scope::close).hasMessage("second");
        scope.clock().advance(MINUTE);
        assertThat(closed).containsExactly("tick", "tock", "second", "first");
    }

    @Test
    void aScopeExpiresItsStateByTheClock() {
        FakeScope scope = new FakeScope();
        assertThat(done(scope.shared().add("n", 1, MINUTE))).isEqualTo(1);
        scope.clock().advance(MINUTE);
        assertThat(done(scope.shared().get("n"))).isEmpty();
    }

    @Test
    void aScopeShowsWhatItWasGiven() {
        FakeScope scope = new FakeScope()
                .provider(FakeProvider.of("p", "openai"))
                .service(ObjectMapper.class, new ObjectMapper())
                .between(List.of("a"), List.of("b"));
        scope.show("keys", () -> JsonNodeFactory.instance.textNode("k"));
        scope.action("reset", body -> body.get("x"));
        assertThat(scope.shown("keys").asText()).isEqualTo("k");
        assertThat(scope.act("reset", JsonNodeFactory.instance.objectNode().put("x", 1))
                        .asInt())
                .isEqualTo(1);
        assertThatThrownBy(() -> scope.shown("x")).hasMessage("the filter shows no 'x' but [keys]");
        assertThatThrownBy(() -> scope.act("x", JsonNodeFactory.instance.objectNode()))
                .hasMessage("the filter offers no 'x' but [reset]");
        assertThat(scope.providers()).containsOnlyKeys("p");
        assertThat(scope.service(ObjectMapper.class)).isPresent();
        assertThat(scope.service(String.class)).isEmpty();
        assertThat(scope.chain().before()).containsExactly("a");
        assertThat(scope.chain().after()).containsExactly("b");
        assertThat(scope.chain().providers()).containsExactly("p");
    }
}
