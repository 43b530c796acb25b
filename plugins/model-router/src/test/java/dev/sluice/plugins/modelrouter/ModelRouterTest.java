package dev.sluice.plugins.modelrouter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.api.Filter;
import dev.sluice.api.Reply;
import dev.sluice.api.Step;
import dev.sluice.api.Target;
import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.plugins.modelrouter.ModelRouterConfig.Auto;
import dev.sluice.plugins.modelrouter.ModelRouterConfig.Rule;
import dev.sluice.plugins.modelrouter.ModelRouterConfig.Unknown;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.FakeExchange;
import dev.sluice.testkit.FakeProvider;
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
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ModelRouterTest {
    private static final Auto AUTO = new Auto(
            true,
            "p/small",
            List.of(new Rule("(?i)draw", "q/vision"), new Rule("code", "coder"), new Rule("draw", "x")));

    private final FakeScope scope =
            new FakeScope().provider(FakeProvider.of("p", "openai")).provider(FakeProvider.of("q", "openai"));
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

    private void route(String config) {
        gateway = TestGateway.with(new ModelRouter(), new AiProxy())
                .config("""
                        providers:
                          p: { type: openai, baseUrl: "%s/p" }
                          q: { type: openai, baseUrl: "%s/q", modelMapping: { big: huge } }
                        routes:
                          - { name: unused, match: { path: /q }, filters: [ ai-proxy: { provider: q } ] }
                          - { name: r, filters: [ model-router: %s, ai-proxy: { provider: p } ] }
                        """.formatted(upstream.uri(), upstream.uri(), config))
                .start();
    }

    private static ModelRouterConfig config(
            @Nullable Unknown unknown, @Nullable String provider, @Nullable String model, @Nullable Auto auto) {
        return new ModelRouterConfig(List.of(), unknown, provider, model, "model", List.of(), auto);
    }

    private Step run(ModelRouterConfig config, FakeExchange exchange) {
        Filter filter = new ModelRouter().open(config, scope).newFilter(exchange);
        assertThat(filter.onRequest(exchange.request())).isEqualTo(Step.next());
        return filter.onRequestBody(exchange.body());
    }

    private static String chat(String model, String text) {
        return "{\"x\":[1],\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"" + text
                + "\"}]}";
    }

    @ParameterizedTest
    @CsvSource({
        "p/m, PASS, m, p, p",
        "q/m/n, PASS, m/n, q, q",
        "m, PASS, m, , ",
        "meta/llama, PASS, meta/llama, , ",
        "meta/llama, SPLIT, llama, , meta",
        "p/m, REJECT, m, p, p",
        "/m, SPLIT, /m, , ",
        "meta/, REJECT, meta/, , ",
        "auto, SPLIT, auto, , "
    })
    void aPrefixPicksTheProvider(String asked, Unknown unknown, String model, String provider, String told) {
        for (FakeExchange exchange : List.of(FakeExchange.openAi(), FakeExchange.anthropic())) {
            exchange.header("x-provider", "forged").header("x-model", "forged").body(chat(asked, "hi"));
            assertThat(run(config(unknown, "x-provider", "x-model", null), exchange))
                    .isEqualTo(Step.next());
            assertThat(exchange.body().text()).isEqualTo(chat(model, "hi"));
            assertThat(exchange.target()).isEqualTo(provider == null ? null : Target.of(provider));
            assertThat(exchange.request().headers().get("x-provider")).isEqualTo(told);
            assertThat(exchange.request().headers().all("x-model")).containsExactly(asked);
        }
    }

    @Test
    void whereTheHeaderIsWantedASplitIsTheDefault() {
        assertThat(config(null, "x", null, null).unknown()).isEqualTo(Unknown.SPLIT);
        assertThat(config(null, null, "x", null).unknown()).isEqualTo(Unknown.PASS);
        assertThat(config(Unknown.REJECT, "x", null, null).unknown()).isEqualTo(Unknown.REJECT);
    }

    @ParameterizedTest
    @CsvSource({
        "auto, please DRAW a cat, vision, q, q/vision",
        "higress/auto, some code, coder, , coder",
        "auto, hello, small, p, p/small",
        "auto, '', small, p, p/small",
        "other, draw, other, , "
    })
    void autoStandsForWhatTheUserSays(String asked, String text, String model, String provider, String told) {
        for (FakeExchange exchange : List.of(FakeExchange.openAi(), FakeExchange.anthropic())) {
            exchange.header("x-higress-llm-model", "forged").body(chat(asked, text));
            assertThat(run(config(null, null, "x-model", AUTO), exchange)).isEqualTo(Step.next());
            assertThat(exchange.body().text()).isEqualTo(chat(model, text));
            assertThat(exchange.target()).isEqualTo(provider == null ? null : Target.of(provider));
            assertThat(exchange.request().headers().get("x-higress-llm-model")).isEqualTo(told);
            assertThat(exchange.request().headers().get("x-model")).isEqualTo(told == null ? "other" : told);
        }
    }

    @Test
    void theLastUserTextDecides() {
        FakeExchange exchange = FakeExchange.openAi()
                .body(
                        "{\"model\":\"auto\",\"messages\":["
                                + "{\"role\":\"user\",\"content\":\"draw\"},{\"role\":\"assistant\",\"content\":\"draw\"},"
                                + "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"look at this code\"},{\"type\":\"image_url\"}]}]}");
        run(config(null, null, null, AUTO), exchange);
        assertThat(exchange.body().json().path("model").asText()).isEqualTo("coder");
    }

    @Test
    void onlyListedProvidersCanBePicked() {
        ModelRouterConfig config =
                new ModelRouterConfig(List.of("q"), Unknown.REJECT, null, null, "model", List.of(), null);
        assertThat(run(config, FakeExchange.openAi().body(chat("p/m", "hi")))).isInstanceOf(Reply.class);
        FakeExchange exchange = FakeExchange.openAi().body(chat("q/m", "hi"));
        assertThat(run(config, exchange)).isEqualTo(Step.next());
        assertThat(exchange.target()).isEqualTo(Target.of("q"));
    }

    @Test
    void aModelInAnotherFieldIsNamedInTheTarget() {
        ModelRouterConfig config = new ModelRouterConfig(List.of(), null, null, null, "engine", List.of("*"), null);
        FakeExchange exchange = FakeExchange.openAi().body("{\"engine\":\"q/m\"}");
        assertThat(run(config, exchange)).isEqualTo(Step.next());
        assertThat(exchange.body().text()).isEqualTo("{\"engine\":\"m\"}");
        assertThat(exchange.target()).isEqualTo(Target.of("q").model("m"));
    }

    @Test
    void aBodyWithoutAModelPasses() {
        for (String body : List.of("{}", "[]", "{\"model\":7}")) {
            FakeExchange exchange = FakeExchange.openAi().body(body);
            assertThat(run(config(Unknown.REJECT, "x-p", "x-m", AUTO), exchange))
                    .isEqualTo(Step.next());
            assertThat(exchange.body().text()).isEqualTo(body);
            assertThat(exchange.request().headers().get("x-m")).isNull();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "meta/llama | 404 | model_not_found | there is no provider 'meta' for this route",
                "p/ | 400 | bad_request | 'p/' names a provider and no model: send 'p/<model>'",
                "auto | 404 | model_not_found | 'auto' stands for no model for this request: name a model",
                "p/m\\u00e9 | 400 | bad_request | the model's name holds characters that no header may hold",
                "p/m\\r\\nx: y | 400 | bad_request | the model's name holds characters that no header may hold"
            })
    void whatCannotBeRoutedIsRefused(String asked, int status, String code, String message) {
        Auto rules = new Auto(true, null, List.of(new Rule("draw", "m")));
        for (FakeExchange exchange : List.of(FakeExchange.openAi(), FakeExchange.anthropic())) {
            assertThat(run(config(Unknown.REJECT, null, "x-model", rules), exchange.body(chat(asked, "hi"))))
                    .isInstanceOfSatisfying(Reply.class, reply -> {
                        assertThat(reply.status()).isEqualTo(status);
                        assertThat(reply.code()).isEqualTo(code);
                        assertThat(reply.text()).isEqualTo(message);
                    });
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{ providers: [] } | providers",
                "{ providers: [x] } | providers[0]: no provider is named 'x'",
                "{ unknownProvider: guess } | expected one of pass, split, reject, got 'guess'",
                "{ addProviderHeader: 'x y' } | addProviderHeader: 'x y' is no header name: use letters, digits and hyphens",
                "{ modelToHeader: Content-Length } | modelToHeader: 'Content-Length' frames or routes the message itself: name a header of your own",
                "{ addProviderHeader: X-A, modelToHeader: x-a } | modelToHeader: the same header as addProviderHeader: it can tell one thing only, name another",
                "{ modelKey: a.b } | expected the name of one field",
                "{ autoRouting: { rules: [{ pattern: x, model: y }] } } | required key 'enable' is missing",
                "{ autoRouting: { enable: true } } | autoRouting: 'auto' would stand for nothing: give rules or a defaultModel, or set enable: false",
                "{ autoRouting: { enable: true, rules: [{ pattern: '(', model: y }] } } | autoRouting.rules[0].pattern: not a regular expression (RE2): missing closing ): '('",
                "{ autoRouting: { enable: true, rules: [{ pattern: '', model: y }] } } | autoRouting.rules[0].pattern",
                "{ autoRouting: { enable: true, rules: [{ pattern: x }] } } | required key 'model' is missing",
                "{ autoRouting: { enable: true, defaultModel: auto } } | autoRouting.defaultModel: 'auto' cannot stand for itself: name a model",
                "{ autoRouting: { enable: true, defaultModel: \"é\" } } | autoRouting.defaultModel: a header cannot hold this name: use ASCII without control characters"
            })
    void aConfigThatCannotWorkIsRefused(String config, String message) {
        assertThatThrownBy(() -> route(config)).hasMessageContaining(message);
    }

    @Test
    void theRequestGoesToTheProviderItNames() {
        route("{ autoRouting: { enable: true, rules: [{ pattern: draw, model: q/big }] } }");
        HttpResponse<String> named = gateway.post("/v1/chat/completions", chat("q/big", "hi"));
        assertThat(named.statusCode()).isEqualTo(200);
        assertThat(named.headers().firstValue("x-sluice-provider")).hasValue("q");
        assertThat(named.headers().firstValue("x-sluice-model")).hasValue("huge");
        gateway.post("/v1/chat/completions", chat("auto", "draw"));
        gateway.post("/v1/chat/completions", chat("some/model", "draw"));
        assertThat(gateway.post("/v1/chat/completions", chat("auto", "hi")).body())
                .contains("model_not_found");

        assertThat(upstream.requests())
                .extracting(r -> r.path())
                .satisfiesExactly(
                        path -> assertThat(path).startsWith("/q/"),
                        path -> assertThat(path).startsWith("/q/"),
                        path -> assertThat(path).startsWith("/p/"));
        assertThat(upstream.requests())
                .extracting(r -> r.text())
                .containsExactly(chat("huge", "hi"), chat("huge", "draw"), chat("some/model", "draw"));
        assertThat(gateway.admin("/metrics").body())
                .contains("sluice_model_router_total{result=\"provider\",route=\"r\"} 1.0")
                .contains("sluice_model_router_total{result=\"auto\",route=\"r\"} 1.0")
                .contains("sluice_model_router_total{result=\"passed\",route=\"r\"} 1.0")
                .contains("sluice_model_router_total{result=\"refused\",route=\"r\"} 1.0");
    }

    @Test
    void aFormIsRoutedToo() {
        route("{}");
        String form = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nq/big\r\n--b--\r\n";
        HttpResponse<String> answer = gateway.send(HttpRequest.newBuilder(gateway.uri("/v1/audio/transcriptions"))
                .header("content-type", "multipart/form-data; boundary=b")
                .POST(HttpRequest.BodyPublishers.ofString(form)));
        assertThat(answer.headers().firstValue("x-sluice-provider")).hasValue("q");
        assertThat(upstream.requests().get(0).text()).isEqualTo(form.replace("q/big", "big"));
    }

    @Test
    void aRouteWithoutATargetPickerIsRefused() {
        assertThatThrownBy(() -> TestGateway.with(new ModelRouter())
                        .config("routes: [ { name: r, upstream: \"" + upstream.uri()
                                + "\", filters: [ model-router: {} ] } ]")
                        .start())
                .hasMessageContaining("'model-router' does nothing without a filter that picks the target after it");
    }

    @Test
    void theExampleLoads() throws IOException {
        Matcher blocks = Pattern.compile("(?s)```yaml\n(.*?)```").matcher(Files.readString(Path.of("README.md")));
        assertThat(blocks.find()).isTrue();
        gateway = TestGateway.with(new ModelRouter(), new AiProxy())
                .config(blocks.group(1)
                        .replace("http://127.0.0.1:8001", upstream.uri().toString()))
                .start();
        gateway.post("/v1/chat/completions", chat("auto", "there is a bug"));
        assertThat(upstream.requests().get(0).json().path("model").asText()).isEqualTo("gpt-4o");
    }

    @Test
    void theReadmeNamesEveryField() throws IOException {
        JsonNode schema;
        try (var in = ModelRouter.class.getResourceAsStream("/META-INF/sluice/model-router.json")) {
            schema = new ObjectMapper().readTree(in).at("/schema/properties");
        }
        Matcher rows = Pattern.compile("(?m)^\\| `([a-zA-Z]+)` \\|").matcher(Files.readString(Path.of("README.md")));
        assertThat(rows.results().map(row -> row.group(1)))
                .containsExactlyElementsOf(
                        schema.properties().stream().map(Map.Entry::getKey).toList());
    }
}
