package com.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.testkit.TestGateway;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The filter in a whole gateway: real sockets, real config. */
class AddHeaderGatewayTest {
    @RegisterExtension
    final TestGateway gateway = TestGateway.with(new AddHeader(), new AiProxy()).config("""
            providers: { model: { type: echo } }
            routes:
              - name: chat
                filters:
                  - add-header: { name: x-team, value: search }
                  - ai-proxy: { provider: model }
            """);

    @Test
    void anAnswerCarriesTheHeader() {
        HttpResponse<String> answer =
                gateway.post("/v1/chat/completions", "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");

        assertEquals(200, answer.statusCode(), answer.body());
        assertEquals("search", answer.headers().firstValue("x-team").orElse(""));
    }

    @Test
    void soDoesAnErrorOfTheModel() {
        HttpResponse<String> answer = gateway.post(
                "/v1/chat/completions", "{\"messages\":[{\"role\":\"user\",\"content\":\"[[echo status=503]]\"}]}");

        assertEquals(503, answer.statusCode(), answer.body());
        assertEquals("search", answer.headers().firstValue("x-team").orElse(""), answer.body());
    }

    @Test
    void aConfigThatCannotWorkIsRefusedWithItsPlace() {
        TestGateway broken = TestGateway.with(new AddHeader(), new AiProxy()).config("""
                providers: { model: { type: echo } }
                routes:
                  - name: chat
                    filters:
                      - add-header: { name: "x team", vale: search }
                      - ai-proxy: { provider: model }
                """);

        String problems = assertThrows(IllegalStateException.class, broken::start).getMessage();

        assertTrue(problems.contains("expected a header name like x-team"), problems);
        assertTrue(problems.contains("did you mean 'value'?"), problems);
    }
}
