package dev.sluice.plugins.modelrouter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.plugins.headertransform.HeaderTransform;
import dev.sluice.plugins.modelmapper.ModelMapper;
import dev.sluice.plugins.promptdecorator.PromptDecorator;
import dev.sluice.plugins.prompttemplate.PromptTemplate;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.Received;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One chain of the filters that shape a request, for clients of two dialects: what arrives upstream, to the byte. */
final class TogetherTest {
    private BrokenUpstream upstream;
    private TestGateway gateway;

    @BeforeEach
    void start() throws IOException {
        upstream = BrokenUpstream.start();
        upstream.always(request -> Answer.json(200, "{\"choices\":[],\"content\":[]}"));
        String filters = """
                    filters:
                      - header-transform:
                          request:
                            - { operate: rename, headers: [{ oldKey: x-team-id, newKey: x-team }] }
                          response:
                            - { operate: add, headers: [{ key: x-shaped, value: "yes" }] }
                      - prompt-template:
                          templates:
                            - name: t
                              template: { model: auto, messages: [{ role: system, content: "You know {{what}}." }, { role: user, content: "Draw {{what}}" }] }
                      - model-router:
                          modelToHeader: x-model
                          autoRouting: { enable: true, rules: [{ pattern: Draw, model: vision }], defaultModel: small }
                      - model-mapper: { modelMapping: { vision: big-vision, "asked-*": given } }
                      - prompt-decorator:
                          prepend: [{ role: system, content: House rules. }]
                          append: [{ role: user, content: Be brief. }]
                """;
        gateway = TestGateway.with(
                        new HeaderTransform(),
                        new PromptTemplate(),
                        new PromptDecorator(),
                        new ModelRouter(),
                        new ModelMapper(),
                        new AiProxy())
                .config("""
                        providers:
                          o: { type: openai, baseUrl: "%1$s/o" }
                          a: { type: anthropic, baseUrl: "%1$s/a" }
                        routes:
                          - name: anthropic
                            match: { path: /v1/messages }
                        %2$s      - ai-proxy: { provider: a }
                          - name: openai
                        %2$s      - ai-proxy: { provider: o }
                        """.formatted(upstream.uri(), filters.indent(0)))
                .start();
    }

    @AfterEach
    void close() throws Exception {
        gateway.close();
        upstream.close();
    }

    private Received send(String path, String json) {
        HttpResponse<String> answer = gateway.send(HttpRequest.newBuilder(gateway.uri(path))
                .header("content-type", "application/json")
                .header("x-team-id", "7")
                .POST(HttpRequest.BodyPublishers.ofString(json.replace('\'', '"'))));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.headers().firstValue("x-shaped")).hasValue("yes");
        Received received = upstream.requests().get(upstream.requests().size() - 1);
        assertThat(received.headers().get("x-team")).isEqualTo("7");
        assertThat(received.headers().get("x-team-id")).isNull();
        return received;
    }

    private static String text(Received received) {
        return received.text().replace('"', '\'');
    }

    @Test
    void anOpenAiClientsRequest() {
        Received received = send(
                "/v1/chat/completions",
                "{'temperature':0.10,'vendor':{'n':1.50,'u':[null,{}]},'model':'o/asked-1','messages':["
                        + "{'role':'user','content':[{'type':'text','text':'hi','x':1},{'type':'image_url','image_url':{'url':'u'}}],'name':'n'}],'z':true}");
        assertThat(text(received))
                .isEqualTo("{'temperature':0.10,'vendor':{'n':1.50,'u':[null,{}]},'model':'given','messages':["
                        + "{'role':'system','content':'House rules.'},"
                        + "{'role':'user','content':[{'type':'text','text':'hi','x':1},{'type':'image_url','image_url':{'url':'u'}}],'name':'n'},"
                        + "{'role':'user','content':'Be brief.'}],'z':true}");
        assertThat(received.headers().get("x-model")).isEqualTo("o/asked-1");
    }

    @Test
    void anAnthropicClientsRequest() {
        Received received = send(
                "/v1/messages",
                "{'max_tokens':9,'vendor':{'n':0.10},'model':'a/asked-1','system':[{'type':'text','text':'s','cache_control':{'type':'ephemeral'}}],"
                        + "'messages':[{'role':'user','content':[{'type':'text','text':'hi','x':1}]}],'z':true}");
        assertThat(text(received))
                .isEqualTo(
                        "{'max_tokens':9,'vendor':{'n':0.10},'model':'given','system':[{'type':'text','text':'House rules.'},"
                                + "{'type':'text','text':'s','cache_control':{'type':'ephemeral'}}],"
                                + "'messages':[{'role':'user','content':[{'type':'text','text':'hi','x':1}]},{'role':'user','content':'Be brief.'}],'z':true}");
    }

    @Test
    void aTemplateForBoth() {
        String asked = "{'template':'t','properties':{'what':'a cat'},'max_tokens':9}";
        assertThat(text(send("/v1/chat/completions", asked)))
                .isEqualTo("{'model':'big-vision','messages':[{'role':'system','content':'House rules.'},"
                        + "{'role':'system','content':'You know a cat.'},{'role':'user','content':'Draw a cat'},"
                        + "{'role':'user','content':'Be brief.'}],'max_tokens':9}");
        assertThat(text(send("/v1/messages", asked)))
                .isEqualTo("{'model':'big-vision','messages':[{'role':'user','content':'Draw a cat'},"
                        + "{'role':'user','content':'Be brief.'}],'max_tokens':9,"
                        + "'system':'House rules.\\n\\nYou know a cat.'}");
    }

    @Test
    void aProviderOfTheOtherDialectGetsItAll() {
        upstream.always(
                request -> Answer.json(
                        200,
                        "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"ok\"},\"finish_reason\":\"stop\"}]}"));
        Received received = send(
                "/v1/messages",
                "{'max_tokens':9,'model':'o/asked-1','system':'s','messages':[{'role':'user','content':'hi'}]}");
        assertThat(received.path()).startsWith("/o/");
        assertThat(received.json().path("model").asText()).isEqualTo("given");
        assertThat(received.json().at("/messages/0/content").asText()).isEqualTo("House rules.\n\ns");
        assertThat(received.json().path("messages")).hasSize(3);
    }
}
