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
            "{\"model\":\"m\",\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";
    private static final String BAD =
            "{\"Code\":200,\"Data\":{\"RiskLevel\":\"high\",\"Result\":[{\"Label\":\"violent\"}]}}";
    private static final String GOOD = "{\"Code\":200,\"Data\":{\"RiskLevel\":\"none\",\"Result\":[]}}";

    private BrokenUpstream upstream;
    private BrokenUpstream aliyun;
    private TestGateway gateway;

    @BeforeEach
    void start() throws IOException {
        upstream = BrokenUpstream.start();
        aliyun = BrokenUpstream.start();
        gateway = TestGateway.with(new ContentSafety(), new AiProxy())
                .config("""
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
                                  secretKey: s
                                  checkRequest: true
                                  checkResponse: true
                                  denyMessage: "no!"
                                  timeout: 20000
                                  responseContentFallbackJsonPaths: []
                                  requestContentJsonPath: ask.1
                              - ai-proxy: { provider: p }
                        """.formatted(upstream.uri(), aliyun.uri()))
                .start();
    }

    @AfterEach
    void close() throws Exception {
        gateway.close();
        upstream.close();
        aliyun.close();
    }

    @Test
    void aRequestIsRefusedAsHigressDoes() {
        aliyun.always(request -> Answer.json(200, BAD));
        HttpResponse<String> json = gateway.post(OPENAI, ASK.formatted(false));
        assertThat(json.statusCode()).isEqualTo(200);
        assertThat(json.body())
                .contains("from-security-guard", "\"finish_reason\":\"stop\"")
                .contains("{\\\"code\\\":200,\\\"denyMessage\\\":\\\"no!\\\",\\\"blockedDetails\\\":[{\\\"type\\\":"
                        + "\\\"riskLevel\\\",\\\"level\\\":\\\"high\\\"}]}");
        HttpResponse<String> stream = gateway.post(OPENAI, ASK.formatted(true));
        assertThat(stream.body()).contains("from-security-guard", "no!", "[DONE]");
        assertThat(upstream.requests()).isEmpty();
        assertThat(aliyun.requests().get(0).headers().get("authorization"))
                .startsWith("ACS3-HMAC-SHA256 Credential=id,");
        assertThat(aliyun.requests().get(0).text()).contains("Service=llm_query_moderation");
    }

    @Test
    void anAnswerIsToo() {
        aliyun.next(Answer.json(200, GOOD)).next(Answer.json(200, BAD));
        upstream.next(Answer.json(
                200,
                "{\"id\":\"c\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"awful\"},"
                        + "\"finish_reason\":\"stop\"}]}"));
        HttpResponse<String> json = gateway.post(OPENAI, ASK.formatted(false));
        assertThat(json.body()).contains("from-security-guard", "no!").doesNotContain("awful");
        assertThat(aliyun.requests().get(1).text()).contains("Service=llm_response_moderation");
    }

    @Test
    void aTextInAnotherShapeIsFoundByItsPath() {
        aliyun.always(request -> Answer.json(200, request.text().contains("awful") ? BAD : GOOD));
        upstream.always(request -> Answer.json(200, "{}"));
        assertThat(gateway.post("/v1/embeddings", "{\"model\":\"m\",\"ask\":[\"x\",\"awful\"]}")
                        .body())
                .contains("no!");
    }

    @Test
    void aServiceThatAnswersGarbageBlocks() {
        aliyun.always(request -> Answer.json(200, "{\"Code\":200,\"Da"));
        HttpResponse<String> json = gateway.post(OPENAI, ASK.formatted(false));
        assertThat(json.statusCode()).isEqualTo(503);
        assertThat(json.body()).contains("check_failed");
    }
}
