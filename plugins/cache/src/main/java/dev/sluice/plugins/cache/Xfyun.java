package dev.sluice.plugins.cache;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.HttpRequest;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.Locale;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** xfyun's envelope: signed in the URL, texts and vectors in Base64. */
final class Xfyun {
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private Xfyun() {}

    /** Asks for the vector of a text. */
    static HttpRequest request(
            URI uri, String text, String appId, String apiKey, String apiSecret, String domain, Instant now) {
        JsonNodeFactory json = JsonNodeFactory.instance;
        ObjectNode said = json.objectNode();
        said.putArray("messages").addObject().put("content", text).put("role", "user");
        ObjectNode body = json.objectNode();
        body.putObject("header").put("app_id", appId).put("status", 3);
        body.putObject("parameter")
                .putObject("emb")
                .put("domain", domain)
                .putObject("feature")
                .put("encoding", "utf8");
        body.putObject("payload").putObject("messages").put("text", base64(said.toString()));
        return HttpRequest.post(signed(uri, apiKey, apiSecret, now), body);
    }

    private static URI signed(URI uri, String apiKey, String apiSecret, Instant now) {
        String host = uri.getPort() < 0 ? uri.getHost() : uri.getHost() + ":" + uri.getPort();
        String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        String date = DATE.format(now);
        String origin = "host: " + host + "\ndate: " + date + "\nPOST " + path + " HTTP/1.1";
        String authorization = "api_key=\"" + apiKey
                + "\", algorithm=\"hmac-sha256\", headers=\"host date request-line\", signature=\""
                + hmac(apiSecret, origin) + "\"";
        return URI.create(uri.getScheme() + "://" + host + path + "?host=" + encoded(host) + "&date=" + encoded(date)
                + "&authorization=" + encoded(base64(authorization)));
    }

    private static String hmac(String secret, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return Base64.getEncoder().encodeToString(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every JVM has HmacSHA256", e);
        }
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /**
     * The vector in an answer.
     *
     * @throws IllegalStateException if it is none
     */
    static float[] vector(String text) {
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException("xfyun answers with a vector that is no Base64", e);
        }
        if (bytes.length == 0 || bytes.length % Float.BYTES != 0) {
            throw new IllegalStateException("xfyun answers without a vector");
        }
        float[] vector = new float[bytes.length / Float.BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(vector);
        return vector;
    }
}
