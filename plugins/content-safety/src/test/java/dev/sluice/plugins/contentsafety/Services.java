package dev.sluice.plugins.contentsafety;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.client.WireMock;
import com.github.tomakehurst.wiremock.http.Request;
import dev.sluice.testkit.FakeVendor;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
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

    private final FakeVendor server = FakeVendor.start(this::answer);
    private volatile @Nullable ResponseDefinitionBuilder instead;

    String url() {
        return server.url();
    }

    /** From now on all answer so; null: as they should. */
    void instead(@Nullable ResponseDefinitionBuilder answer) {
        instead = answer;
    }

    /** What they were asked, in order. */
    List<FakeVendor.Asked> asked() {
        return server.asked();
    }

    private ResponseDefinitionBuilder answer(Request request) {
        ResponseDefinitionBuilder other = instead;
        return other != null ? other : usual(request);
    }

    static ResponseDefinitionBuilder json(int status, String json) {
        return WireMock.jsonResponse(json, status);
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
        server.close();
    }
}
