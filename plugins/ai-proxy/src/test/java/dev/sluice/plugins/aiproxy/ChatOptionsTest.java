package dev.sluice.plugins.aiproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.api.ConfigException;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a provider's config changes in chats, as the provider sees it. */
class ChatOptionsTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final String OPENAI = "openai/v1/chat/completions";
    private static final String ANTHROPIC = "anthropic/v1/messages";
    private static final String ANSWER =
            "{'id':'c','model':'m','choices':[{'index':0,'message':{'role':'assistant','content':'Hi'},"
                    + "'finish_reason':'stop'}],'usage':{'prompt_tokens':1,'completion_tokens':1}}";

    /** One for each test: what a test has queued and nobody fetched must not be the next one's. */
    private BrokenUpstream upstream;

    private TestGateway gateway;

    @BeforeEach
    void open() throws IOException {
        upstream = BrokenUpstream.start();
    }

    @AfterEach
    void stop() throws IOException {
        if (gateway != null) {
            gateway.close();
        }
        upstream.close();
    }

    private void start(String options) {
        gateway = TestGateway.with(new AiProxy())
                .config("""
                        providers:
                          openai: { type: openai, baseUrl: "%1$s/v1", %2$s }
                          anthropic: { type: anthropic, baseUrl: "%1$s", %3$s }
                        routes:
                          - { name: openai, match: { path: "/openai/**" }, filters: [ ai-proxy: { provider: openai } ] }
                          - { name: anthropic, match: { path: "/anthropic/**" }, filters: [ ai-proxy: { provider: anthropic } ] }
                        """.formatted(
                        upstream.uri(),
                        options,
                        options.contains("responseJsonSchema") || options.contains("seed") ? "http2: false" : options))
                .start();
    }

    private static String json(String quoted) {
        return quoted.replace('\'', '"');
    }

    private HttpResponse<String> ask(String path, String request, Answer answer) throws Exception {
        upstream.next(answer);
        return ask(path, request);
    }

    private HttpResponse<String> ask(String path, String request) throws Exception {
        return CLIENT.send(
                HttpRequest.newBuilder(gateway.uri("/" + path))
                        .timeout(Duration.ofSeconds(30))
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(json(request)))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** What the provider got. */
    private JsonNode sent(String path, String request) throws Exception {
        int before = upstream.requests().size();
        HttpResponse<String> got = ask(path, request, Answer.json(200, json(ANSWER)));
        assertThat(upstream.requests()).as(got.body()).hasSizeGreaterThan(before);
        return upstream.requests().get(upstream.requests().size() - 1).json();
    }

    @Test
    void settingsAreSetInTheProvidersRequest() throws Exception {
        start("customSettings: [ { name: temperature, value: 0.5 }, { name: max_tokens, value: 77, overwrite: false },"
                + " { name: extra.deep, value: { a: [1] }, mode: raw } ]");
        JsonNode sent = sent(OPENAI, "{'model':'m','temperature':1,'messages':[{'role':'user','content':'Hi'}]}");
        assertThat(sent.toString())
                .isEqualTo(json("{'model':'m','temperature':0.5,'messages':[{'role':'user','content':'Hi'}],"
                        + "'max_tokens':77,'extra':{'deep':{'a':[1]}}}"));
        sent = sent(OPENAI, "{'model':'m','max_completion_tokens':5,'messages':[{'role':'user','content':'Hi'}]}");
        assertThat(sent.path("max_completion_tokens").asInt()).isEqualTo(5);
        assertThat(sent.has("max_tokens")).isFalse();
        sent = sent(ANTHROPIC, "{'model':'m','max_tokens':9,'messages':[{'role':'user','content':'Hi'}]}");
        assertThat(sent.path("max_tokens").asInt()).isEqualTo(9);
        assertThat(sent.path("temperature").asDouble()).isEqualTo(0.5);
        // Other operations, too; and translated requests, in the provider's words.
        assertThat(sent("openai/v1/embeddings", "{'model':'m','input':'x'}")
                        .path("temperature")
                        .asDouble())
                .isEqualTo(0.5);
        assertThat(sent(
                                "openai/v1/messages",
                                "{'model':'m','max_tokens':9,'messages':[{'role':'user','content':'Hi'}]}")
                        .path("extra")
                        .toString())
                .isEqualTo(json("{'deep':{'a':[1]}}"));
    }

    @Test
    void aBoundIsSetUnderTheNameThatTheClientUsed() throws Exception {
        start("customSettings: [ { name: max_tokens, value: 7 } ]");
        JsonNode sent =
                sent(OPENAI, "{'model':'m','max_completion_tokens':5,'messages':[{'role':'user','content':'Hi'}]}");
        assertThat(sent.path("max_completion_tokens").asInt()).isEqualTo(7);
        assertThat(sent.has("max_tokens")).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[{'role':'system','content':'S'},{'role':'user','content':'a'},{'role':'assistant','content':'b'},{'role':'user','content':'/clear'},{'role':'user','content':'c'}] | [{'role':'system','content':'S'},{'role':'user','content':'c'}]",
                "[{'role':'user','content':'/clear'},{'role':'user','content':'a'},{'role':'user','content':[{'type':'text','text':'/clear'}]},{'role':'user','content':'b'}] | [{'role':'user','content':'b'}]",
                "[{'role':'user','content':'please /clear'},{'role':'assistant','content':'/clear'}] | [{'role':'user','content':'please /clear'},{'role':'assistant','content':'/clear'}]"
            })
    void aCommandForgetsWhatStandsBeforeIt(String messages, String expected) throws Exception {
        start("contextCleanupCommands: [ /clear ]");
        assertThat(sent(OPENAI, "{'model':'m','messages':" + messages + "}")
                        .path("messages")
                        .toString())
                .isEqualTo(json(expected));
    }

    @ParameterizedTest
    @CsvSource({OPENAI, ANTHROPIC})
    void aCommandAloneLeavesNothingToAsk(String path) throws Exception {
        start("contextCleanupCommands: [ /clear ]");
        int before = upstream.requests().size();
        HttpResponse<String> got = ask(
                path,
                "{'model':'m','max_tokens':9,'messages':[{'role':'user','content':'a'},{'role':'user','content':'/clear'}]}");
        assertThat(got.statusCode()).isEqualTo(400);
        assertThat(got.body()).contains("what was said is forgotten, as asked; say something after the command");
        assertThat(upstream.requests()).hasSize(before);
    }

    @Test
    void messagesInARowBecomeOneAndLoseNothing() throws Exception {
        start("mergeConsecutiveMessages: true");
        JsonNode sent = sent(
                OPENAI,
                "{'model':'m','messages':[{'role':'user','content':'a'},{'role':'user','content':'b','name':'n'},"
                        + "{'role':'user','content':[{'type':'image_url','image_url':{'url':'http://i'}}]},"
                        + "{'role':'assistant','content':null,'tool_calls':[{'id':'1'}]},{'role':'assistant','content':'x','tool_calls':[{'id':'2'}]},"
                        + "{'role':'tool','tool_call_id':'1','content':'r'},{'role':'tool','tool_call_id':'2','content':'r'}],'temperature':0}");
        assertThat(sent.path("messages").toString())
                .isEqualTo(
                        json(
                                "[{'role':'user','content':[{'type':'text','text':'a'},{'type':'text','text':'b'},"
                                        + "{'type':'image_url','image_url':{'url':'http://i'}}],'name':'n'},"
                                        + "{'role':'assistant','content':'x','tool_calls':[{'id':'1'},{'id':'2'}]},"
                                        + "{'role':'tool','tool_call_id':'1','content':'r'},{'role':'tool','tool_call_id':'2','content':'r'}]"));
        assertThat(sent.path("temperature").asInt(7)).isZero();
    }

    @Test
    void whatNeedsNoChangeKeepsItsBytes() throws Exception {
        start("mergeConsecutiveMessages: true, contextCleanupCommands: [ /clear ], promoteThinkingOnEmpty: true");
        String request =
                "{ \"model\" : \"m\", \"new\": 1.50, \"messages\":[{\"role\":\"user\",\"content\":\"\\u0048i\"}]}";
        sent(OPENAI, request);
        assertThat(upstream.requests().get(upstream.requests().size() - 1).text())
                .isEqualTo(request);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "type: object, properties: { a: { type: string } } | {'type':'json_schema','json_schema':{'name':'response','schema':{'type':'object','properties':{'a':{'type':'string'}}}}}",
                "type: json_object | {'type':'json_object'}"
            })
    void aSchemaIsTheFormatOfEachChat(String schema, String format) throws Exception {
        start("responseJsonSchema: { " + schema + " }");
        assertThat(sent(
                                OPENAI,
                                "{'model':'m','response_format':{'type':'text'},'messages':[{'role':'user','content':'Hi'}]}")
                        .path("response_format")
                        .toString())
                .isEqualTo(json(format));
        assertThat(sent("openai/v1/embeddings", "{'model':'m','input':'x'}").has("response_format"))
                .isFalse();
    }

    @Test
    void aContextJoinsTheInstructionsOfEitherDialectAndIsFetchedOnce() throws Exception {
        try (BrokenUpstream files = BrokenUpstream.start()) {
            start("context: { fileUrl: \"" + files.uri() + "/notes.txt\" }");
            files.next(Answer.json(503, "{}"));
            HttpResponse<String> refused = ask(OPENAI, "{'model':'m','messages':[{'role':'user','content':'Hi'}]}");
            assertThat(refused.statusCode()).isEqualTo(502);
            assertThat(refused.body()).contains("the provider's context file cannot be read");

            files.next(Answer.status(200)
                    .header("content-type", "text/plain")
                    .chunk("Grüße")
                    .end());
            assertThat(sent(
                                    OPENAI,
                                    "{'model':'m','messages':[{'role':'system','content':'S'},{'role':'user','content':'Hi'}]}")
                            .path("messages")
                            .toString())
                    .startsWith(json("[{'role':'system','content':'S"))
                    .contains("Grüße");
            sent(OPENAI, "{'model':'m','messages':[{'role':'user','content':'Hi'}]}");
            assertThat(files.requests()).hasSize(2);
            files.next(Answer.status(200)
                    .header("content-type", "text/plain")
                    .chunk("Grüße")
                    .end());
            assertThat(sent(ANTHROPIC, "{'model':'m','max_tokens':9,'messages':[{'role':'user','content':'Hi'}]}")
                            .path("system")
                            .toString())
                    .contains("Grüße");
        }
    }

    @Test
    void thoughtsAreTheAnswerWhereThereIsNoOther() throws Exception {
        start("promoteThinkingOnEmpty: true");
        String request = "{'model':'m','messages':[{'role':'user','content':'Hi'}]}";
        String thought =
                "{'choices':[{'index':0,'message':{'role':'assistant','content':'','reasoning_content':'391'},'finish_reason':'stop'}]}";
        JsonNode whole = MAPPER.readTree(
                ask(OPENAI, request, Answer.json(200, json(thought))).body());
        assertThat(whole.path("choices").path(0).path("message").path("content").asText())
                .isEqualTo("391");
        String called = thought.replace("'content':''", "'tool_calls':[{'id':'1'}],'content':''");
        whole = MAPPER.readTree(
                ask(OPENAI, request, Answer.json(200, json(called))).body());
        assertThat(whole.path("choices").path(0).path("message").path("content").asText())
                .isEmpty();

        String stream = request.replace("{'model'", "{'stream':true,'model'");
        Answer thinks = Answer.stream();
        for (String delta : new String[] {
            "{'delta':{'reasoning_content':'39'},'index':0,'finish_reason':null}",
            "{'delta':{'reasoning_content':'1'},'index':0,'finish_reason':null}",
            "{'delta':{},'index':0,'finish_reason':'stop'}"
        }) {
            thinks = thinks.event(json("{'id':'c','model':'m','choices':[" + delta + "]}"));
        }
        String events = ask(OPENAI, stream, thinks.event("[DONE]").end()).body();
        assertThat(events).contains(json("'content':'391'"));
        assertThat(events.indexOf("391")).isLessThan(events.indexOf(json("'finish_reason':'stop'")));
        assertThat(events).contains(json("'id':'c'"));
        assertThat(events.split("\n\n")).hasSize(5);

        Answer speaks = Answer.stream()
                .event(json("{'choices':[{'delta':{'reasoning_content':'39'},'index':0,'finish_reason':null}]}"))
                .event(json("{'choices':[{'delta':{'content':'So.'},'index':0,'finish_reason':null}]}"))
                .event(json("{'choices':[{'delta':{},'index':0,'finish_reason':'stop'}]}"))
                .event("[DONE]");
        assertThat(ask(OPENAI, stream, speaks.end()).body())
                .doesNotContain(json("'content':'39'"))
                .contains("So.");
    }

    @Test
    void aStreamThatDoesNotBeginInTimeHasFailed() throws Exception {
        start("firstByteTimeout: 100");
        HttpResponse<String> got = ask(
                OPENAI,
                "{'model':'m','stream':true,'messages':[{'role':'user','content':'Hi'}]}",
                Answer.stream().silence());
        assertThat(got.statusCode()).isEqualTo(504);
        assertThat(got.body()).contains("the provider did not begin its answer in time");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "openai | {'customSettings':[{'name':'speed','value':1}]} | provider 'p': customSettings: 'speed' is none of max_tokens, temperature, top_p, top_k, seed: use mode: raw to set a field by its own name",
                "anthropic | {'customSettings':[{'name':'seed','value':1}]} | provider 'p': customSettings: 'seed' is none of max_tokens, temperature, top_p, top_k: use mode: raw to set a field by its own name",
                "anthropic | {'responseJsonSchema':{'type':'object'}} | provider 'p': 'responseJsonSchema' is for providers of OpenAI's dialect, which this one does not speak: remove it",
                "openai | {'failover':{'enabled':true}} | provider 'p': 'failover' is what the filter key-failover does: put its settings there, before ai-proxy in the route's filters, and remove it here",
                "qwen | {'reasoningContentMode':'concat'} | provider 'p': 'reasoningContentMode' has an effect with qwen's native API alone, which is not supported yet: remove it",
                "echo | {'mergeConsecutiveMessages':true} | provider 'p': it is of type echo, which is reached nowhere: remove 'mergeConsecutiveMessages'"
            })
    void whatCannotWorkIsAProblem(String type, String config, String message) {
        Fixture fixture = new Fixture().provider("p", type, config);
        assertThatThrownBy(fixture::filter).isInstanceOf(ConfigException.class).hasMessage(message);
    }
}
