package com.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.testkit.TestGateway;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The filter in a whole gateway, before a model that says word by word what it was told. */
class RewriteTextGatewayTest {
    @RegisterExtension
    final TestGateway gateway = TestGateway.with(new RewriteText(), new AiProxy()).config("""
            providers: { model: { type: echo } }
            routes:
              - name: chat
                filters:
                  - rewrite-text: { find: "white rabbit", replace: hare }
                  - ai-proxy: { provider: model }
            """);

    @ParameterizedTest
    @ValueSource(strings = {"/v1/chat/completions", "/v1/messages"})
    void anAnswerIsRewritten(String path) {
        HttpResponse<String> answer = ask(path, false);

        assertEquals(200, answer.statusCode(), answer.body());
        assertTrue(answer.body().contains("a hare ran by"), answer.body());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/chat/completions", "/v1/messages"})
    void aStreamIsRewrittenAlthoughTheWordsComeOneByOne(String path) {
        HttpResponse<String> answer = ask(path, true);

        assertEquals("text/event-stream", answer.headers().firstValue("content-type").orElse(""));
        assertTrue(answer.body().contains("hare"), answer.body());
        assertFalse(answer.body().contains("rabbit"), answer.body());
    }

    private HttpResponse<String> ask(String path, boolean stream) {
        return gateway.post(
                path,
                "{\"model\":\"echo\",\"max_tokens\":100,\"stream\":" + stream
                        + ",\"messages\":[{\"role\":\"user\",\"content\":\"a white rabbit ran by\"}]}");
    }
}
