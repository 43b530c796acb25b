package dev.sluice.plugins.headertransform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.api.ConfigException;
import dev.sluice.api.Headers;
import dev.sluice.plugins.headertransform.HeaderTransformConfig.Entry;
import dev.sluice.plugins.headertransform.HeaderTransformConfig.Operation;
import dev.sluice.plugins.headertransform.HeaderTransformConfig.Rule;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
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
import org.junit.jupiter.params.provider.ValueSource;

final class HeaderTransformTest {
    private BrokenUpstream upstream;
    private TestGateway gateway;

    @BeforeEach
    void start() throws IOException {
        upstream = BrokenUpstream.start();
        upstream.always(request -> Answer.json(200, "{}").header("x-u", "1").header("x-u", "2"));
    }

    @AfterEach
    void close() throws Exception {
        if (gateway != null) {
            gateway.close();
        }
        upstream.close();
    }

    private void route(String name, String config) {
        gateway = TestGateway.with(new HeaderTransform())
                .config("""
                        routes:
                          - { name: r, upstream: "%s", filters: [ %s: %s ] }
                        """.formatted(upstream.uri(), name, config))
                .start();
    }

    private HttpResponse<String> send(String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(gateway.uri(path));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return gateway.send(request);
    }

    /** What the upstream gets of a request with a: 1, a: 2, a: 1, and b: x,y. */
    private Headers sent(String rules) {
        route("header-transform", "{ request: " + rules + " }");
        send("/p/q?k=v%20w&k=%0d2", "A", "1", "a", "2", "A", "1", "b", "x, y");
        return upstream.requests().get(0).headers();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "remove | { key: A } | a: [] b: [x, y] c: []",
                "rename | { oldKey: a, newKey: C } | a: [] b: [x, y] c: [1, 2, 1]",
                "rename | { oldKey: a, newKey: b } | a: [] b: [1, 2, 1] c: []",
                "rename | { oldKey: none, newKey: b } | a: [1, 2, 1] b: [x, y] c: []",
                "replace | { key: a, newValue: z } | a: [z] b: [x, y] c: []",
                "replace | { key: c, newValue: z } | a: [1, 2, 1] b: [x, y] c: [z]",
                "add | { key: a, value: z } | a: [1, 2, 1] b: [x, y] c: []",
                "add | { key: c, value: '$1' } | a: [1, 2, 1] b: [x, y] c: [$1]",
                "append | { key: a, appendValue: z } | a: [1, 2, 1, z] b: [x, y] c: []",
                "append | { key: c, appendValue: z } | a: [1, 2, 1] b: [x, y] c: [z]",
                "map | { fromKey: A, toKey: B } | a: [1, 2, 1] b: [1, 2, 1] c: []",
                "map | { fromKey: none, toKey: B } | a: [1, 2, 1] b: [x, y] c: []",
                "dedupe | { key: a } | a: [1] b: [x, y] c: []",
                "dedupe | { key: a, strategy: RETAIN_LAST } | a: [1] b: [x, y] c: []",
                "dedupe | { key: a, strategy: RETAIN_UNIQUE } | a: [1, 2] b: [x, y] c: []",
                "dedupe | { key: b, strategy: RETAIN_FIRST } | a: [1, 2, 1] b: [x, y] c: []",
                "dedupe | { key: b, strategy: SPLIT_AND_RETAIN_FIRST } | a: [1, 2, 1] b: [x] c: []",
                "dedupe | { key: b, strategy: SPLIT_AND_RETAIN_LAST } | a: [1, 2, 1] b: [y] c: []",
                "dedupe | { key: c } | a: [1, 2, 1] b: [x, y] c: []",
                "add | { key: c, value: 'host-$1', hostPattern: '^([0-9]+)[.]' } | a: [1, 2, 1] b: [x, y] c: [host-127]",
                "add | { key: c, value: z, host_pattern: '^example' } | a: [1, 2, 1] b: [x, y] c: []",
                "replace | { key: c, newValue: 'p-\\$1-$2', path_pattern: '/(\\w+)[?]k=(.)' } | a: [1, 2, 1] b: [x, y] c: [p-q-v]",
                "append | { key: a, appendValue: z, pathPattern: '^/other' } | a: [1, 2, 1] b: [x, y] c: []"
            })
    void anOperation(String operate, String header, String wanted) {
        Headers sent = sent("[{ operate: " + operate + ", headers: [" + header + "] }]");
        assertThat("a: " + sent.all("a") + " b: " + sent.all("b") + " c: " + sent.all("c"))
                .isEqualTo(wanted);
    }

    @Test
    void aParameterBecomesAHeader() {
        Headers sent = sent(
                "[{ operate: map, mapSource: querys, headers: [{ fromKey: k, toKey: c }, { fromKey: no, toKey: a }] }]");
        assertThat(sent.all("c")).containsExactly("v w", "2");
        assertThat(sent.all("a")).hasSize(3);
    }

    @Test
    void rulesRunInTheOrderTheyAreWritten() {
        Headers sent = sent(
                "[{ operate: append, headers: [{ key: c, appendValue: '1' }, { key: c, appendValue: '2' }] },"
                        + " { operate: rename, headers: [{ oldKey: c, newKey: d }] }, { operate: remove, headers: [{ key: c }] }]");
        assertThat(sent.all("d")).containsExactly("1", "2");
    }

    @Test
    void answersAreTransformedToo() {
        route("header-transform", """
                { response: [
                  { operate: dedupe, headers: [{ key: x-u, strategy: RETAIN_LAST }] },
                  { operate: map, mapSource: request, headers: [{ fromKey: x-mine, toKey: x-yours }] },
                  { operate: add, headers: [{ key: x-path, value: '$1', pathPattern: '/(p)' }] },
                  { operate: remove, headers: [{ key: x-request-id }] } ] }""".replace("\n", " "));
        HttpResponse<String> answer = send("/p", "x-mine", "m");
        assertThat(answer.headers().allValues("x-u")).containsExactly("2");
        assertThat(answer.headers().allValues("x-yours")).containsExactly("m");
        assertThat(answer.headers().allValues("x-path")).containsExactly("p");
    }

    @Test
    void higressConfigLoadsUnderItsOwnName() {
        route(
                "transformer",
                "{ reqRules: [{ operate: rename, headers: [{ oldKey: X-not-renamed, newKey: X-renamed }] }],"
                        + " respRules: [{ operate: replace, headers: [{ key: X-U, newValue: replaced }] }] }");
        assertThat(send("/", "x-not-renamed", "test").headers().allValues("x-u"))
                .containsExactly("replaced");
        assertThat(upstream.requests().get(0).headers().get("x-renamed")).isEqualTo("test");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "content-length",
                "Transfer-Encoding",
                "connection",
                "keep-alive",
                "te",
                "trailer",
                "upgrade",
                "content-encoding",
                "proxy-authorization",
                "expect"
            })
    void whatFramesAMessageIsOutOfReach(String name) {
        for (Operation operation : Operation.values()) {
            for (boolean second : new boolean[] {false, true}) {
                for (boolean answer : new boolean[] {false, true}) {
                    Rule rule = new Rule(operation, null, List.of(entry(operation, name, second)));
                    HeaderTransformConfig config = answer
                            ? new HeaderTransformConfig(List.of(), List.of(rule))
                            : new HeaderTransformConfig(List.of(rule), List.of());
                    assertThatThrownBy(() -> new HeaderTransform().open(config, new FakeScope()))
                            .isInstanceOfSatisfying(
                                    ConfigException.class,
                                    e -> assertThat(e.path())
                                            .startsWith((answer ? "response" : "request") + "[0].headers[0]."))
                            .hasMessage("'" + name + "' frames the message or belongs to one connection: the gateway"
                                    + " writes it, remove this");
                }
            }
        }
    }

    /** An entry that is right for the operation but for that name, in the first or the second place for one. */
    private static Entry entry(Operation operation, String name, boolean second) {
        return switch (operation) {
            case REMOVE, DEDUPE -> new Entry(name, null, null, null, null, null, null, null, null, null, null);
            case RENAME ->
                new Entry(
                        null, second ? "x" : name, second ? name : "x", null, null, null, null, null, null, null, null);
            case REPLACE -> new Entry(name, null, null, null, "v", null, null, null, null, null, null);
            case ADD -> new Entry(name, null, null, "v", null, null, null, null, null, null, null);
            case APPEND -> new Entry(name, null, null, null, null, "v", null, null, null, null, null);
            case MAP -> new Entry(null, null, null, null, null, null, "x", name, null, null, null);
        };
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | one of 'request', 'response' is required",
                "{ request: [] } | request",
                "{ request: [{ operate: remove }] } | required key 'headers' is missing",
                "{ request: [{ operate: drop, headers: [{ key: a }] }] } | operate: expected one of remove, rename",
                "{ request: [{ operate: remove, headers: [{ kee: a }] }] } | headers[0].kee: unknown key",
                "{ request: [{ operate: remove, querys: [{ key: a }], headers: [{ key: a }] }] } | querys: unknown key",
                "{ request: [{ operate: map, mapSource: body, headers: [{ fromKey: a, toKey: b }] }] } | expected one of headers, querys, request, got 'body'",
                "{ request: [{ operate: remove, mapSource: querys, headers: [{ key: a }] }] } | request[0].mapSource: only map takes a source: remove it",
                "{ request: [{ operate: remove, headers: [{ key: a, value: b }] }] } | headers[0].value: remove has no use for it: it takes key",
                "{ request: [{ operate: remove, headers: [{ key: a, pathPattern: b }] }] } | headers[0].pathPattern: remove has no use for it: it takes key",
                "{ response: [{ operate: rename, headers: [{ oldKey: a }] }] } | response[0].headers[0]: rename needs 'newKey': add it",
                "{ request: [{ operate: rename, headers: [{ oldKey: a, newKey: A }] }] } | the same header as oldKey, as names count in any case: name another",
                "{ request: [{ operate: remove, headers: [{ key: 'a b' }] }] } | headers[0].key: 'a b' is no header name: use letters, digits and hyphens",
                "{ request: [{ operate: remove, headers: [{ key: ':path' }] }] } | headers[0].key: ':path' is no header name",
                "{ request: [{ operate: replace, headers: [{ key: Host, newValue: a }] }] } | 'Host' says where a request goes: set a provider's baseUrl",
                "{ request: [{ operate: add, headers: [{ key: a, value: \"b\\r\\nc\" }] }] } | headers[0].value: a header's value holds no line end and no NUL: remove it",
                "{ request: [{ operate: add, headers: [{ key: a, value: b, hostPattern: x, pathPattern: y }] }] } | headers[0].pathPattern: given beside hostPattern, of which only one can count: keep one",
                "{ request: [{ operate: add, headers: [{ key: a, value: b, hostPattern: '(' }] }] } | headers[0].hostPattern: not a regular expression (RE2): missing closing ): '('",
                "{ request: [{ operate: add, headers: [{ key: a, value: '$2', hostPattern: '(x)' }] }] } | headers[0].value: refers to a group that the pattern has not"
            })
    void aConfigThatCannotWorkIsRefused(String config, String message) {
        assertThatThrownBy(() -> route("header-transform", config)).hasMessageContaining(message);
    }

    @Test
    void theExampleWorks() throws IOException {
        Matcher blocks = Pattern.compile("(?s)```yaml\n(.*?)```").matcher(Files.readString(Path.of("README.md")));
        assertThat(blocks.find()).isTrue();
        gateway = TestGateway.with(new HeaderTransform())
                .config(blocks.group(1)
                        .replace("http://127.0.0.1:3000", upstream.uri().toString()))
                .start();
        assertThat(send("/v2/x", "x-team-id", "7").headers().firstValue("x-team"))
                .hasValue("7");
        assertThat(upstream.requests().get(0).headers().get("x-version")).isEqualTo("v2");
    }

    @Test
    void theReadmeNamesEveryField() throws IOException {
        JsonNode schema;
        try (var in = HeaderTransform.class.getResourceAsStream("/META-INF/sluice/header-transform.json")) {
            schema = new ObjectMapper().readTree(in);
        }
        String readme = Files.readString(Path.of("README.md"));
        Matcher rows = Pattern.compile("(?m)^\\| `(\\w+)` \\| `\\[").matcher(readme);
        assertThat(rows.results().map(row -> row.group(1)))
                .containsExactlyElementsOf(schema.at("/schema/properties").properties().stream()
                        .map(Map.Entry::getKey)
                        .toList());
        for (String of :
                List.of("/schema/$defs/rule/properties", "/schema/$defs/rule/properties/headers/items/properties")) {
            schema.at(of)
                    .fieldNames()
                    .forEachRemaining(field -> assertThat(readme).contains("`" + field));
        }
    }
}
