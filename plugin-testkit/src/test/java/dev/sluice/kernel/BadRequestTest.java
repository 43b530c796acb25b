package dev.sluice.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Body;
import dev.sluice.api.Filter;
import dev.sluice.api.Reply;
import dev.sluice.api.Step;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients get for requests that cannot be served; the gateway serves on after each. */
final class BadRequestTest {

    @RegisterExtension
    final TestGateway gateway = TestGateway.with(new TestTarget())
            .filter("reply", exchange -> new Filter() {
                @Override
                public Step onRequestBody(Body body) {
                    return Reply.chat("served");
                }
            })
            .config("""
                    listen: { host: 127.0.0.1, port: 0, limits: { head: 8KiB, body: 64KiB, depth: 20 } }
                    providers: { p: { type: test, baseUrl: "http://127.0.0.1:1" } }
                    routes:
                      - name: models
                        match: { path: "/models/**", model: "gpt-*" }
                        filters: [ reply: {}, test-target: { provider: p } ]
                      - name: chat
                        match: { path: "/v1/**" }
                        filters: [ reply: {}, test-target: { provider: p } ]
                    """);

    private void servesOn() {
        HttpResponse<String> good = gateway.post("/v1/chat/completions", "{\"model\":\"m\",\"messages\":[]}");
        assertThat(good.statusCode()).isEqualTo(200);
        assertThat(good.body()).contains("served");
    }

    private String raw(String request) throws IOException {
        try (RawClient client = new RawClient(gateway.gateway().port())) {
            return client.send(request).rest();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "NOT HTTP AT ALL\r\n\r\n",
                "GET /v1/x HTTP/1.1\r\nhost: a\r\nno colon here\r\n\r\n",
                "POST /v1/x HTTP/1.1\r\nhost: a\r\ncontent-length: abc\r\n\r\n",
                "POST /v1/x HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabc",
            })
    void whatIsNotHttpGets400AndIsClosed(String request) throws IOException {
        // A line that names no version is answered in HTTP/1.0.
        assertThat(raw(request)).matches("(?s)HTTP/1\\.[01] 400 .*\"code\":\"bad_request\".*");
        servesOn();
    }

    @Test
    void aVersionNobodyKnowsGets501() throws IOException {
        assertThat(raw("GET /v1/x HTTP/9.9\r\nhost: a\r\n\r\n")).contains(" 501 ");
        servesOn();
    }

    @Test
    void aHeadThatIsTooLargeGets431AndALineThatIsTooLong414() throws IOException {
        assertThat(raw("GET /v1/x HTTP/1.1\r\nhost: a\r\nx-big: " + "b".repeat(9000) + "\r\n\r\n"))
                .startsWith("HTTP/1.1 431")
                .contains("the request's header fields are too large");
        assertThat(raw("GET /v1/" + "x".repeat(9000) + " HTTP/1.1\r\nhost: a\r\n\r\n"))
                .matches("(?s)HTTP/1\\.[01] 414 .*")
                .contains("the request line is too long");
        servesOn();
    }

    @Test
    void aBodyThatIsTooLargeGets413WithAndWithoutALength() throws IOException {
        String body = "{\"x\":\"" + "y".repeat(70_000) + "\"}";
        HttpResponse<String> answer = gateway.post("/v1/chat/completions", body);
        assertThat(answer.statusCode()).isEqualTo(413);
        assertThat(answer.body()).contains("larger than 65536 bytes");
        String chunked = "POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
                + "transfer-encoding: chunked\r\n\r\n" + Integer.toHexString(body.length()) + "\r\n" + body
                + "\r\n0\r\n\r\n";
        assertThat(raw(chunked)).startsWith("HTTP/1.1 413").contains("{\"type\":\"error\",\"error\":{\"type\":");
        servesOn();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|the body is empty, a JSON object was expected",
                "'{\"model\":'|the body is not valid JSON (line 1, column 10)",
                "'[1]'|the body is no JSON object",
                "'\"text\"'|the body is no JSON object",
                "'{} {}'|there is something after the end of the JSON object",
                "'{\"model\":\"a\",\"model\":\"b\"}'|the field 'model' is there twice",
                "'{\"model\":\"a\",\"m\\u006fdel\":\"b\"}'|the field 'model' is there twice",
                "'{\"model\":7}'|the field 'model' must be a string",
                "'{\"model\":null}'|the field 'model' must be a string",
                "'[[[[[[[[[[[[[[[[[[[[[[[[1'|the body is no JSON object",
                "'{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[1'|the JSON body is nested too deeply",
                "'{\"a\":1e'|the body is not valid JSON",
            })
    void invalidJsonGets400InTheClientsDialect(String body, String message) {
        HttpResponse<String> openAi = gateway.post("/v1/chat/completions", body);
        assertThat(openAi.statusCode()).isEqualTo(400);
        assertThat(openAi.body())
                .startsWith("{\"error\":{\"message\":\"")
                .contains(message)
                .contains("\"code\":\"bad_request\"");
        HttpResponse<String> anthropic = gateway.post("/v1/messages", body);
        assertThat(anthropic.statusCode()).isEqualTo(400);
        assertThat(anthropic.body())
                .startsWith("{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\"")
                .contains(message);
        servesOn();
    }

    @Test
    void theSameHoldsWhereTheModelFindsTheRoute() {
        assertThat(gateway.post("/models/v1/chat/completions", "{\"model\":\"a\",\"model\":\"gpt-4\"}")
                        .body())
                .contains("the field 'model' is there twice");
        HttpResponse<String> other = gateway.post("/models/v1/chat/completions", "{\"model\":\"claude\"}");
        assertThat(other.statusCode()).isEqualTo(404);
        assertThat(other.body()).contains("\"code\":\"no_route\"");
        assertThat(gateway.post("/models/v1/chat/completions", "{}").statusCode())
                .isEqualTo(404);
        assertThat(gateway.post("/models/v1/chat/completions", "{\"model\":\"gpt-4\"}")
                        .body())
                .contains("served");
    }

    @ParameterizedTest
    @CsvSource({
        "/v2/unknown, '{\"error\":{'",
        "/nothing/v1beta/models/gemini:generateContent, '{\"error\":{\"code\":404'",
    })
    void noRouteIs404InTheClientsDialect(String path, String shape) {
        HttpResponse<String> answer = gateway.post(path, "{}");
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body()).startsWith(shape).contains("no_route");
        assertThat(answer.headers().firstValue("x-request-id")).isPresent();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/../v1/x", "/v1/../../x", "/%2e%2e/v1/x", "/v1/%zz", "/v1/%00", "/v1/a\\b"})
    void aPathThatLeadsOutOrIsBrokenGets400(String path) throws IOException {
        assertThat(raw("GET " + path + " HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 400")
                .contains("the path is malformed or climbs above the root");
        servesOn();
    }

    @Test
    void anotherSpellingOfAPathIsTheSamePath() throws IOException {
        String body = "{\"model\":\"m\"}";
        assertThat(raw("POST //v1/./chat/x/%2e%2e/c%6Fmpletions HTTP/1.1\r\nhost: a\r\nconnection: close\r\n"
                        + "content-type: application/json\r\ncontent-length: " + body.length() + "\r\n\r\n" + body))
                .startsWith("HTTP/1.1 200")
                .contains("served");
    }

    @Test
    void aRequestIdIsTakenOverIfItIsSaneAndReplacedIfNot() throws IOException {
        String head = "GET /none HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx-request-id: ";
        assertThat(raw(head + "abc-123\r\n\r\n")).contains("x-request-id: abc-123");
        assertThat(raw(head + "<script>\r\n\r\n")).contains("x-request-id: ").doesNotContain("script");
    }

    @Test
    void aFormStatesTheModelInAFieldAndAQueryInAParameter() {
        String form = "--b\r\ncontent-disposition: form-data; name=\"%s\"\r\n\r\ngpt-audio\r\n--b--\r\n";
        java.util.function.Function<String, HttpResponse<String>> upload = field ->
                gateway.send(java.net.http.HttpRequest.newBuilder(gateway.uri("/models/v1/audio/transcriptions"))
                        .header("content-type", "multipart/form-data; boundary=b")
                        .POST(java.net.http.HttpRequest.BodyPublishers.ofString(form.formatted(field))));
        // The route is found, and its provider cannot be reached.
        assertThat(upload.apply("model").statusCode()).isEqualTo(502);
        assertThat(upload.apply("other").body()).contains("no_route");
        assertThat(gateway.get("/models/x?model=gpt-4").statusCode()).isEqualTo(502);
        assertThat(gateway.get("/models/x?model=claude").body()).contains("no_route");
        HttpResponse<String> broken =
                gateway.send(java.net.http.HttpRequest.newBuilder(gateway.uri("/models/v1/audio/transcriptions"))
                        .header("content-type", "application/x-www-form-urlencoded")
                        .POST(java.net.http.HttpRequest.BodyPublishers.ofString("model=%zz")));
        assertThat(broken.statusCode()).isEqualTo(400);
        assertThat(broken.body()).contains("the form cannot be read");
    }

    @Test
    void anHttp11RequestWithoutHostGets400() throws IOException {
        assertThat(raw("GET /v1/x HTTP/1.1\r\nconnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 400")
                .contains("the request has no Host");
    }

    @Test
    void aBodyOfAnotherMediaTypeDoesNotPassTheFiltersBy() throws IOException {
        String body = "{\"model\":\"m\",\"messages\":[]}";
        assertThat(raw("POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nconnection: close\r\n"
                        + "content-type: text/plain\r\ncontent-length: " + body.length() + "\r\n\r\n" + body))
                .startsWith("HTTP/1.1 200")
                .contains("served");
    }
}
