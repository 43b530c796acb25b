package dev.sluice.plugins.contentsafety;

import dev.sluice.api.HttpRequest;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** Signs requests the way Aliyun's gateways want them: ACS3-HMAC-SHA256 (signature V3). */
final class Acs3Signature {
    private static final String ALGORITHM = "ACS3-HMAC-SHA256";

    private final String accessKey;
    private final byte[] secret;
    private final @Nullable String securityToken;

    Acs3Signature(String accessKey, String secretKey, @Nullable String securityToken) {
        this.accessKey = accessKey;
        this.secret = secretKey.getBytes(StandardCharsets.UTF_8);
        this.securityToken = securityToken;
    }

    /** A signed POST of a form. */
    HttpRequest post(URI uri, String action, String version, byte[] form, Instant now, String nonce) {
        TreeMap<String, String> headers = new TreeMap<>();
        headers.put("host", uri.getRawAuthority());
        headers.put("content-type", "application/x-www-form-urlencoded");
        headers.put("x-acs-action", action);
        headers.put("x-acs-version", version);
        headers.put("x-acs-date", now.truncatedTo(ChronoUnit.SECONDS).toString());
        headers.put("x-acs-signature-nonce", nonce);
        headers.put("x-acs-content-sha256", sha256(form));
        if (securityToken != null) {
            headers.put("x-acs-security-token", securityToken);
        }
        String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        StringBuilder canonical = new StringBuilder("POST\n" + path + "\n\n");
        headers.forEach((name, value) ->
                canonical.append(name).append(':').append(value).append('\n'));
        String signed = String.join(";", headers.keySet());
        canonical.append('\n').append(signed).append('\n').append(sha256(form));
        String toSign = ALGORITHM + "\n" + sha256(canonical.toString().getBytes(StandardCharsets.UTF_8));
        HttpRequest request = HttpRequest.of("POST", uri.resolve(path), form)
                .header(
                        "authorization",
                        ALGORITHM + " Credential=" + accessKey + ",SignedHeaders=" + signed + ",Signature="
                                + hmac(toSign));
        for (Map.Entry<String, String> header : headers.entrySet()) {
            if (!header.getKey().equals("host")) {
                request = request.header(header.getKey(), header.getValue());
            }
        }
        return request;
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private String hmac(String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
            return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
