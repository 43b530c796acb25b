package dev.sluice.plugins.websearch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.api.Dialect;
import dev.sluice.api.Filter;
import dev.sluice.api.HttpRequest;
import dev.sluice.api.Operation;
import dev.sluice.host.admin.Reload;
import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.plugins.websearch.engine.EngineConfig;
import dev.sluice.plugins.websearch.engine.Engines;
import dev.sluice.plugins.websearch.engine.Location;
import dev.sluice.plugins.websearch.engine.Query;
import dev.sluice.testkit.FakeAnswers;
import dev.sluice.testkit.FakeExchange;
import dev.sluice.testkit.FakeRequestHead;
import dev.sluice.testkit.FakeScope;
import dev.sluice.testkit.TestGateway;
import dev.sluice.testkit.Verdicts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Configs, Higress's among them: what is taken and what is refused, and why; the README. */
class WebSearchTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private static final TestGateway GATEWAY = TestGateway.with(new WebSearch(), new AiProxy());

    @BeforeAll
    static void start() {
        GATEWAY.config(config("web-search: { searchFrom: [ { type: arxiv } ] }"))
                .start();
    }

    @AfterAll
    static void close() {
        GATEWAY.close();
    }

    private static String config(String filter) {
        return """
                providers: { model: { type: echo } }
                routes:
                  - name: chat
                    filters:
                      - %s
                      - ai-proxy: { provider: model }
                """.formatted(filter);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{} | searchFrom",
                "{ searchFrom: [] } | searchFrom",
                "{ searchFrom: [ { type: gogle } ] } | did you mean 'google'?",
                "{ searchFrom: [ { type: tavily } ] } | searchFrom[0]: tavily needs a key: add 'apiKey'",
                "{ searchFrom: [ { type: bing, apiKey: '' } ] } | searchFrom[0].apiKey",
                "{ searchFrom: [ { type: arxiv, apiKey: k } ] } | arxiv takes no key: remove it",
                "{ searchFrom: [ { type: google, apiKey: k } ] } | google needs 'cx': add it",
                "{ searchFrom: [ { type: bing, apiKey: k, cx: x } ] } | searchFrom[0].cx: bing has no 'cx': remove it",
                "{ searchFrom: [ { type: elasticsearch, url: 'http://x' } ] } | elasticsearch needs 'index': add it",
                "{ searchFrom: [ { type: searxng } ] } | searxng needs to know where it is: add 'url'",
                "{ searchFrom: [ { type: searxng, serviceName: s.static, servicePort: 80 } ] } | 's.static' is a name in a registry of Higress's",
                "{ searchFrom: [ { type: bing, apiKey: k, serviceName: b.dns, servicePort: 8080 } ] } | add 'serviceHost', or 'url'",
                "{ searchFrom: [ { type: bing, apiKey: k, url: 'http://x', servicePort: 80 } ] } | say the same: keep one",
                "{ searchFrom: [ { type: bing, apiKey: k, url: 'ftp://x' } ] } | expected a URL like",
                "{ searchFrom: [ { type: bing, apiKey: k, url: 'http://x?y=z' } ] } | expected a URL like",
                "{ searchFrom: [ { type: bing, apiKey: k, options: { colour: red } } ] } | bing has no option 'colour': it takes answerCount, ",
                "{ searchFrom: [ { type: elasticsearch, url: 'http://x', index: i, contentField: c, semanticTextField: s, linkField: l, titleField: t, options: { q: x } } ] } | elasticsearch has no option 'q': remove it, it takes none",
                "{ searchFrom: [ { type: elasticsearch, url: 'http://x', index: i, contentField: c, semanticTextField: s, linkField: l, titleField: t, password: x } ] } | it stands without a username",
                "{ searchFrom: [ { type: bing, apiKey: k, colour: red } ] } | unknown key",
                "{ searchFrom: [ { type: google, apiKey: k, cx: x, count: 11 } ] } | google takes at most 10 for count, not 11",
                "{ searchFrom: [ { type: google, apiKey: k, cx: x, start: 95 } ] } | google takes at most 100 for start and count together, not 105",
                "{ searchFrom: [ { type: brave, apiKey: k, count: 10, start: 5 } ] } | brave turns whole pages: make it a multiple of count (10)",
                "{ searchFrom: [ { type: brave, apiKey: k, count: 1, start: 10 } ] } | brave takes at most 9 for start divided by count",
                "{ searchFrom: [ { type: serper, apiKey: k, count: 10, start: 5 } ] } | serper turns whole pages",
                "{ searchFrom: [ { type: tavily, apiKey: k, start: 15 } ] } | tavily takes at most 20",
                "{ searchFrom: [ { type: arxiv, arxivCategory: 'a b' } ] } | expected a category such as cs.AI",
                "{ searchFrom: [ { type: arxiv } ], promptTemplate: 'x {question}' } | promptTemplate: it lacks {search_results}",
                "{ searchFrom: [ { type: arxiv } ], promptTemplate: 'x {search_results}' } | promptTemplate: it lacks {question}",
                "{ searchFrom: [ { type: arxiv } ], referenceFormat: 'x' } | referenceFormat: it lacks %s",
                "{ searchFrom: [ { type: arxiv } ], referenceLocation: middle } | referenceLocation",
                "{ searchFrom: [ { type: arxiv } ], defaultLang: 'en us' } | expected a language such as en-US",
                "{ searchFrom: [ { type: arxiv } ], maxTokens: 0 } | maxTokens",
                "{ searchFrom: [ { type: arxiv } ], timeout: 0s } | must be more than zero",
                "{ searchFrom: [ { type: arxiv } ], searchRewrite: { model: m } } | it does not say which model to ask: add 'provider'",
                "{ searchFrom: [ { type: arxiv } ], searchRewrite: { url: 'http://x' } } | model",
                "{ searchFrom: [ { type: arxiv } ], searchRewrite: { model: m, provider: nobody } } | there is no provider 'nobody': name one of model",
                "{ searchFrom: [ { type: arxiv } ], searchRewrite: { model: m, provider: model, url: 'http://x' } } | are two places: keep one",
                "{ searchFrom: [ { type: arxiv } ], searchRewrite: { model: m, provider: model, apiKey: k } } | the provider has keys of its own",
                "{ searchFrom: [ { type: arxiv } ], searchRewrite: { model: m, llmUrl: nowhere } } | expected a URL like",
                "{ searchFrom: [ { type: arxiv } ], searchRewrite: { model: m, llmUrl: 'ftp://x/y' } } | searchRewrite.url: it must begin with http:// or https://",
                "{ searchFrom: [ { type: arxiv } ], searchRewrite: { model: m, llmModelName: n, url: 'http://x' } } | keep one",
            })
    void whatCannotWorkIsRefused(String given) {
        String[] both = given.split(" \\| ", 2);
        Reload reload = GATEWAY.reconfigure(config("web-search: " + both[0]));
        assertThat(reload.published()).isFalse();
        assertThat(reload.problems().toString())
                .contains("routes[0].filters[0].web-search")
                .contains(both[1]);
    }

    @Test
    void higresssConfigLoadsUnderItsName() {
        Reload reload = GATEWAY.reconfigure(config("""
                ai-search:
                          needReference: true
                          referenceFormat: "### Data Sources\\n%s"
                          referenceLocation: tail
                          defaultLang: en-US
                          defaultEnable: false
                          promptTemplate: "{search_results} {question} {cur_date}"
                          searchFrom:
                            - { type: google, apiKey: k, cx: id, serviceName: google-svc.dns, servicePort: 443, count: 5, start: 0, timeoutMillisecond: 5000, optionArgs: { fileType: pdf } }
                            - { type: bing, apiKey: k, serviceName: bing-svc.dns, servicePort: 443, optionArgs: { answerCount: "5" } }
                            - { type: arxiv, serviceName: arxiv-svc.dns, servicePort: 443, arxivCategory: cs.AI, count: 10 }
                            - { type: quark, serviceName: quark-svc.dns, servicePort: 443, apiKey: k, contentMode: full }
                            - { type: elasticsearch, serviceName: es-svc.static, serviceHost: 127.0.0.1, servicePort: 80, index: kb, contentField: content, semanticTextField: semantic_text, linkField: url, titleField: title, username: elastic, password: p }
                            - { type: elasticsearch, serviceName: es.default.svc.cluster.local, servicePort: 9200, index: kb, contentField: content, semanticTextField: s, linkField: url, titleField: title }
                          searchRewrite: { llmServiceName: llm-svc.dns, llmServicePort: 443, llmApiKey: k, llmUrl: "https://api.example.com/v1/chat/completions", llmModelName: gpt-3.5-turbo, timeoutMillisecond: 15000, maxCount: 3 }
                """));
        assertThat(reload.problems()).isEmpty();
        assertThat(reload.published()).isTrue();
        assertThat(GATEWAY.admin("/api/v1/config").body())
                .contains("ai-search", "llmApiKey")
                .doesNotContain("\"k\"");
    }

    @Test
    void servicesOfHigresssHaveAddresses() {
        assertThat(address(null, null, null)).isEqualTo("api.bing.microsoft.com");
        assertThat(address("bing.dns", null, 443)).isEqualTo("api.bing.microsoft.com");
        assertThat(address("bing.dns", "10.0.0.1", 8080)).isEqualTo("10.0.0.1:8080");
        assertThat(address("bing.default.svc.cluster.local", null, 80)).isEqualTo("bing.default.svc.cluster.local:80");
    }

    private static String address(@Nullable String name, @Nullable String host, @Nullable Integer port) {
        var plain = Configs.engine(EngineConfig.Type.BING, "x", 10, null, Map.of());
        var config = new EngineConfig(
                plain.type(),
                null,
                "k",
                10,
                null,
                plain.timeout(),
                Map.of(),
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                name,
                host,
                port);
        var engine = Engines.of(config, "x");
        HttpRequest request = engine.request(new Query("q", engine.topic(), "", Location.NONE, ""));
        return request.uri().getAuthority();
    }

    @Test
    void dialectsWithoutAViewPass() {
        var factory = new WebSearch().open(Configs.search(Configs.tavily()), new FakeScope());
        for (FakeExchange exchange : List.of(
                FakeExchange.openAiResponses(),
                FakeExchange.gemini("g"),
                FakeExchange.of(Dialect.OPENAI, Operation.EMBEDDINGS, FakeRequestHead.of("POST", "/v1/embeddings")),
                FakeExchange.of(
                        Dialect.ANTHROPIC,
                        Operation.COUNT_TOKENS,
                        FakeRequestHead.of("POST", "/v1/messages/count_tokens")))) {
            assertThat(factory.newFilter(exchange)).isSameAs(Filter.PASS);
        }
    }

    @Test
    void whatWasSearchedForIsNoted() {
        FakeScope scope = new FakeScope();
        FakeExchange exchange = FakeExchange.openAi().body("{\"messages\":[{\"role\":\"user\",\"content\":\"why?\"}]}");
        exchange.calls()
                .next(FakeAnswers.json(
                        200, "{\"results\":[{\"title\":\"t\",\"url\":\"https://a.example\",\"content\":\"c\"}]}"));
        Filter filter =
                new WebSearch().open(Configs.search(Configs.tavily()), scope).newFilter(exchange);
        assertThat(Verdicts.of(filter.onRequestBody(exchange.body()))).hasToString("next");
        assertThat(exchange.notes())
                .containsEntry("search", "hit")
                .containsEntry("search_queries", "why?")
                .containsEntry("search_results", 1)
                .containsKey("search_tokens");
        assertThat(exchange.calls().asked().get(0).timeout()).hasSeconds(5);
    }

    @Test
    void theReadmeNamesEveryField() throws IOException {
        JsonNode schema;
        try (var in = WebSearch.class.getResourceAsStream("/META-INF/sluice/web-search.json")) {
            schema = MAPPER.readTree(in).at("/schema/properties");
        }
        String readme = Files.readString(Path.of("README.md"));
        assertThat(rows(readme, "## Config")).containsExactlyElementsOf(names(schema));
        assertThat(rows(readme, "### An engine"))
                .containsExactlyElementsOf(names(schema.at("/searchFrom/items/properties")));
        assertThat(rows(readme, "### The model that decides"))
                .containsExactlyElementsOf(names(schema.at("/searchRewrite/properties")));
    }

    private static List<String> names(JsonNode properties) {
        return properties.properties().stream().map(Map.Entry::getKey).toList();
    }

    private static List<String> rows(String readme, String heading) {
        int from = readme.indexOf(heading + "\n");
        assertThat(from).as(heading).isNotNegative();
        int to = readme.indexOf("\n##", from + 1);
        return Pattern.compile("(?m)^\\| `([a-zA-Z]+)` \\|")
                .matcher(readme.substring(from, to))
                .results()
                .map(row -> row.group(1))
                .toList();
    }
}
