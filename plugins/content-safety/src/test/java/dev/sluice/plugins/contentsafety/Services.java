package dev.sluice.plugins.contentsafety;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.client.WireMock;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.extension.ResponseDefinitionTransformerV2;
import com.github.tomakehurst.wiremock.http.Request;
import com.github.tomakehurst.wiremock.http.ResponseDefinition;
import com.github.tomakehurst.wiremock.stubbing.ServeEvent;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The services outside, as their documentation has them: Aliyun's guard, which checks who has signed, OpenAI's moderations,
 * which ask for a key, and a model that judges. They find fault with texts that say "awful".
 */
final class Services implements AutoCloseable {
    static final String ID = "id";
    static final String SECRET = "s";
    static final String KEY = "sk-m";
    private static final String BAD = "awful";

    private final WireMockServer server;
    private volatile @Nullable ResponseDefinitionBuilder instead;

    /** What one of them was asked. */
    record Asked(String path, String text) {}

    Services() {
        server = new WireMockServer(WireMockConfiguration.options()
                .bindAddress("127.0.0.1")
                .dynamicPort()
                .containerThreads(30)
                .jettyStopTimeout(100L)
                .extensions(new AsTheService()));
        server.start();
        server.stubFor(WireMock.any(WireMock.anyUrl()).willReturn(WireMock.ok()));
    }

    String url() {
        return "http://127.0.0.1:" + server.port();
    }

    /** From now on all answer so; null: as they should. */
    void instead(@Nullable ResponseDefinitionBuilder answer) {
        instead = answer;
    }

    static ResponseDefinitionBuilder json(int status, String json) {
        return WireMock.jsonResponse(json, status);
    }

    /** What they were asked, in order. */
    List<Asked> asked() {
        List<Asked> all = new ArrayList<>();
        server.getAllServeEvents()
                .forEach(event -> all.add(new Asked(
                        event.getRequest().getUrl(), event.getRequest().getBodyAsString())));
        Collections.reverse(all);
        return all;
    }

    private final class AsTheService implements ResponseDefinitionTransformerV2 {
        @Override
        public ResponseDefinition transform(ServeEvent event) {
            ResponseDefinitionBuilder other = instead;
            return (other != null ? other : usual(event.getRequest())).build();
        }

        @Override
        public String getName() {
            return "as-the-service";
        }
    }

    private static ResponseDefinitionBuilder usual(Request request) {
        return switch (request.getUrl()) {
            case "/" -> aliyun(request);
            case "/v1/moderations" -> moderations(request);
            case "/v1/chat/completions" -> judge(request);
            default -> json(404, "{}");
        };
    }

    private static ResponseDefinitionBuilder aliyun(Request request) {
        String given = request.getHeader("authorization");
        String expected = "Signature="
                + Acs3Check.signature(
                        name -> request.getHeader(name.toLowerCase(Locale.ROOT)), request.getBody(), SECRET);
        if (given == null || !given.contains("Credential=" + ID + ",")) {
            return json(
                    404,
                    "{\"Code\":\"InvalidAccessKeyId.NotFound\",\"Message\":\"Specified access key is not found.\"}");
        }
        if (!given.contains(expected)) {
            return json(
                    400, "{\"Code\":\"SignatureDoesNotMatch\",\"Message\":\"Specified signature is not matched.\"}");
        }
        boolean bad = URLDecoder.decode(request.getBodyAsString(), StandardCharsets.UTF_8)
                .contains(BAD);
        return json(
                200,
                bad
                        ? "{\"Code\":200,\"Data\":{\"RiskLevel\":\"high\",\"Result\":[{\"Label\":\"violent\"}]}}"
                        : "{\"Code\":200,\"Data\":{\"RiskLevel\":\"none\",\"Result\":[]}}");
    }

    private static ResponseDefinitionBuilder moderations(Request request) {
        if (!("Bearer " + KEY).equals(request.getHeader("authorization"))) {
            return json(401, "{\"error\":{\"message\":\"Incorrect API key\",\"code\":\"invalid_api_key\"}}");
        }
        boolean bad = request.getBodyAsString().contains(BAD);
        return json(
                200,
                ("{\"id\":\"modr-1\",\"results\":[{\"flagged\":%s,\"categories\":{\"violence\":%s},"
                                + "\"category_scores\":{\"violence\":%s}}]}")
                        .formatted(bad, bad, bad ? 0.99 : 0.01));
    }

    private static ResponseDefinitionBuilder judge(Request request) {
        String said = request.getBodyAsString().contains(BAD)
                ? "{\\\"risk\\\":\\\"violence\\\",\\\"level\\\":\\\"high\\\"}"
                : "{\\\"level\\\":\\\"none\\\"}";
        return json(
                200,
                "{\"id\":\"c\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":"
                        + "{\"role\":\"assistant\",\"content\":\"" + said + "\"},\"finish_reason\":\"stop\"}]}");
    }

    @Override
    public void close() {
        server.stop();
    }
}
