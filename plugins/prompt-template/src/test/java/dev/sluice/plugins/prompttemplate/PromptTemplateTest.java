package dev.sluice.plugins.prompttemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
import dev.sluice.api.Filter;
import dev.sluice.api.Operation;
import dev.sluice.api.Reply;
import dev.sluice.api.Step;
import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.plugins.prompttemplate.PromptTemplateConfig.Missing;
import dev.sluice.plugins.prompttemplate.PromptTemplateConfig.Template;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.FakeExchange;
import dev.sluice.testkit.FakeRequestHead;
import dev.sluice.testkit.FakeScope;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PromptTemplateTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TEMPLATE = "{'model':'m','temperature':0.5,'messages':["
            + "{'role':'system','content':'You know {{ what }}.'},"
            + "{'role':'user','content':[{'type':'text','text':'{{what}}: {{{q}}} {{none}} {{'}]}],'n':[['{{q}}']]}";

    private final FakeScope scope = new FakeScope();
    private BrokenUpstream upstream;
    private TestGateway gateway;

    @BeforeEach
    void start() throws IOException {
        upstream = BrokenUpstream.start();
        upstream.always(request -> Answer.json(200, "{\"choices\":[]}"));
    }

    @AfterEach
    void close() throws Exception {
        if (gateway != null) {
            gateway.close();
        }
        upstream.close();
    }

    private void route(String name, String config) {
        gateway = TestGateway.with(new PromptTemplate(), new AiProxy())
                .config("""
                        providers:
                          openai: { type: openai, baseUrl: "%s" }
                          anthropic: { type: anthropic, baseUrl: "%s" }
                        routes:
                          - { name: a, match: { path: /v1/messages }, filters: [ %s: %s, ai-proxy: { provider: anthropic } ] }
                          - { name: o, filters: [ %s: %s, ai-proxy: { provider: openai } ] }
                        """.formatted(upstream.uri(), upstream.uri(), name, config, name, config))
                .start();
    }

    private static JsonNode tree(String json) {
        try {
            return JSON.readTree(json.replace('\'', '"'));
        } catch (IOException e) {
            throw new AssertionError(json, e);
        }
    }

    private Step run(Missing missing, FakeExchange exchange) {
        Filter filter = new PromptTemplate()
                .open(new PromptTemplateConfig(List.of(new Template("t", (ObjectNode) tree(TEMPLATE))), missing), scope)
                .newFilter(exchange);
        assertThat(filter.onRequest(exchange.request())).isEqualTo(Step.next());
        return filter.onRequestBody(exchange.body());
    }

    private JsonNode fill(FakeExchange exchange) {
        assertThat(run(Missing.KEEP, exchange)).isEqualTo(Step.next());
        return exchange.body().json();
    }

    @Test
    void aTemplateIsFilledOnceAndAsText() throws IOException {
        String asked =
                "{'template':'t','properties':{'what':'{{q}}','q':'a \\\\'b\\\\', {\\\\'role\\\\':1}'},'stream':true,'model':'mine'}"
                        .replace("\\\\'", "\\\"");
        JsonNode body = fill(FakeExchange.openAi().body(tree(asked)));
        assertThat(body.at("/messages/0/content").asText()).isEqualTo("You know {{q}}.");
        assertThat(body.at("/messages/1/content/0/text").asText())
                .isEqualTo("{{q}}: {a \"b\", {\"role\":1}} {{none}} {{");
        assertThat(body.at("/n/0/0").asText()).isEqualTo("a \"b\", {\"role\":1}");
        assertThat(body.path("messages")).hasSize(2);
        assertThat(body.path("model").asText()).isEqualTo("m");
        assertThat(body.path("stream").asBoolean()).isTrue();
        assertThat(body.has("template") || body.has("properties")).isFalse();
        assertThat(scope.meters()
                        .counter("sluice_prompt_template_total", "route", "test", "template", "t")
                        .count())
                .isEqualTo(1);
    }

    @Test
    void theTemplateItselfStaysAsItIs() {
        FakeScope shared = new FakeScope();
        var factory = new PromptTemplate()
                .open(
                        new PromptTemplateConfig(List.of(new Template("t", (ObjectNode) tree(TEMPLATE))), Missing.KEEP),
                        shared);
        for (String value : List.of("one", "two")) {
            FakeExchange exchange =
                    FakeExchange.openAi().body(tree("{'template':'t','properties':{'what':'" + value + "'}}"));
            factory.newFilter(exchange).onRequestBody(exchange.body());
            assertThat(exchange.body().json().at("/messages/0/content").asText())
                    .isEqualTo("You know " + value + ".");
        }
        assertThat(shared.shown("templates")).isEqualTo(tree("['t']"));
    }

    @Test
    void aValueThatIsNoTextStandsThereAsJson() {
        JsonNode body =
                fill(FakeExchange.openAi().body(tree("{'template':'t','properties':{'what':7,'q':{'k':[true]}}}")));
        assertThat(body.at("/messages/0/content").asText()).isEqualTo("You know 7.");
        assertThat(body.at("/n/0/0").asText()).isEqualTo("{\"k\":[true]}");
    }

    @Test
    void systemTextIsMovedForAnAnthropicClient() {
        JsonNode body = fill(FakeExchange.anthropic()
                .body(tree("{'template':'t','properties':{'what':'x'},'max_tokens':7,'system':'mine'}")));
        assertThat(body.path("system").asText()).isEqualTo("mine\n\nYou know x.");
        assertThat(body.path("messages")).hasSize(1);
        assertThat(body.at("/messages/0/role").asText()).isEqualTo("user");
        assertThat(body.path("max_tokens").asInt()).isEqualTo(7);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'template':'x'} | there is no template of that name here",
                "{'template':1} | 'template' must be the name of a template",
                "{'template':null} | 'template' must be the name of a template",
                "{'template':'t','properties':[]} | 'properties' must be an object: a value for each placeholder",
                "{'template':'t','properties':{'q':'','what':null}} | the template wants these properties, too: none, what"
            })
    void aRequestThatCannotBeFilledIsRefused(String asked, String message) {
        for (FakeExchange exchange : List.of(FakeExchange.openAi(), FakeExchange.anthropic())) {
            assertThat(run(Missing.REFUSE, exchange.body(tree(asked)))).isInstanceOfSatisfying(Reply.class, reply -> {
                assertThat(reply.status()).isEqualTo(400);
                assertThat(reply.code()).isEqualTo("bad_request");
                assertThat(reply.text()).isEqualTo(message);
            });
        }
    }

    @Test
    void whoSaysSoIsLeftAlone() {
        FakeExchange exchange =
                FakeExchange.openAi().header("Template-Enable", "false").body("{\"template\":\"x\"}");
        assertThat(fill(exchange)).isEqualTo(tree("{'template':'x'}"));
        assertThat(exchange.request().headers().get("template-enable")).isNull();
    }

    @Test
    void whatNamesNoTemplatePasses() {
        for (String body : List.of("{'messages':[]}", "[]", "{'properties':{}}")) {
            assertThat(fill(FakeExchange.openAi().body(tree(body)))).isEqualTo(tree(body));
        }
        FakeExchange embeddings =
                FakeExchange.of(Dialect.OPENAI, Operation.EMBEDDINGS, FakeRequestHead.of("POST", "/v1/embeddings"));
        PromptTemplateConfig config =
                new PromptTemplateConfig(List.of(new Template("t", (ObjectNode) tree(TEMPLATE))), Missing.KEEP);
        assertThat(new PromptTemplate().open(config, scope).newFilter(embeddings))
                .isSameAs(Filter.PASS);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | required key 'templates' is missing",
                "{ templates: [] } | templates",
                "{ templates: [{ name: a }] } | templates[0]: required key 'template' is missing",
                "{ templates: [{ name: a, template: 'x' }] } | templates[0].template",
                "{ templates: [{ name: '', template: { a: b } }] } | templates[0].name",
                "{ templates: [{ name: a, template: { a: b }, x: y }] } | templates[0].x: unknown key",
                "{ templates: [{ name: a, template: { a: b } }], missing: drop } | expected one of keep, refuse, got 'drop'",
                "{ templates: [{ name: a, template: { a: b } }, { name: a, template: { c: d } }] } | templates[1].name: there is a template 'a' already: choose another name"
            })
    void aConfigThatCannotWorkIsRefused(String config, String message) {
        assertThatThrownBy(() -> route("prompt-template", config)).hasMessageContaining(message);
    }

    private HttpResponse<String> anthropic(String json) {
        return gateway.send(HttpRequest.newBuilder(gateway.uri("/v1/messages"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json.replace('\'', '"'))));
    }

    @Test
    void higressConfigLoadsUnderItsOwnNameAndTheUpstreamGetsTheTemplate() {
        route(
                "ai-prompt-template",
                "{ templates: [{ name: t, template: { model: gpt-4o, messages: [{ role: system, content: 'be {{how}}' }, { role: user, content: 'do {{what}}' }] } }] }");
        String asked = "{'template':'t','properties':{'how':'kind','what':'it'},'max_tokens':5}";
        gateway.post("/v1/chat/completions", asked.replace('\'', '"'));
        anthropic(asked);
        assertThat(upstream.requests().get(0).json())
                .isEqualTo(tree("{'model':'gpt-4o','messages':["
                        + "{'role':'system','content':'be kind'},{'role':'user','content':'do it'}],'max_tokens':5}"));
        assertThat(upstream.requests().get(1).json())
                .isEqualTo(tree("{'model':'gpt-4o','messages':["
                        + "{'role':'user','content':'do it'}],'max_tokens':5,'system':'be kind'}"));
    }

    @Test
    void aTemplateMayAskForAStream() {
        gateway = TestGateway.with(new PromptTemplate())
                .filter("answer", exchange -> new Filter() {
                    @Override
                    public Step onRequestBody(Body body) {
                        return Reply.chat("hi");
                    }
                })
                .config("""
                        routes:
                          - name: r
                            upstream: "%s"
                            filters: [ prompt-template: { templates: [{ name: t, template: { stream: true } }] }, answer: {} ]
                        """.formatted(upstream.uri()))
                .start();
        assertThat(gateway.post("/v1/chat/completions", "{\"template\":\"t\"}")
                        .headers()
                        .firstValue("content-type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("text/event-stream"));
    }

    @Test
    void anErrorComesInTheClientsDialect() {
        route("prompt-template", "{ templates: [{ name: t, template: { a: b } }] }");
        assertThat(gateway.post("/v1/chat/completions", "{\"template\":\"x\"}").body())
                .isEqualTo("{\"error\":{\"message\":\"there is no template of that name here\","
                        + "\"type\":\"invalid_request_error\",\"code\":\"bad_request\",\"param\":null}}");
        assertThat(anthropic("{'template':'x'}").body())
                .startsWith("{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\"");
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void theExampleLoadsAndAnswers() throws IOException {
        Matcher blocks =
                Pattern.compile("(?s)```(?:yaml|json)\n(.*?)```").matcher(Files.readString(Path.of("README.md")));
        assertThat(blocks.find()).isTrue();
        gateway = TestGateway.with(new PromptTemplate(), new AiProxy())
                .config(blocks.group(1))
                .start();
        assertThat(blocks.find()).isTrue();
        assertThat(gateway.post("/v1/chat/completions", blocks.group(1).replace(", \"stream\": true", ""))
                        .body())
                .contains("Write me a Java program: say \\\"hello\\\"");
    }

    @Test
    void theReadmeNamesEveryField() throws IOException {
        JsonNode schema;
        try (var in = PromptTemplate.class.getResourceAsStream("/META-INF/sluice/prompt-template.json")) {
            schema = JSON.readTree(in).at("/schema/properties");
        }
        Matcher rows = Pattern.compile("(?m)^\\| `([a-z]+)` \\|").matcher(Files.readString(Path.of("README.md")));
        assertThat(rows.results().map(row -> row.group(1)))
                .containsExactlyElementsOf(
                        schema.properties().stream().map(Map.Entry::getKey).toList());
    }
}
