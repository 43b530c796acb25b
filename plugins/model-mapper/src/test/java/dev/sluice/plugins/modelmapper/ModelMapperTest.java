package dev.sluice.plugins.modelmapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.api.Dialect;
import dev.sluice.api.Filter;
import dev.sluice.api.Operation;
import dev.sluice.api.Step;
import dev.sluice.api.Target;
import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.FakeBody;
import dev.sluice.testkit.FakeExchange;
import dev.sluice.testkit.FakeRequestHead;
import dev.sluice.testkit.FakeScope;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
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

final class ModelMapperTest {
    private static final String FORM =
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n\u0000\r\n--\u0001"
                    + "\r\n--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--b--\r\n";

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
        gateway = TestGateway.with(new ModelMapper(), new AiProxy())
                .config("""
                        providers:
                          p: { type: openai, baseUrl: "%s" }
                        routes:
                          - { name: r, filters: [ model-mapper: %s, ai-proxy: { provider: p } ] }
                        """.formatted(upstream.uri(), config))
                .start();
    }

    private static Filter filter(FakeExchange exchange, Map<String, String> mapping, String... paths) {
        return new ModelMapper()
                .open(new ModelMapperConfig(mapping, "model", List.of(paths)), new FakeScope())
                .newFilter(exchange);
    }

    private static Map<String, String> mapping(String... pairs) {
        Map<String, String> mapping = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            mapping.put(pairs[i], pairs[i + 1]);
        }
        return mapping;
    }

    private static FakeBody map(FakeExchange exchange, Map<String, String> mapping, String... paths) {
        assertThat(filter(exchange, mapping, paths).onRequestBody(exchange.body()))
                .isEqualTo(Step.next());
        return exchange.body();
    }

    @ParameterizedTest
    @CsvSource({
        "gpt-4o, exact",
        "gpt-4o-mini, longer",
        "gpt-3, shorter",
        "claude-opus, first-regex",
        "a-claude-opus, other",
        "keep-me, keep-me",
        "llama, other",
        "'', other"
    })
    void oneRuleSaysWhich(String model, String wanted) {
        Map<String, String> mapping = mapping(
                "gpt-*",
                "shorter",
                "gpt-4*",
                "longer",
                "gpt-4o",
                "exact",
                "~claude-.*",
                "first-regex",
                "~claude-opus",
                "second-regex",
                "*",
                "other",
                "keep-*",
                "");
        for (FakeExchange exchange : List.of(FakeExchange.openAi(), FakeExchange.anthropic())) {
            FakeBody body = map(exchange.body("{\"x\":1.50,\"model\":\"" + model + "\",\"y\":[]}"), mapping);
            assertThat(body.json().path("model").asText()).isEqualTo(wanted);
            assertThat(body.json().path("y").isArray()).isTrue();
        }
    }

    @Test
    void aRequestWithoutAModelGetsTheDefault() {
        assertThat(map(FakeExchange.openAi().body("{\"x\":1}"), mapping("*", "m"))
                        .text())
                .isEqualTo("{\"x\":1,\"model\":\"m\"}");
        assertThat(map(FakeExchange.openAi().body("{\"x\":1}"), mapping("a", "m"))
                        .text())
                .isEqualTo("{\"x\":1}");
        assertThat(map(FakeExchange.openAi().body("[1]"), mapping("*", "m")).text())
                .isEqualTo("[1]");
    }

    @Test
    void aModelThatAnotherFilterHasNamedIsMappedToo() {
        FakeExchange exchange = FakeExchange.openAi().body("{\"model\":\"a\"}");
        exchange.target(Target.of("p").model("a"));
        map(exchange, mapping("a", "b"));
        assertThat(exchange.target()).isEqualTo(Target.of("p").model("b"));
        assertThat(exchange.notes()).containsEntry("mapped_model", "a");
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/embeddings, EMBEDDINGS, '', true",
        "/x/image-synthesis, OTHER, '', true",
        "/v1/messages/count_tokens, COUNT_TOKENS, '', true",
        "/v1/fine_tuning/jobs, FINE_TUNING, '', true",
        "/v1/fine_tuning/jobs/1, FINE_TUNING, '', false",
        "/v1/files, FILES, '', false",
        "/anything, OTHER, '', false",
        "/anything, OTHER, '*', true",
        "/anything, OTHER, 'thing', true",
        "/v1/embeddings, EMBEDDINGS, 'thing', false"
    })
    void thePathSaysWhetherThereIsAModel(String path, Operation operation, String suffix, boolean mapped) {
        FakeExchange exchange = FakeExchange.of(Dialect.OPENAI, operation, FakeRequestHead.of("POST", path))
                .body("{\"model\":\"a\"}");
        FakeBody body = map(exchange, mapping("a", "b"), suffix.isEmpty() ? new String[0] : new String[] {suffix});
        assertThat(body.json().path("model").asText()).isEqualTo(mapped ? "b" : "a");
    }

    @Test
    void aModelInThePathStays() {
        FakeExchange exchange = FakeExchange.gemini("a").body("{\"contents\":[]}");
        assertThat(map(exchange, mapping("*", "b"), "*").text()).isEqualTo("{\"contents\":[]}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | model-mapper: required key 'modelMapping' is missing",
                "{ modelMapping: {} } | modelMapping",
                "{ modelMapping: { a: 1 } } | modelMapping.a",
                "{ modelMapping: { a: b }, modelKey: a.b } | expected the name of one field",
                "{ modelMapping: { a: b }, enableOnPathSuffix: [] } | enableOnPathSuffix",
                "{ modelMapping: { a: b }, modelMaping: {} } | modelMaping: unknown key",
                "{ modelMapping: { '': b } } | a model needs a name: name it, or remove the empty key",
                "{ modelMapping: { '~(': b } } | not a regular expression (RE2): missing closing ): '('",
                "{ modelMapping: { '~(?=a)': b } } | not a regular expression (RE2): invalid or unsupported Perl syntax: '(?='",
                "{ modelMapping: { 'a*': x, '*b': y } } | a model may match both this and 'a*', which is as long: make one of them longer"
            })
    void aConfigThatCannotWorkIsRefused(String config, String message) {
        assertThatThrownBy(() -> route(config))
                .hasMessageContaining("routes[0].filters[0].model-mapper")
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/chat/completions", "/v1/embeddings"})
    void theUpstreamGetsTheOtherModelAndEveryOtherByte(String path) {
        route("{ modelMapping: { a: b } }");
        assertThat(gateway.post(path, "{\"v\":0.10,\"model\":\"a\",\"messages\":[],\"u\":{\"k\":null}}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(upstream.requests().get(0).text())
                .isEqualTo("{\"v\":0.10,\"model\":\"b\",\"messages\":[],\"u\":{\"k\":null}}");
        assertThat(gateway.admin("/metrics").body()).contains("sluice_model_mapper_total{route=\"r\"} 1.0");
    }

    private int upload(String path, String type, byte[] body) {
        return gateway.send(HttpRequest.newBuilder(gateway.uri(path))
                        .header("content-type", type)
                        .POST(HttpRequest.BodyPublishers.ofByteArray(body)))
                .statusCode();
    }

    @Test
    void aFormIsMappedInPlace() {
        route("{ modelMapping: { whisper-1: 'sense/voice' } }");
        byte[] form = FORM.getBytes(StandardCharsets.UTF_8);
        assertThat(upload("/v1/audio/transcriptions", "multipart/form-data; boundary=b", form))
                .isEqualTo(200);
        assertThat(upstream.requests().get(0).text()).isEqualTo(FORM.replace("whisper-1", "sense/voice"));

        upload(
                "/v1/audio/transcriptions",
                "application/x-www-form-urlencoded",
                "a=1&model=whisper%2D1".getBytes(StandardCharsets.UTF_8));
        assertThat(upstream.requests().get(1).text()).isEqualTo("a=1&model=sense%2Fvoice");
    }

    @Test
    void theAnswerSaysWhichModelAFormHasGotten() {
        route("{ modelMapping: { whisper-1: other } }");
        var answer = gateway.send(HttpRequest.newBuilder(gateway.uri("/v1/audio/transcriptions"))
                .header("content-type", "multipart/form-data; boundary=b")
                .POST(HttpRequest.BodyPublishers.ofString(FORM)));
        assertThat(answer.headers().firstValue("x-sluice-model")).hasValue("other");
    }

    @Test
    void anUploadThatNamesNoModelStreamsPast() {
        gateway = TestGateway.with(new ModelMapper())
                .config("""
                        listen: { limits: { body: 1KiB } }
                        routes:
                          - { name: r, upstream: "%s", filters: [ model-mapper: { modelMapping: { '*': m } } ] }
                        """.formatted(upstream.uri()))
                .start();
        byte[] large = ("--b\r\n" + "x".repeat(10_000)).getBytes(StandardCharsets.UTF_8);
        assertThat(upload("/v1/files", "multipart/form-data; boundary=b", large))
                .isEqualTo(200);
        assertThat(upstream.requests().get(0).body()).isEqualTo(large);
        assertThat(upload("/v1/audio/transcriptions", "multipart/form-data; boundary=b", large))
                .isEqualTo(413);
    }

    @Test
    void theExampleLoads() throws IOException {
        Matcher blocks = Pattern.compile("(?s)```yaml\n(.*?)```").matcher(Files.readString(Path.of("README.md")));
        assertThat(blocks.find()).isTrue();
        gateway = TestGateway.with(new ModelMapper(), new AiProxy())
                .config(blocks.group(1))
                .start();
        assertThat(gateway.admin("/ready").statusCode()).isEqualTo(200);
    }

    @Test
    void theReadmeNamesEveryField() throws IOException {
        JsonNode schema;
        try (var in = ModelMapper.class.getResourceAsStream("/META-INF/sluice/model-mapper.json")) {
            schema = new ObjectMapper().readTree(in).at("/schema/properties");
        }
        Matcher rows =
                Pattern.compile("(?m)^\\| `(\\w+)` \\| (?!`route`)").matcher(Files.readString(Path.of("README.md")));
        assertThat(rows.results().map(row -> row.group(1)))
                .containsExactlyElementsOf(
                        schema.properties().stream().map(Map.Entry::getKey).toList());
    }
}
