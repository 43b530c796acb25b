package dev.sluice.plugins.promptdecorator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.api.Dialect;
import dev.sluice.api.Filter;
import dev.sluice.api.Operation;
import dev.sluice.api.Step;
import dev.sluice.api.llm.ChatMessage.Role;
import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.plugins.promptdecorator.PromptDecoratorConfig.Replacement;
import dev.sluice.plugins.promptdecorator.PromptDecoratorConfig.Turn;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.FakeExchange;
import dev.sluice.testkit.FakeRequestHead;
import dev.sluice.testkit.FakeScope;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.net.http.HttpRequest;
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
import org.junit.jupiter.params.provider.ValueSource;

final class PromptDecoratorTest {
    private static final List<Turn> FRONT = List.of(new Turn(Role.SYSTEM, "s1"), new Turn(Role.USER, "u1"));
    private static final List<Turn> BACK = List.of(new Turn(Role.USER, "u2"), new Turn(Role.SYSTEM, "s2"));

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
        gateway = TestGateway.with(new PromptDecorator(), new AiProxy())
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

    private static String decorate(PromptDecoratorConfig config, FakeExchange exchange) {
        Filter filter = new PromptDecorator().open(config, new FakeScope()).newFilter(exchange);
        assertThat(filter.onRequestBody(exchange.body())).isEqualTo(Step.next());
        return exchange.body().text().replace('"', '\'');
    }

    private static PromptDecoratorConfig turns() {
        return new PromptDecoratorConfig(FRONT, BACK, List.of(), Map.of());
    }

    private static PromptDecoratorConfig replacing(Replacement... replacements) {
        return new PromptDecoratorConfig(List.of(), List.of(), List.of(replacements), Map.of());
    }

    private static String json(String text) {
        return text.replace('\'', '"');
    }

    @Test
    void turnsStandWhereEachDialectWantsThem() {
        assertThat(
                        decorate(
                                turns(),
                                FakeExchange.openAi()
                                        .body(
                                                json(
                                                        "{'x':{'k':1},'messages':[{'role':'system','content':'s'},{'role':'user','content':'q','n':0}]}"))))
                .isEqualTo("{'x':{'k':1},'messages':[{'role':'system','content':'s1'},{'role':'user','content':'u1'},"
                        + "{'role':'system','content':'s'},{'role':'user','content':'q','n':0},"
                        + "{'role':'user','content':'u2'},{'role':'system','content':'s2'}]}");
    }

    @Test
    void anthropicKeepsSystemTextApart() {
        String messages =
                "'messages':[{'role':'user','content':'u1'},{'role':'user','content':'q'},{'role':'user','content':'u2'}]";
        assertThat(decorate(
                        turns(),
                        FakeExchange.anthropic()
                                .body(json("{'system':'s','x':1,'messages':[{'role':'user','content':'q'}]}"))))
                .isEqualTo("{'system':'s1\\n\\ns\\n\\ns2','x':1," + messages + "}");
        assertThat(decorate(
                        turns(), FakeExchange.anthropic().body(json("{'messages':[{'role':'user','content':'q'}]}"))))
                .isEqualTo("{" + messages + ",'system':'s1\\n\\ns2'}");
        assertThat(
                        decorate(
                                turns(),
                                FakeExchange.anthropic()
                                        .body(
                                                json(
                                                        "{'system':[{'type':'text','text':'s','cache_control':{}}],'messages':[{'role':'user','content':'q'}]}"))))
                .isEqualTo("{'system':[{'type':'text','text':'s1'},{'type':'text','text':'s','cache_control':{}},"
                        + "{'type':'text','text':'s2'}]," + messages + "}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{'messages':[]}", "{'input':'x'}", "[]", "{'messages':'x'}"})
    void whatIsNoConversationStays(String body) {
        for (FakeExchange exchange : List.of(FakeExchange.openAi(), FakeExchange.anthropic())) {
            assertThat(decorate(turns(), exchange.body(json(body)))).isEqualTo(body);
        }
    }

    @Test
    void whatIsNoChatPasses() {
        FakeExchange exchange =
                FakeExchange.of(Dialect.OPENAI, Operation.EMBEDDINGS, FakeRequestHead.of("POST", "/v1/embeddings"));
        assertThat(new PromptDecorator().open(turns(), new FakeScope()).newFilter(exchange))
                .isSameAs(Filter.PASS);
    }

    @Test
    void replacementsReachEveryTextInOrder() {
        PromptDecoratorConfig config = new PromptDecoratorConfig(
                List.of(new Turn(Role.SYSTEM, "cat")),
                List.of(),
                List.of(
                        new Replacement(null, "c(a)t", "<$1$1>", true),
                        new Replacement(Role.USER, "<aa>", "DOG", false),
                        new Replacement(Role.TOOL, "<", "(", false)),
                Map.of());
        assertThat(decorate(
                        config,
                        FakeExchange.openAi()
                                .body(json("{'messages':["
                                        + "{'role':'user','content':[{'type':'text','text':'a cat'},{'type':'image_url','image_url':{'url':'cat'}}]},"
                                        + "{'role':'assistant','content':'cat','tool_calls':[{'function':{'arguments':'cat'}}]},"
                                        + "{'role':'tool','content':'cat'}]}"))))
                .isEqualTo("{'messages':[{'role':'system','content':'<aa>'},"
                        + "{'role':'user','content':[{'type':'text','text':'a DOG'},{'type':'image_url','image_url':{'url':'cat'}}]},"
                        + "{'role':'assistant','content':'<aa>','tool_calls':[{'function':{'arguments':'cat'}}]},"
                        + "{'role':'tool','content':'(aa>'}]}");
        assertThat(
                        decorate(
                                config,
                                FakeExchange.anthropic()
                                        .body(
                                                json(
                                                        "{'system':'cat','messages':["
                                                                + "{'role':'user','content':[{'type':'tool_result','content':'cat'}]},{'role':'user','content':'cat'}]}"))))
                .isEqualTo(
                        "{'system':'<aa>\\n\\n<aa>','messages':["
                                + "{'role':'user','content':[{'type':'tool_result','content':'(aa>'}]},{'role':'user','content':'DOG'}]}");
    }

    @Test
    void aLiteralPatternIsLiteral() {
        FakeExchange exchange = FakeExchange.openAi().body(json("{'messages':[{'role':'user','content':'a.b axb'}]}"));
        assertThat(decorate(replacing(new Replacement(null, "a.b", "$1", false)), exchange))
                .contains("'$1 axb'");
    }

    @Test
    void aHeaderSaysWhereTheClientIs() {
        PromptDecoratorConfig config = new PromptDecoratorConfig(
                List.of(new Turn(Role.SYSTEM, "[${geo-city}|${geo-isp}|${other}]")),
                List.of(),
                List.of(),
                Map.of("city", "x-city", "isp", "x-isp"));
        FakeExchange exchange = FakeExchange.openAi()
                .header("x-city", "$1 ${geo-isp}")
                .body(json("{'messages':[{'role':'user','content':'${geo-city}'}]}"));
        assertThat(decorate(config, exchange)).contains("'[$1 ${geo-isp}||${other}]'", "'${geo-city}'");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | one of 'prepend', 'append', 'replace' is required",
                "{ prepend: [] } | prepend",
                "{ prepend: [{ role: tool, content: x }] } | prepend[0].role: expected one of system, user, assistant, got 'tool'",
                "{ append: [{ role: user }] } | append[0]: required key 'content' is missing",
                "{ append: [{ role: user, content: x, name: y }] } | append[0].name: unknown key",
                "{ prepend: [{ role: user, content: '${geo-city}' }] } | prepend[0].content: nothing says what '${geo-city}' stands for: name the header that does, as geoHeaders: { city: x-geo-city }",
                "{ append: [{ role: user, content: '${geo-planet}' }] } | append[0].content: nothing stands for '${geo-planet}': known are ${geo-country}",
                "{ replace: [{ pattern: '', replacement: x }] } | replace[0].pattern",
                "{ replace: [{ pattern: x }] } | replace[0]: required key 'replacement' is missing",
                "{ replace: [{ pattern: '(', replacement: x, regex: true }] } | replace[0].pattern: not a regular expression (RE2): missing closing ): '('",
                "{ replace: [{ pattern: '(a)', replacement: '$2', regex: true }] } | replace[0].replacement: refers to a group that the pattern has not",
                "{ replace: [{ pattern: '(a)', replacement: '${b}', regex: true }] } | replace[0].replacement: refers to a group that the pattern has not",
                "{ replace: [{ pattern: a, replacement: b, on_role: user, onRole: user }] } | another spelling of 'onRole', which is given too: keep one"
            })
    void aConfigThatCannotWorkIsRefused(String config, String message) {
        assertThatThrownBy(() -> route("prompt-decorator", config)).hasMessageContaining(message);
    }

    @Test
    void higressConfigLoadsUnderItsOwnNameAndTheUpstreamGetsIt() {
        route(
                "ai-prompt-decorator",
                "{ prepend: [{ role: system, content: s1 }], append: [{ role: user, content: u2 }], replace: [{ on_role: user, pattern: 'q(.)', replacement: '$1', regex: true }] }");
        gateway.post("/v1/chat/completions", json("{'a':0.10,'messages':[{'role':'user','content':'qx'}],'z':null}"));
        gateway.send(HttpRequest.newBuilder(gateway.uri("/v1/messages"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        json("{'a':0.10,'model':'m','messages':[{'role':'user','content':'qx'}],'z':null}"))));
        assertThat(upstream.requests().get(0).text())
                .isEqualTo(json("{'a':0.10,'messages':[{'role':'system','content':'s1'},{'role':'user','content':'x'},"
                        + "{'role':'user','content':'u2'}],'z':null}"));
        assertThat(upstream.requests().get(1).text())
                .isEqualTo(json("{'a':0.10,'model':'m','messages':[{'role':'user','content':'x'},"
                        + "{'role':'user','content':'u2'}],'z':null,'system':'s1'}"));
    }

    @Test
    void theExampleLoads() throws IOException {
        Matcher blocks = Pattern.compile("(?s)```yaml\n(.*?)```").matcher(Files.readString(Path.of("README.md")));
        assertThat(blocks.find()).isTrue();
        gateway = TestGateway.with(new PromptDecorator(), new AiProxy())
                .config(blocks.group(1))
                .start();
        assertThat(gateway.post("/v1/chat/completions", json("{'messages':[{'role':'user','content':'x'}]}"))
                        .body())
                .contains("Answer in one sentence.");
    }

    @Test
    void theReadmeNamesEveryField() throws IOException {
        JsonNode schema;
        try (var in = PromptDecorator.class.getResourceAsStream("/META-INF/sluice/prompt-decorator.json")) {
            schema = new ObjectMapper().readTree(in).at("/schema/properties");
        }
        Matcher rows = Pattern.compile("(?m)^\\| `(\\w+)` \\|").matcher(Files.readString(Path.of("README.md")));
        assertThat(rows.results().map(row -> row.group(1)))
                .containsExactlyElementsOf(
                        schema.properties().stream().map(Map.Entry::getKey).toList());
    }
}
