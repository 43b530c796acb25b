package dev.sluice.plugins.contentsafety;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Aliyun's ACS3-HMAC-SHA256 from the other side: what the signature of a request must be, by what arrived. */
final class Acs3Check {
    private Acs3Check() {}

    /**
     * Computes it.
     *
     * @param header gives the value of a field, its name in lower case
     */
    static String signature(UnaryOperator<String> header, byte[] body, String secret) {
        try {
            Matcher signed = Pattern.compile("SignedHeaders=([^,]+)").matcher(header.apply("authorization"));
            assertThat(signed.find()).isTrue();
            StringBuilder canonical = new StringBuilder("POST\n/\n\n");
            for (String name : signed.group(1).split(";", -1)) {
                canonical.append(name).append(':').append(header.apply(name)).append('\n');
            }
            String hash = hex(MessageDigest.getInstance("SHA-256").digest(body));
            assertThat(header.apply("x-acs-content-sha256")).isEqualTo(hash);
            canonical.append('\n').append(signed.group(1)).append('\n').append(hash);
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            String toSign = "ACS3-HMAC-SHA256\n"
                    + hex(MessageDigest.getInstance("SHA-256")
                            .digest(canonical.toString().getBytes(StandardCharsets.UTF_8)));
            return hex(mac.doFinal(toSign.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
