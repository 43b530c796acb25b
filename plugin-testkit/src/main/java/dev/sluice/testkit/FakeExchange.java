package dev.sluice.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Dialect;
import dev.sluice.api.Exchange;
import dev.sluice.api.HttpRequest;
import dev.sluice.api.HttpResponse;
import dev.sluice.api.Key;
import dev.sluice.api.Operation;
import dev.sluice.api.Target;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One request for the unit test of a filter: {@code FakeExchange.openAi().body("{…}")}. Time is a {@link FakeClock}'s,
 * the outside world is scripted, blocking code runs at once. Confined to the test's thread.
 */
public final class FakeExchange implements Exchange {
    private final Dialect dialect;
    private final Operation operation;
    private final Keys keys = new Keys();
    private final FakeAnswers<HttpRequest> calls = new FakeAnswers<>("call");
    private final FakeAnswers<Ask> asks = new FakeAnswers<>("ask");
    private final Map<String, Object> notes = new LinkedHashMap<>();
    private final Map<String, Object> logged = new LinkedHashMap<>();
    private FakeRequestHead request;
    private FakeBody body = FakeBody.json("{}");
    private FakeClock clock = new FakeClock();
    private String id = "req-1";
    private String route = "test";
    private @Nullable Target target;
    private boolean internal;

    private FakeExchange(Dialect dialect, Operation operation, FakeRequestHead request) {
        this.dialect = dialect;
        this.operation = operation;
        this.request = request;
    }

    /** A request of any dialect and operation. */
    public static FakeExchange of(Dialect dialect, Operation operation, FakeRequestHead request) {
        return new FakeExchange(dialect, operation, request);
    }

    /** A chat in OpenAI's dialect. */
    public static FakeExchange openAi() {
        return chat(Dialect.OPENAI, "/v1/chat/completions");
    }

    /** A chat in the dialect of OpenAI's responses. */
    public static FakeExchange openAiResponses() {
        return chat(Dialect.OPENAI_RESPONSES, "/v1/responses");
    }

    /** A chat in Anthropic's dialect. */
    public static FakeExchange anthropic() {
        return chat(Dialect.ANTHROPIC, "/v1/messages");
    }

    /** A chat in Gemini's dialect, not streamed, with that model. */
    public static FakeExchange gemini(String model) {
        return chat(Dialect.GEMINI, "/v1beta/models/" + model + ":generateContent");
    }

    private static FakeExchange chat(Dialect dialect, String path) {
        return new FakeExchange(
                dialect, Operation.CHAT, FakeRequestHead.of("POST", path).header("content-type", "application/json"));
    }

    /** The same, with this body, whose headers say JSON. */
    public FakeExchange body(String json) {
        body = FakeBody.json(json);
        return this;
    }

    /** The same, with this tree as its body. */
    public FakeExchange body(JsonNode json) {
        body = FakeBody.json(json);
        return this;
    }

    /** The same, with this header field added to the request. */
    public FakeExchange header(String name, String value) {
        request.headers().add(name, value);
        return this;
    }

    /** The same, with another head. */
    public FakeExchange request(FakeRequestHead head) {
        request = head;
        return this;
    }

    /** The same, on that clock; by default it has its own. */
    public FakeExchange clock(FakeClock clock) {
        this.clock = clock;
        return this;
    }

    /** The same, with this request id. */
    public FakeExchange id(String id) {
        this.id = id;
        return this;
    }

    /** The same, on that route. */
    public FakeExchange route(String route) {
        this.route = route;
        return this;
    }

    /** The same, as another filter's question. */
    public FakeExchange internal() {
        internal = true;
        return this;
    }

    /** The request's body, to be given to {@code onRequestBody}. */
    public FakeBody body() {
        return body;
    }

    /** The clock by which {@link #after} runs. */
    public FakeClock clock() {
        return clock;
    }

    /** What is answered to {@link #call}, and what was called. */
    public FakeAnswers<HttpRequest> calls() {
        return calls;
    }

    /** What is answered to {@link #ask}, and what was asked. */
    public FakeAnswers<Ask> asks() {
        return asks;
    }

    /** What was noted, in order; unmodifiable. */
    public Map<String, Object> notes() {
        return Collections.unmodifiableMap(notes);
    }

    /** What was put into the access log's line itself, in order; unmodifiable. */
    public Map<String, Object> logged() {
        return Collections.unmodifiableMap(logged);
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public String route() {
        return route;
    }

    @Override
    public Dialect dialect() {
        return dialect;
    }

    @Override
    public Operation operation() {
        return operation;
    }

    @Override
    public FakeRequestHead request() {
        return request;
    }

    @Override
    public boolean isInternal() {
        return internal;
    }

    @Override
    public @Nullable Target target() {
        return target;
    }

    @Override
    public void target(Target target) {
        this.target = target;
    }

    @Override
    public <T> @Nullable T get(Key<T> key) {
        return keys.get(key);
    }

    @Override
    public <T> void put(Key<T> key, T value) {
        keys.put(key, value);
    }

    @Override
    public CompletionStage<HttpResponse> call(HttpRequest request) {
        return calls.answer(request);
    }

    @Override
    public <T> CompletionStage<T> blocking(Callable<T> work) {
        try {
            return CompletableFuture.completedFuture(work.call());
        } catch (Exception e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    @Override
    public CompletionStage<@Nullable Void> after(Duration delay) {
        return clock.after(delay);
    }

    @Override
    public CompletionStage<HttpResponse> ask(Target target, ObjectNode chat, Map<Key<?>, ?> keys, Duration deadline) {
        return asks.answer(new Ask(target, chat, keys, deadline));
    }

    /** One token for every four characters begun. */
    @Override
    public int tokens(String text) {
        return (text.length() + 3) / 4;
    }

    @Override
    public void note(String field, Object value) {
        notes.put(field, value);
    }

    @Override
    public void log(String field, Object value) {
        logged.put(field, value);
    }
}
