package dev.sluice.plugins.contentsafety;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Higress's ai-security-guard, end to end: its config, its service, its refusals. */
final class HigressGuardTest {
    private static final String OPENAI = "/v1/chat/completions";
    private static final String ASK =
            "{\"model\":\"m\",\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}";
    private BrokenUpstream upstream;
    private Services services;
    private TestGateway gateway;

    @BeforeEach
    void start() throws IOException {
        upstream = BrokenUpstream.start();
        services = new Services();
        gateway = TestGateway.with(new ContentSafety(), new AiProxy())
                .config(config(Services.SECRET))
                .start();
    }

    private String config(String secret) {
        return """
                        providers:
                          p: { type: openai, baseUrl: "%s", apiTokens: [k] }
                        routes:
                          - name: r
                            match: { path: "/v1/**" }
                            filters:
                              - ai-security-guard:
                                  url: "%s"
                                  serviceName: green.dns
                                  servicePort: 443
                                  accessKey: id
                                  secretKey: %s
                                  checkRequest: true
                                  checkResponse: true
                                  denyMessage: "no!"
                                  timeout: 20000
                                  responseContentFallbackJsonPaths: []
                                  requestContentJsonPath: ask.1
                              - ai-proxy: { provider: p }
                        """.formatted(upstream.uri(), services.url(), secret);
    }

    @AfterEach
    void close() throws Exception {
        gateway.close();
        upstream.close();
        services.close();
    }

    @Test
    void aRequestIsRefusedAsHigressDoes() {
        HttpResponse<String> json = gateway.post(OPENAI, ASK.formatted(false, "awful"));
        assertThat(json.statusCode()).isEqualTo(200);
        assertThat(json.body())
                .contains("from-security-guard", "\"finish_reason\":\"stop\"")
                .contains("{\\\"code\\\":200,\\\"denyMessage\\\":\\\"no!\\\",\\\"blockedDetails\\\":[{\\\"type\\\":"
                        + "\\\"riskLevel\\\",\\\"level\\\":\\\"high\\\"}]}");
        HttpResponse<String> stream = gateway.post(OPENAI, ASK.formatted(true, "awful"));
        assertThat(stream.body()).contains("from-security-guard", "no!", "[DONE]");
        assertThat(upstream.requests()).isEmpty();
        assertThat(services.asked().get(0).text()).contains("Service=llm_query_moderation");
    }

    @Test
    void anAnswerIsToo() {
        upstream.next(Answer.json(
                200,
                "{\"id\":\"c\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"awful\"},"
                        + "\"finish_reason\":\"stop\"}]}"));
        HttpResponse<String> json = gateway.post(OPENAI, ASK.formatted(false, "hello"));
        assertThat(json.body()).contains("from-security-guard", "no!").doesNotContain("awful");
        assertThat(services.asked().get(1).text()).contains("Service=llm_response_moderation");
    }

    @Test
    void aTextInAnotherShapeIsFoundByItsPath() {
        upstream.always(request -> Answer.json(200, "{}"));
        assertThat(gateway.post("/v1/embeddings", "{\"model\":\"m\",\"ask\":[\"x\",\"awful\"]}")
                        .body())
                .contains("no!");
    }

    @Test
    void aServiceThatAnswersGarbageBlocks() {
        services.instead(Services.json(200, "{\"Code\":200,\"Da"));
        HttpResponse<String> json = gateway.post(OPENAI, ASK.formatted(false, "hello"));
        assertThat(json.statusCode()).isEqualTo(503);
        assertThat(json.body()).contains("check_failed");
    }

    /** Aliyun says so with a status and a code of its own. */
    @Test
    void aSignatureThatIsNotTakenBlocks() {
        gateway.reconfigure(config("another"));
        HttpResponse<String> json = gateway.post(OPENAI, ASK.formatted(false, "hello"));
        assertThat(json.statusCode()).isEqualTo(503);
        assertThat(json.body()).contains("check_failed").doesNotContain("another");
    }
}
