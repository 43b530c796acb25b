package dev.sluice.plugins.aiproxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Credential;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Operation;
import dev.sluice.api.Reply;
import dev.sluice.api.Step;
import dev.sluice.api.Target;
import dev.sluice.api.Usage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An Anthropic client on an Anthropic upstream. */
class AnthropicUpstreamTest {
    private static final String BODY =
            "{ \"top_k\" : 0.70, \"x\":{\"model\":\"in\"}, \"model\" : \"m\\u0061\" ,\"messages\":[], \"new\":1e2}";
    private static final String DELTA =
            "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"an \\\"error\\\"\"}}";

    private final Fixture fixture = new Fixture().provider("p", "anthropic", "{}", "key-1");

    @BeforeEach
    void anthropic() {
        fixture.dialect = Dialect.ANTHROPIC;
    }

    private static FakeRequest request(String body) {
        return new FakeRequest("/team/v1/messages", "https://h", new FakeBody(body));
    }

    private static Event event(String name, String json) {
        return Event.data(FakeBody.of(json).text()).name(name);
    }

    @Test
    void theBodyIsTheSameByteForByteButForTheModel() {
        for (String model : new String[] {null, "ma"}) {
            fixture.resolved = model == null ? Target.of("p") : Target.of("p").model(model);
            FakeRequest request = request(BODY);
            assertThat(fixture.tried().onSend(request)).isSameAs(Step.next());
            assertThat(((FakeBody) request.body()).text()).isEqualTo(BODY);
        }
        fixture.resolved = Target.of("p").model("claude-\"é\"");
        FakeRequest request = request(BODY);
        fixture.tried().onSend(request);
        assertThat(((FakeBody) request.body()).text()).isEqualTo(BODY.replace("m\\u0061", "claude-\\\"é\\\""));
        assertThat(request.path()).isEqualTo("/v1/messages");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "not json", "[]", "{\"model\":7}", "{}"})
    void bodiesThatItDoesNotUnderstandPassUntouched(String text) {
        fixture.resolved = Target.of("p").model("wire");
        FakeRequest request = request(text);
        assertThat(fixture.tried().onSend(request)).isSameAs(Step.next());
        assertThat(((FakeBody) request.body()).text()).isEqualTo(text);
    }

    @Test
    void theKeyIsWhereAnthropicLooksForItAndTheVersionIsTheClients() {
        FakeRequest request = request(BODY);
        request.headers
                .with("Authorization", "Bearer client")
                .with("x-api-key", "client")
                .with("anthropic-beta", "tools-1,cache-2");
        fixture.tried().onSend(request);
        assertThat(request.headers.names()).containsExactly("anthropic-beta", "anthropic-version", "x-api-key");
        assertThat(request.headers.get("x-api-key")).isEqualTo("key-1");
        assertThat(request.headers.get("anthropic-version")).isEqualTo("2023-06-01");
        assertThat(request.headers.get("anthropic-beta")).isEqualTo("tools-1,cache-2");

        FakeRequest versioned = request(BODY);
        versioned.headers.with("anthropic-version", "2024-01-01");
        fixture.credential = Credential.of("chosen");
        fixture.tried().onSend(versioned);
        assertThat(versioned.headers.get("anthropic-version")).isEqualTo("2024-01-01");
        assertThat(versioned.headers.get("x-api-key")).isEqualTo("chosen");
    }

    @Test
    void countsTokensByTheProvider() {
        fixture.operation = Operation.COUNT_TOKENS;
        AttemptFilter tried = fixture.tried();
        FakeRequest request = new FakeRequest("/v1/messages/count_tokens", "https://h/base", new FakeBody(BODY));
        tried.onSend(request);
        assertThat(request.path()).isEqualTo("/v1/messages/count_tokens");
        tried.onResponse(new FakeHead(200, "application/json"));
        assertThat(tried.onResponseBody(FakeBody.of("{'input_tokens':14}"))).isSameAs(Step.next());
        assertThat(fixture.usage).isNull();
    }

    @Test
    void modelsAreServedToAllAndFilesToAnthropicsClients() {
        fixture.dialect = Dialect.OPENAI;
        for (Operation operation : new Operation[] {Operation.MODELS, Operation.FILES}) {
            fixture.operation = operation;
            for (boolean anthropics : new boolean[] {true, false}) {
                String path = operation == Operation.MODELS ? "/v1/models" : "/v1/files";
                FakeRequest request = new FakeRequest(path, "https://h", new FakeBody(""));
                if (anthropics) {
                    request.headers.with("anthropic-version", "2023-06-01");
                }
                fixture.request = request;
                assertThat(fixture.tried().onSend(request) == Step.next())
                        .isEqualTo(anthropics || operation == Operation.MODELS);
            }
        }
    }

    @Test
    void usageIncludesWhatWasCachedAndGrows() {
        AttemptFilter tried = fixture.tried();
        Event start = event(
                "message_start",
                "{'type':'message_start','message':{'usage':{'input_tokens':3,'cache_read_input_tokens':5,"
                        + "'cache_creation_input_tokens':7,'output_tokens':1}}}");
        assertThat(tried.onEvent(start)).isSameAs(start);
        assertThat(fixture.usage).isEqualTo(Usage.of(15, 1).cachedInput(5).cacheWrite(7));
        Event delta = event(
                "message_delta",
                "{'type':'message_delta','delta':{'stop_reason':'end_turn'},'usage':{'output_tokens':9}}");
        assertThat(tried.onEvent(delta)).isSameAs(delta);
        assertThat(fixture.usage).isEqualTo(Usage.of(15, 9).cachedInput(5).cacheWrite(7));
        Event stop = event("message_stop", "{'type':'message_stop'}");
        assertThat(tried.onEvent(stop)).isSameAs(stop);
        assertThat(tried.onEnd()).isSameAs(Events.none());
    }

    @Test
    void aFinishedStreamWithoutItsLastEventGetsIt() {
        AttemptFilter tried = fixture.tried();
        tried.onEvent(event("message_delta", "{'type':'message_delta','delta':{'stop_reason':'end_turn'}}"));
        Event last = (Event) tried.onEnd();
        assertThat(last.name()).isEqualTo("message_stop");
        assertThat(last.json().path("type").textValue()).isEqualTo("message_stop");
    }

    @Test
    void aWholeAnswerThatIsNoJsonIsBroken() {
        for (String body : new String[] {"", "{\"content\":[{\"ty"}) {
            Reply reply = (Reply) fixture.tried().onResponseBody(new FakeBody(body));
            assertThat(reply.code()).isEqualTo("upstream_broken");
            assertThat(reply.text()).isEqualTo("the provider's answer is no JSON object");
        }
    }

    @Test
    void whatTheProvidersFilterHasBlockedIsSaid() {
        AttemptFilter tried = fixture.tried();
        tried.onResponse(new FakeHead(400, "application/json"));
        Reply reply =
                (Reply) tried.onResponseBody(FakeBody.of("{'type':'error','error':{'type':'invalid_request_error',"
                        + "'message':'Output blocked by content filtering policy'}}"));
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.code()).isEqualTo("content_blocked");
    }

    @Test
    void ordinaryEventsAreNotParsed() {
        Event delta = Event.data(DELTA).name("content_block_delta");
        assertThat(fixture.tried().onEvent(delta)).isSameAs(delta);
        assertThat(delta.isParsed()).isFalse();
        Event ping = event("ping", "{'type':'ping'}");
        assertThat(fixture.tried().onEvent(ping)).isSameAs(ping);
    }

    @Test
    void malformedEventsAreDroppedAndCounted() {
        for (String data : new String[] {"", "oops", "{\"usage\":{]}"}) {
            assertThat(fixture.tried().onEvent(Event.data(data).name("message_delta")))
                    .isSameAs(Events.none());
        }
        assertThat(fixture.meters
                        .counter("sluice.ai.proxy.malformed.events", "provider", "p")
                        .count())
                .isEqualTo(3);
    }

    @Test
    void aStreamWithoutAStopReasonIsBroken() {
        AttemptFilter tried = fixture.tried();
        tried.onEvent(Event.data(DELTA));
        Reply reply = ((Events.Fail) tried.onEnd()).reply();
        assertThat(reply.status()).isEqualTo(502);
        assertThat(reply.code()).isEqualTo("upstream_broken");
    }

    @ParameterizedTest
    @CsvSource({
        "overloaded_error, 503, upstream_error, No",
        "rate_limit_error, 429, upstream_error, No",
        "api_error, 502, upstream_error, No",
        "not_found_error, 404, upstream_error, No",
        "authentication_error, 502, upstream_auth, the provider refused the gateway's credential"
    })
    void anErrorInsideAnAnswerIsAFailure(String type, int status, String code, String message) {
        String json = "{'type':'error','error':{'type':'" + type + "','message':'No'}}";
        AttemptFilter whole = fixture.tried();
        whole.onResponse(new FakeHead(200, "application/json"));
        Reply[] replies = {
            ((Events.Fail) fixture.tried().onEvent(event("error", json))).reply(),
            ((Events.Fail) fixture.tried().onEvent(Event.data(FakeBody.of(json).text()))).reply(),
            (Reply) whole.onResponseBody(FakeBody.of(json))
        };
        for (Reply reply : replies) {
            assertThat(reply.status()).isEqualTo(status);
            assertThat(reply.code()).isEqualTo(code);
            assertThat(reply.text()).isEqualTo(message);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "529 | overloaded_error | Overloaded | 529 | upstream_error | Overloaded",
                "401 | authentication_error | invalid x-api-key sk-ant-api03-abc | 502 | upstream_auth | the provider refused the gateway's credential",
                "400 | invalid_request_error | prompt is too long: 210000 tokens > 200000 maximum | 400 | context_length | prompt is too long: 210000 tokens > 200000 maximum",
                "404 | not_found_error | model: sk-ant-api03-abc | 404 | upstream_error | model: [key]"
            })
    void anErrorAnswerBecomesCanonical(int status, String type, String said, int sent, String code, String message) {
        AttemptFilter tried = fixture.tried();
        tried.onResponse(new FakeHead(status, "application/json"));
        Reply reply = (Reply) tried.onResponseBody(
                FakeBody.of("{'type':'error','error':{'type':'" + type + "','message':'" + said + "'}}"));
        assertThat(reply.status()).isEqualTo(sent);
        assertThat(reply.code()).isEqualTo(code);
        assertThat(reply.text()).isEqualTo(message);
    }
}
