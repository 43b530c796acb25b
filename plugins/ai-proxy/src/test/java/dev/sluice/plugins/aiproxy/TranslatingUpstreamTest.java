package dev.sluice.plugins.aiproxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Operation;
import dev.sluice.api.Reply;
import dev.sluice.api.Step;
import dev.sluice.api.Target;
import dev.sluice.api.Usage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a translation refuses, drops and does not believe; what it makes of whole exchanges, {@link GoldenTest} holds. */
class TranslatingUpstreamTest {
    private static final String OPENAI = "{'model':'m','messages':[{'role':'user','content':'Hi'}]}";
    private static final String ANTHROPIC =
            "{'model':'m','max_tokens':9,'messages':[{'role':'user','content':'Hi there'}]}";
    private static final String STREAM = ",'stream':true}";

    private Fixture fixture;

    private AttemptFilter tried(Dialect client) {
        fixture = new Fixture().provider("p", client == Dialect.OPENAI ? "anthropic" : "openai", "{}", "key-1");
        fixture.dialect = client;
        return fixture.tried();
    }

    private static FakeRequest request(String json) {
        return new FakeRequest("/v1/any", "https://h", FakeBody.of(json));
    }

    private AttemptFilter sent(Dialect client, boolean stream) {
        AttemptFilter tried = tried(client);
        String body = client == Dialect.OPENAI ? OPENAI : ANTHROPIC;
        assertThat(tried.onSend(request(stream ? body.substring(0, body.length() - 1) + STREAM : body)))
                .isSameAs(Step.next());
        return tried;
    }

    private static void isRefused(Step step, int status, String code, String message) {
        Reply reply = (Reply) step;
        assertThat(reply.text()).isEqualTo(message);
        assertThat(reply.status()).isEqualTo(status);
        assertThat(reply.code()).isEqualTo(code);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[] | the request's body is not a JSON object",
                "{'model':'m'} | messages is missing",
                "{'messages':{}} | messages must be a list, not of type object",
                "{'messages':[]} | messages says nothing: it needs a message with content",
                "{'messages':[{'role':'user','content':''}]} | messages says nothing: it needs a message with content",
                "{'messages':['x']} | messages[0] must be an object, not of type string",
                "{'messages':[null]} | messages[0] is missing",
                "{'messages':[{'content':'x'}]} | messages[0].role is missing",
                "{'messages':[{'role':'user','content':7}]} | messages[0].content must be a string or a list of parts",
                "{'messages':[{'role':'user','content':[7]}]} | messages[0].content[0] must be an object, not 7",
                "{'messages':[{'role':'user','content':[{'text':'x'}]}]} | messages[0].content[0].type is missing",
                "{'messages':[{'role':'user','content':[{'type':'text'}]}]} | messages[0].content[0].text is missing",
                "{'messages':[{'role':'user','content':[{'type':'image_url','image_url':'x'}]}]} | messages[0].content[0].image_url must be an object, not of type string",
                "{'messages':[{'role':'user','content':[{'type':'image_url','image_url':{'url':'data:text/plain;base64,eA=='}}]}]} | messages[0].content[0].image_url.url is data of type 'text/plain', not an image",
                "{'messages':[{'role':'user','content':[{'type':'image_url','image_url':{'url':'data:,x'}}]}]} | messages[0].content[0].image_url.url is a data URL without base64 data",
                "{'messages':[{'role':'user','content':[{'type':'image_url','image_url':{'url':'file:/etc/passwd'}}]}]} | messages[0].content[0].image_url.url must be a URL with http, https or data",
                "{'messages':[{'role':'tool','tool_call_id':'c','content':'x'}]} | messages[0].tool_call_id is the result of a call 'c' that no message before makes",
                "{'messages':[{'role':'tool','content':'x'}]} | messages[0].tool_call_id is missing",
                "{'messages':[{'role':'assistant','tool_calls':[{'id':1,'function':{}}]}]} | messages[0].tool_calls[0].id must be a string, not 1",
                "{'messages':[],'max_tokens':-1} | max_tokens must be a whole number above 0, not -1",
                "{'messages':[],'max_tokens':1.5} | max_tokens must be a whole number above 0, not 1.5",
                "{'messages':[],'temperature':'hot'} | temperature must be a number, not of type string",
                "{'messages':[],'stream':'yes'} | stream must be true or false, not of type string",
                "{'messages':[],'stream_options':[]} | stream_options must be an object, not of type array",
                "{'messages':[],'stop':[1]} | stop[0] must be a string, not 1",
                "{'messages':[],'tools':[{'type':'function'}]} | tools[0].function is missing",
                "{'messages':[],'tools':[{'type':'function','function':{'name':'f','parameters':[]}}]} | tools[0].function.parameters must be an object, not of type array",
                "{'messages':[],'response_format':{'type':'json_schema'}} | response_format.json_schema is missing",
                "{'messages':[],'response_format':{'type':'json_schema','json_schema':{'name':'n'}}} | response_format.json_schema.schema is missing",
                "{'messages':[],'response_format':'json'} | response_format must be an object, not of type string",
                "{'messages':[],'tool_choice':'perhaps'} | tool_choice must be auto, none, required or a function",
                "{'messages':[{'role':'user','content':'Hi'}]} | model is missing"
            })
    void malformedOpenAiBodiesAreTheClientsFault(String body, String message) {
        isRefused(tried(Dialect.OPENAI).onSend(request(body)), 400, "bad_request", message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'messages':[{'role':'user','content':'x'}],'n':2} | n asks for several answers, and this model gives one",
                "{'logprobs':true} | logprobs has no translation",
                "{'functions':[]} | functions has no translation",
                "{'modalities':['text','audio']} | modalities asks for more than text",
                "{'messages':[{'role':'function'}]} | messages[0].role is 'function', which has no translation",
                "{'messages':[{'role':'user','content':[{'type':'input_audio'}]}]} | messages[0].content[0].type is 'input_audio', which has no translation",
                "{'messages':[],'tools':[{'type':'custom'}]} | tools[0].type is 'custom', which has no translation",
                "{'messages':[],'tool_choice':{'type':'allowed_tools'}} | tool_choice.type is 'allowed_tools', which has no translation"
            })
    void whatOpenAiClientsCannotHaveIsRefused(String body, String message) {
        isRefused(tried(Dialect.OPENAI).onSend(request(body)), 400, "unsupported", message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "bad_request | {'model':'m'} | messages is missing",
                "bad_request | {'messages':[{'role':'bot'}]} | messages[0].role must be user or assistant, not 'bot'",
                "bad_request | {'messages':[{'role':'user','content':{}}]} | messages[0].content must be a string or a list of blocks",
                "bad_request | {'messages':[{'role':'user','content':[{'type':'tool_result','tool_use_id':'t'}]}]} | messages[0].content[0].tool_use_id is the result of a call 't' that no message before makes",
                "bad_request | {'messages':[{'role':'assistant','content':[{'type':'tool_use','id':'t','name':'f','input':'x'}]}]} | messages[0].content[0].input must be an object, not of type string",
                "bad_request | {'messages':[{'role':'user','content':[{'type':'image','source':{'type':'base64','media_type':'text/plain','data':''}}]}]} | messages[0].content[0].source.media_type is no type of image",
                "bad_request | {'messages':[{'role':'user','content':[{'type':'image'}]}]} | messages[0].content[0].source is missing",
                "bad_request | {'messages':[],'system':7} | system must be a list, not 7",
                "bad_request | {'messages':[],'system':[{'type':'image'}]} | system[0].type must be text here",
                "bad_request | {'messages':[],'thinking':{'type':'enabled'}} | thinking.budget_tokens is missing",
                "bad_request | {'messages':[],'tool_choice':{'type':'tool'}} | tool_choice.name is missing",
                "bad_request | {'messages':[],'metadata':'me'} | metadata must be an object, not of type string",
                "unsupported | {'mcp_servers':[]} | mcp_servers has no translation",
                "unsupported | {'messages':[],'tools':[{'type':'web_search_20250305','name':'w'}]} | tools[0].type is 'web_search_20250305', a tool of Anthropic's own",
                "unsupported | {'messages':[{'role':'user','content':[{'type':'document'}]}]} | messages[0].content[0].type is 'document', which has no translation"
            })
    void whatAnthropicClientsMayNotSendIsNamed(String code, String body, String message) {
        isRefused(tried(Dialect.ANTHROPIC).onSend(request(body)), 400, code, message);
    }

    @Test
    void aBodyThatIsNoJsonIsRefused() {
        for (Dialect client : new Dialect[] {Dialect.OPENAI, Dialect.ANTHROPIC}) {
            FakeRequest request = new FakeRequest("/v1/any", "https://h", new FakeBody("{\"messages\":["));
            isRefused(tried(client).onSend(request), 400, "bad_request", "the request's body is not JSON");
        }
    }

    @Test
    void whatIsDroppedIsNoted() {
        tried(Dialect.OPENAI)
                .onSend(
                        request(
                                "{'model':'m','seed':1,'logit_bias':null,'x':0,'reasoning_effort':'high','max_tokens':900,"
                                        + "'temperature':0.5,'top_p':0.5,'messages':[{'role':'user','name':'me','content':'Hi'}]}"));
        assertThat(fixture.notes)
                .containsOnly(
                        java.util.Map.entry("dropped_fields", "messages[].name, reasoning_effort, seed, top_p, x"));
        sent(Dialect.ANTHROPIC, false);
        assertThat(fixture.notes).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'max_tokens':1024 | thinks too little room",
                "'tool_choice':'required','tools':[] | may not be forced",
                "'messages':[{'role':'user','content':'Hi'},{'role':'assistant','content':'He'}] | may not go on from words",
                "'messages':[{'role':'user','content':'Hi'},{'role':'assistant','tool_calls':[{'id':'c','function':{'name':'f'}}]},{'role':'tool','tool_call_id':'c','content':'1'}] | must have its thought"
            })
    void aModelThatCannotThinkIsNotToldTo(String field, String why) {
        String messages = field.contains("messages") ? "" : ",'messages':[{'role':'user','content':'Hi'}]";
        FakeRequest request = request("{'model':'m','reasoning_effort':'low'," + field + messages + "}");
        assertThat(tried(Dialect.OPENAI).onSend(request)).as(why).isSameAs(Step.next());
        assertThat(request.body().json().has("thinking")).as(why).isFalse();
        assertThat(fixture.notes).containsEntry("dropped_fields", "reasoning_effort");
    }

    @Test
    void whatAnthropicWouldRefuseIsSpelledAsItTakesIt() {
        FakeRequest request = request("{'model':'m','stop':['\\n','END'],'messages':[{'role':'user','content':'Hi'},"
                + "{'role':'assistant','content':' ','tool_calls':[{'id':'functions.f:0','function':{'name':'f'}}]},"
                + "{'role':'tool','tool_call_id':'functions.f:0','content':''},{'role':'assistant','content':'So '}]}");
        tried(Dialect.OPENAI).onSend(request);
        assertThat(FakeBody.tree(request.body().json().toString()))
                .isEqualTo(FakeBody.tree("{'model':'m','max_tokens':4096,'messages':[{'role':'user','content':'Hi'},"
                        + "{'role':'assistant','content':[{'type':'tool_use','id':'functions_f_0','name':'f','input':{}}]},"
                        + "{'role':'user','content':[{'type':'tool_result','tool_use_id':'functions_f_0','content':''}]},"
                        + "{'role':'assistant','content':'So'}],'stop_sequences':['END']}"));
        assertThat(fixture.notes).containsEntry("dropped_fields", "stop");
    }

    @Test
    void theModelIsTheTargets() {
        AttemptFilter tried = tried(Dialect.ANTHROPIC);
        fixture.resolved = Target.of("p").model("wire");
        FakeRequest request = request(ANTHROPIC);
        fixture.tried().onSend(request);
        assertThat(request.body().json().path("model").textValue()).isEqualTo("wire");
        assertThat(tried).isNotNull();
    }

    @Test
    void openAiItselfIsToldTheBoundByItsNewerName() {
        for (String host : new String[] {"https://api.openai.com/v1", "https://other"}) {
            FakeRequest request = new FakeRequest("/v1/messages", host, FakeBody.of(ANTHROPIC));
            tried(Dialect.ANTHROPIC).onSend(request);
            assertThat(request.body().json().has("max_completion_tokens")).isEqualTo(host.contains("api.openai"));
            assertThat(request.body().json().has("max_tokens")).isEqualTo(host.contains("other"));
        }
    }

    @Test
    void theDefaultBoundIsTheProviders() {
        fixture = new Fixture().provider("p", "anthropic", "{'defaultMaxTokens':77}");
        FakeRequest request = request(OPENAI);
        fixture.tried().onSend(request);
        assertThat(request.body().json().path("max_tokens").intValue()).isEqualTo(77);
    }

    @Test
    void aClientsKeyThatIsPassedOnMovesToWhereTheProviderLooks() {
        fixture = new Fixture().provider("p", "anthropic", "{}", "own");
        FakeRequest request = request(OPENAI);
        request.headers.with("authorization", "Bearer mine").with("x-stainless-lang", "java");
        fixture.tried(Fixture.config(true, null)).onSend(request);
        assertThat(request.headers.names()).containsExactly("anthropic-version", "x-api-key");
        assertThat(request.headers.get("x-api-key")).isEqualTo("mine");

        fixture = new Fixture().provider("p", "openai", "{}", "own");
        fixture.dialect = Dialect.ANTHROPIC;
        FakeRequest other = request(ANTHROPIC);
        other.headers.with("x-api-key", "mine").with("anthropic-beta", "b");
        fixture.tried(Fixture.config(true, null)).onSend(other);
        assertThat(other.headers.names()).containsExactly("authorization");
        assertThat(other.headers.get("authorization")).isEqualTo("Bearer mine");
    }

    @Test
    void tokensAreEstimatedWhereTheProviderCountsNone() {
        tried(Dialect.ANTHROPIC);
        fixture.operation = Operation.COUNT_TOKENS;
        Reply reply = (Reply) fixture.tried().onSend(request(ANTHROPIC));
        assertThat(reply.json()).hasToString("{\"input_tokens\":2}");
        isRefused(fixture.tried().onSend(request("{}")), 400, "bad_request", "messages is missing");
    }

    @Test
    void otherOperationsAndAnOriginalProtocolAreRefused() {
        tried(Dialect.OPENAI);
        isRefused(
                fixture.tried(Fixture.config(false, AiProxyConfig.Protocol.ORIGINAL))
                        .onSend(request(OPENAI)),
                400,
                "unsupported",
                "provider 'p' of type anthropic has no operation 'chat', and nothing is translated while protocol is original");
        fixture.operation = Operation.EMBEDDINGS;
        fixture.request = new FakeRequest("/v1/embeddings", null, FakeBody.of("{}"));
        isRefused(
                fixture.tried().onSend(request("{}")),
                400,
                "unsupported",
                "provider 'p' of type anthropic has no operation 'embeddings'");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "OPENAI | {'id':'x'} | the provider's answer has no 'content'",
                "OPENAI | [] | the provider's answer is no JSON object",
                "ANTHROPIC | {'choices':[]} | the provider's answer is no chat completion: it has no choices[0].message",
                "ANTHROPIC | {'choices':{'0':1}} | the provider's answer is no chat completion: it has no choices[0].message"
            })
    void anAnswerThatIsNoneIsBroken(Dialect client, String body, String message) {
        AttemptFilter tried = sent(client, false);
        assertThat(tried.onResponse(new FakeHead(200, "application/json"))).isSameAs(Step.next());
        isRefused(tried.onResponseBody(FakeBody.of(body)), 502, "upstream_broken", message);
    }

    @Test
    void anAnswerThatDoesNotParseIsBroken() {
        isRefused(
                sent(Dialect.OPENAI, false).onResponseBody(new FakeBody("{\"content\":[")),
                502,
                "upstream_broken",
                "the provider's answer is no JSON object");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "false | text/plain | the provider answered with neither JSON nor a stream where JSON was asked for",
                "true | text/plain | the provider answered with neither JSON nor a stream where a stream was asked for"
            })
    void anAnswerOfTheWrongTypeIsBroken(boolean stream, String type, String message) {
        for (Dialect client : new Dialect[] {Dialect.OPENAI, Dialect.ANTHROPIC}) {
            isRefused(sent(client, stream).onResponse(new FakeHead(200, type)), 502, "upstream_broken", message);
        }
    }

    @Test
    void jsonInsteadOfAStreamIsLookedAtLikeAnyOther() {
        AttemptFilter tried = sent(Dialect.OPENAI, true);
        tried.onResponse(new FakeHead(200, "application/json"));
        isRefused(
                tried.onResponseBody(FakeBody.of("{'content':7}")),
                502,
                "upstream_broken",
                "the provider's answer is no message: it has no content");
        isRefused(
                tried.onResponseBody(FakeBody.of("{'error':{'type':'overloaded_error','message':'Busy'}}")),
                503,
                "upstream_error",
                "Busy");
    }

    @ParameterizedTest
    @ValueSource(strings = {"OPENAI", "ANTHROPIC"})
    void aStreamThatIsCutDoesNotLookWhole(Dialect client) {
        AttemptFilter tried = sent(client, true);
        tried.onResponse(new FakeHead(200, "text/event-stream"));
        Events events = client == Dialect.OPENAI
                ? tried.onEvent(Event.data(FakeBody.of("{'type':'content_block_delta','index':0,'delta':"
                                        + "{'type':'text_delta','text':'Hi'}}")
                                .text())
                        .name("content_block_delta"))
                : tried.onEvent(Event.data(FakeBody.of("{'choices':[{'index':0,'delta':{'content':'Hi'}}]}")
                        .text()));
        assertThat(events.toString()).contains("Hi");
        Reply reply = ((Events.Fail) tried.onEnd()).reply();
        assertThat(reply.code()).isEqualTo("upstream_broken");
    }

    @ParameterizedTest
    @ValueSource(strings = {"OPENAI", "ANTHROPIC"})
    void strangeEventsSayNothing(Dialect client) {
        AttemptFilter tried = sent(client, true);
        tried.onResponse(new FakeHead(200, "text/event-stream"));
        for (String data : new String[] {
            "",
            "oops",
            "[]",
            "{}",
            "{\"choices\":7}",
            "{\"type\":\"content_block_delta\",\"delta\":[]}",
            "{\"type\":\"new\"}",
            "{\"type\":\"content_block_start\",\"content_block\":null}",
            "{\"choices\":[null]}"
        }) {
            assertThat(tried.onEvent(Event.data(data))).as(data).isSameAs(Events.none());
        }
        assertThat(fixture.meters
                        .counter("sluice.ai.proxy.malformed.events", "provider", "p")
                        .count())
                .isEqualTo(3);
    }

    @Test
    void whatTheProviderDoesNotCountIsEstimated() {
        AttemptFilter tried = sent(Dialect.ANTHROPIC, true);
        tried.onResponse(new FakeHead(200, "text/event-stream"));
        tried.onEvent(Event.data(FakeBody.of("{'choices':[{'index':0,'delta':{'content':'one two three'}}]}")
                .text()));
        tried.onEvent(Event.data(FakeBody.of("{'choices':[{'index':0,'delta':{},'finish_reason':'stop'}]}")
                .text()));
        assertThat(tried.onEnd().toString()).contains("message_stop");
        assertThat(fixture.usage).isEqualTo(Usage.of(2, 3).asEstimated());
    }

    @Test
    void callsThatComeWholeAndUnnumberedAreTakenToo() {
        AttemptFilter tried = sent(Dialect.ANTHROPIC, true);
        tried.onResponse(new FakeHead(200, "text/event-stream"));
        String events = tried.onEvent(Event.data(FakeBody.of("{'choices':[{'delta':{'tool_calls':["
                                + "{'function':{'name':'f','arguments':'{}'}},"
                                + "{'id':'c','function':{'name':'g','arguments':'{}'}}]},'finish_reason':'stop'}]}")
                        .text()))
                .toString();
        assertThat(events)
                .containsSubsequence(
                        "\"id\":\"call_0\",\"name\":\"f\"",
                        "content_block_stop",
                        "\"id\":\"c\",\"name\":\"g\"",
                        "content_block_stop");
        assertThat(tried.onEnd().toString()).contains("\"stop_reason\":\"tool_use\"");
    }
}
