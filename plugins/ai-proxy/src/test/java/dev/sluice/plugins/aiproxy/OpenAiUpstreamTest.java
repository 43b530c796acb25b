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
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class OpenAiUpstreamTest {
    private static final String CHAT = "{ \"model\": \"m\",  \"messages\": [] }";
    private static final String STREAM = "{\"model\":\"m\",\"stream\":true}";
    private static final String CHUNK =
            "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"},\"finish_reason\":null}],\"usage\":null}";
    private static final String LAST = "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}";
    private static final String USAGE =
            "{\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2,\"total_tokens\":5}}";

    private final Fixture fixture = new Fixture().provider("p", "openai", "{}", "key-1", "key-2");

    private static FakeRequest request(String body) {
        return new FakeRequest("/v1/chat/completions", "https://h/v1", new FakeBody(body));
    }

    private AttemptFilter streaming() {
        AttemptFilter tried = fixture.tried();
        tried.onSend(request(STREAM));
        return tried;
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/chat/completions, https://h/v1, /chat/completions",
        "/v1/chat/completions, https://h/v1/, /chat/completions",
        "/team/a/v1/chat/completions, https://h/v1, /chat/completions",
        "/team/v1/chat/completions, http://h:8000, /v1/chat/completions",
        "/v1/embeddings, https://h/openai, /v1/embeddings",
        "/v1/chat/completions, https://h/api/v3, /chat/completions",
        "/chat/completions, https://h/v1, /chat/completions"
    })
    void theVersionIsNeitherDoubledNorLost(String path, String base, String sent) {
        fixture.operation = path.endsWith("embeddings") ? Operation.EMBEDDINGS : Operation.CHAT;
        fixture.request = new FakeRequest(path, base, FakeBody.of("{}"));
        FakeRequest request = new FakeRequest(path, base, new FakeBody(CHAT));
        assertThat(fixture.tried().onSend(request)).isSameAs(Step.next());
        assertThat(request.path()).isEqualTo(sent);
    }

    @Test
    void aBodyThatNeedsNoChangeKeepsItsBytes() {
        for (String model : new String[] {null, "m"}) {
            fixture.resolved = model == null ? Target.of("p") : Target.of("p").model(model);
            FakeBody body = new FakeBody(CHAT);
            fixture.tried().onSend(new FakeRequest("/v1/chat/completions", "https://h", body));
            assertThat(body.text()).isEqualTo(CHAT);
        }
    }

    @Test
    void theModelIsTheTargetsUnlessTheProtocolIsOriginal() {
        fixture.resolved = Target.of("p").model("wire");
        FakeRequest request = request(CHAT);
        fixture.tried().onSend(request);
        assertThat(new String(request.body().bytes(), StandardCharsets.UTF_8))
                .isEqualTo(CHAT.replace("\"m\"", "\"wire\""));

        FakeBody original = new FakeBody(STREAM);
        fixture.tried(Fixture.config(false, AiProxyConfig.Protocol.ORIGINAL))
                .onSend(new FakeRequest("/v1/chat/completions", "https://h", original));
        assertThat(original.text()).isEqualTo(STREAM);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "not json", "[]", "{\"model\":7}", "{\"model\":null}"})
    void bodiesThatItDoesNotUnderstandPassUntouched(String text) {
        fixture.resolved = Target.of("p").model("wire");
        FakeBody body = new FakeBody(text);
        assertThat(fixture.tried().onSend(new FakeRequest("/v1/chat/completions", "https://h", body)))
                .isSameAs(Step.next());
        assertThat(body.text()).isEqualTo(text);
    }

    @Test
    void providersKeysTakeTurnsAndTheClientsCredentialsGo() {
        var config = Fixture.config(false, null);
        var filter = new AiProxy().open(config, fixture.scope());
        for (String key : new String[] {"key-1", "key-2", "key-1"}) {
            FakeRequest request = request(CHAT);
            request.headers
                    .with("Authorization", "Bearer client")
                    .with("x-api-key", "c")
                    .with("api-key", "c")
                    .with("cookie", "c")
                    .with("accept-encoding", "gzip")
                    .with("x-kept", "k");
            filter.newFilter(fixture.exchange()).onAttempt(fixture.attempt()).onSend(request);
            assertThat(request.headers.get("authorization")).isEqualTo("Bearer " + key);
            assertThat(request.headers.names()).containsExactly("authorization", "x-kept");
        }
    }

    @Test
    void theTrysOwnCredentialComesFirst() {
        fixture.credential = Credential.of("chosen");
        FakeRequest request = request(CHAT);
        fixture.tried().onSend(request);
        assertThat(request.headers.get("authorization")).isEqualTo("Bearer chosen");
    }

    @Test
    void withoutKeysNoneIsSent() {
        FakeRequest request = request(CHAT);
        request.headers.with("authorization", "Bearer client");
        new Fixture().provider("p", "openai", "{}").tried().onSend(request);
        assertThat(request.headers.get("authorization")).isNull();
    }

    @Test
    void theClientsCredentialIsPassedOnlyIfAsked() {
        FakeRequest request = request(CHAT);
        request.headers.with("authorization", "Bearer client");
        fixture.tried(Fixture.config(true, null)).onSend(request);
        assertThat(request.headers.get("authorization")).isEqualTo("Bearer client");

        FakeRequest bare = request(CHAT);
        bare.headers.with("cookie", "c");
        fixture.tried(Fixture.config(true, null)).onSend(bare);
        assertThat(bare.headers.get("authorization")).isEqualTo("Bearer key-1");
        assertThat(bare.headers.get("cookie")).isEqualTo("c");
    }

    @Test
    void usageIsAskedForAndItsEventHidden() {
        AttemptFilter tried = fixture.tried();
        FakeRequest request = new FakeRequest(
                "/v1/chat/completions",
                "https://h",
                FakeBody.of("{'model':'m','stream':true,'stream_options':{'x':1}}"));
        tried.onSend(request);
        assertThat(request.body().json().path("stream_options"))
                .isEqualTo(FakeBody.tree("{'x':1,'include_usage':true}"));
        assertThat(tried.onEvent(Event.data(USAGE))).isSameAs(Events.none());
        assertThat(fixture.usage).isEqualTo(Usage.of(3, 2));
    }

    @Test
    void usageThatTheClientAskedForOrThatStandsInAnOrdinaryChunkStays() {
        String asked = "{\"stream\":true,\"stream_options\":{\"include_usage\":true}}";
        FakeBody body = new FakeBody(asked);
        AttemptFilter tried = fixture.tried();
        tried.onSend(new FakeRequest("/v1/chat/completions", "https://h", body));
        assertThat(body.text()).isEqualTo(asked);
        Event usage = Event.data(USAGE);
        assertThat(tried.onEvent(usage)).isSameAs(usage);

        Event ordinary = Event.data(LAST.substring(0, LAST.length() - 1) + "," + USAGE.substring(14));
        assertThat(ordinary.json().path("choices")).hasSize(1);
        assertThat(streaming().onEvent(ordinary)).isSameAs(ordinary);
        assertThat(fixture.usage).isEqualTo(Usage.of(3, 2));
    }

    @Test
    void ordinaryEventsAreNotParsed() {
        Event chunk = Event.data(CHUNK);
        assertThat(streaming().onEvent(chunk)).isSameAs(chunk);
        assertThat(chunk.isParsed()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{\"choices\":[{", "oops", "{\"usage\":{]}"})
    void malformedEventsAreDroppedAndCounted(String data) {
        AttemptFilter tried = streaming();
        assertThat(tried.onEvent(Event.data(data))).isSameAs(Events.none());
        assertThat(fixture.meters
                        .counter("sluice.ai.proxy.malformed.events", "provider", "p")
                        .count())
                .isEqualTo(1);
    }

    @Test
    void aStreamWithoutAFinishReasonIsBroken() {
        AttemptFilter tried = streaming();
        tried.onEvent(Event.data(CHUNK));
        Reply reply = ((Events.Fail) tried.onEnd()).reply();
        assertThat(reply.status()).isEqualTo(502);
        assertThat(reply.code()).isEqualTo("upstream_broken");
        assertThat(reply.text()).isEqualTo("the provider's stream ended before its answer was finished");

        AttemptFilter whole = streaming();
        whole.onEvent(Event.data(LAST));
        assertThat(whole.onEnd()).isSameAs(Events.none());
    }

    @Test
    void oneOfSeveralAnswersMayEndInAChunkWhereAnotherGoesOn() {
        AttemptFilter tried = fixture.tried();
        tried.onSend(request("{\"model\":\"m\",\"stream\":true,\"n\":2}"));
        tried.onEvent(Event.data("{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":null},"
                + "{\"index\":1,\"delta\":{},\"finish_reason\":\"stop\"}]}"));
        assertThat(tried.onEnd()).isSameAs(Events.none());
    }

    @Test
    void otherOperationsNeedNoFinishReason() {
        fixture.operation = Operation.AUDIO;
        fixture.request = new FakeRequest("/v1/audio/speech", null, FakeBody.of("{}"));
        AttemptFilter tried = streaming();
        assertThat(tried.onEnd()).isSameAs(Events.none());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'error':{'message':'Slow','type':'rate_limit_error'}} | 429 | upstream_error | Slow",
                "{'error':{'message':'Busy','type':'overloaded_error'}} | 503 | upstream_error | Busy",
                "{'error':{'message':'No','code':401}} | 502 | upstream_auth | the provider refused the gateway's credential",
                "{'error':{'message':'Bad','code':500}} | 500 | upstream_error | Bad",
                "{'error':'just text'} | 502 | upstream_error | just text",
                "{'error':{}} | 502 | upstream_error | the provider reported an error inside its answer",
                "{'error':{'type':'invalid_request_error','code':'context_length_exceeded','message':'Long'}} | 400 | context_length | Long"
            })
    void anErrorInsideAnAnswerIsAFailure(String json, int status, String code, String message) {
        Reply event =
                ((Events.Fail) streaming().onEvent(Event.data(FakeBody.of(json).text()))).reply();
        AttemptFilter whole = fixture.tried();
        whole.onResponse(new FakeHead(200, "application/json"));
        for (Reply reply : new Reply[] {event, (Reply) whole.onResponseBody(FakeBody.of(json))}) {
            assertThat(reply.status()).isEqualTo(status);
            assertThat(reply.code()).isEqualTo(code);
            assertThat(reply.text()).isEqualTo(message);
            assertThat(reply.headers()).containsExactly(Map.entry("x-sluice-error", code));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "401 | {'error':{'message':'Incorrect API key sk-abc'}} | 502 | upstream_auth | the provider refused the gateway's credential",
                "403 | {} | 502 | upstream_auth | the provider refused the gateway's credential",
                "400 | {'error':{'message':'This model has a maximum context length of 8 tokens'}} | 400 | context_length | This model has a maximum context length of 8 tokens",
                "400 | {'error':{'message':'No','code':'content_policy_violation'}} | 400 | content_blocked | No",
                "402 | {} | 402 | upstream_quota | the provider answered with status 402",
                "429 | {'error':{'message':'Pay','type':'insufficient_quota','code':'insufficient_quota'}} | 429 | upstream_quota | Pay",
                "400 | {'error':{'message':'Your credit balance is too low'}} | 400 | upstream_quota | Your credit balance is too low",
                "404 | {'detail':'No such model'} | 404 | upstream_error | No such model",
                "429 | {'error':{'message':'Slow','type':'tokens'}} | 429 | upstream_error | Slow",
                "503 | [] | 503 | upstream_error | the provider answered with status 503",
                "500 | not json | 500 | upstream_error | the provider answered with status 500",
                "999 | {} | 502 | upstream_error | the provider answered with status 999"
            })
    void anErrorAnswerBecomesCanonical(int status, String body, int sent, String code, String message) {
        AttemptFilter tried = fixture.tried();
        FakeHead head = new FakeHead(status, "application/json");
        head.headers.set("retry-after", "7");
        assertThat(tried.onResponse(head)).isSameAs(Step.next());
        Reply reply = (Reply) tried.onResponseBody(FakeBody.of(body));
        assertThat(reply.status()).isEqualTo(sent);
        assertThat(reply.code()).isEqualTo(code);
        assertThat(reply.text()).isEqualTo(message);
        assertThat(reply.headers()).containsExactly(Map.entry("x-sluice-error", code), Map.entry("retry-after", "7"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "{'type':'invalid_request_error','code':'context_length_exceeded','param':'messages'} | invalid_request_error | context_length_exceeded | messages",
                "{'type':'tokens','code':null,'param':'messages[0].content'} | tokens | - | messages[0].content",
                "{'type':'sk-abc def','code':429,'param':{}} | - | - | -",
                "{'type':'requests','code':'sk-proj4711471147114711','param':'0123456789abcdef0123'} | requests | - | -",
                "{'type':'a','code':'b','param':'abcdefabcdef0123abcdef'} | a | b | -"
            })
    void anErrorKeepsTheProvidersWordsForItsBody(String error, String type, String code, String param) {
        AttemptFilter tried = fixture.tried();
        tried.onResponse(new FakeHead(400, "application/json"));
        Reply reply = (Reply) tried.onResponseBody(FakeBody.of("{'error':" + error + "}"));
        assertThat(reply.spelledType()).isEqualTo(type);
        assertThat(reply.spelledCode()).isEqualTo(code);
        assertThat(reply.spelledParam()).isEqualTo(param);
    }

    @Test
    void anErrorPageIsNotShown() {
        Reply reply = (Reply) fixture.tried().onResponse(new FakeHead(502, "text/html"));
        assertThat(reply.text()).isEqualTo("the provider answered with status 502");
    }

    @Test
    void aWholeAnswerReportsItsUsage() {
        AttemptFilter tried = fixture.tried();
        tried.onResponse(new FakeHead(200, "application/json"));
        assertThat(tried.onResponseBody(new FakeBody(USAGE))).isSameAs(Step.next());
        assertThat(fixture.usage).isEqualTo(Usage.of(3, 2));
    }

    @Test
    void aWholeAnswerThatIsNoJsonIsBroken() {
        for (String body : new String[] {"", "not json", "{\"choices\":[{"}) {
            Reply reply = (Reply) fixture.tried().onResponseBody(new FakeBody(body));
            assertThat(reply.status()).isEqualTo(502);
            assertThat(reply.code()).isEqualTo("upstream_broken");
            assertThat(reply.text()).isEqualTo("the provider's answer is no JSON object");
        }
        fixture.operation = Operation.EMBEDDINGS;
        fixture.request = new FakeRequest("/v1/embeddings", "https://h/v1", FakeBody.of("{}"));
        assertThat(fixture.tried().onResponseBody(new FakeBody("not json"))).isSameAs(Step.next());
    }

    @Test
    void aPageForAnAnswerIsBroken() {
        Reply reply = (Reply) fixture.tried().onResponse(new FakeHead(200, "text/html; charset=utf-8"));
        assertThat(reply.status()).isEqualTo(502);
        assertThat(reply.code()).isEqualTo("upstream_broken");
        assertThat(reply.text()).isEqualTo("the provider answered with a page");
    }

    @ParameterizedTest
    @EnumSource(
            value = Dialect.class,
            names = {"GEMINI", "COHERE", "BEDROCK"})
    void otherDialectsAreRefusedByName(Dialect dialect) {
        fixture.dialect = dialect;
        Reply reply = (Reply) fixture.tried().onSend(request(CHAT));
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.code()).isEqualTo("unsupported");
        assertThat(reply.text())
                .isEqualTo("provider 'p' of type openai cannot serve a request in " + dialect + "'s dialect");
    }
}
