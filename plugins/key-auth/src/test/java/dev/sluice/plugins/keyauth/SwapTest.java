package dev.sluice.plugins.keyauth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.PluginJar;
import dev.sluice.testkit.TestGateway;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.junit.jupiter.api.Test;

/** The plugin's jar is replaced while it serves. */
final class SwapTest {
    private static final PluginJar JAR = PluginJar.of("key-auth", KeyAuth.class, SignedJWT.class);

    @Test
    void issuedKeysAndTokensOutliveTheJarAndNothingOfItStays() throws Exception {
        ECKey key = new ECKeyGenerator(Curve.P_256).keyID("e1").generate();
        try (BrokenUpstream upstream = BrokenUpstream.start();
                BrokenUpstream issuer = BrokenUpstream.start();
                TestGateway gateway = TestGateway.with()
                        .jar("plugins/key-auth.jar", file -> JAR.write(file, "one"))
                        .config("""
                                plugins: { dir: plugins }
                                routes:
                                  - { name: r, upstream: "%s", filters: [ key-auth: { issued: true, jwt: { jwks: "%s" } } ] }
                                """.formatted(upstream.uri(), issuer.uri()))
                        .start()) {
            upstream.always(request -> Answer.json(200, "{}"));
            issuer.always(request -> Answer.json(200, new JWKSet(key).toString(true)));
            String issued = new ObjectMapper()
                    .readTree(gateway.send(HttpRequest.newBuilder(gateway.adminUri("/api/v1/filters/r/key-auth/issue"))
                                    .POST(HttpRequest.BodyPublishers.ofString("{\"name\":\"carol\"}")))
                            .body())
                    .path("key")
                    .asText();
            SignedJWT token = new SignedJWT(
                    new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("e1").build(),
                    new JWTClaimsSet.Builder()
                            .subject("dave")
                            .expirationTime(Date.from(Instant.now().plusSeconds(600)))
                            .build());
            token.sign(new ECDSASigner(key));
            assertThat(call(gateway, issued)).isEqualTo(200);
            assertThat(call(gateway, token.serialize())).isEqualTo(200);

            JAR.write(gateway.configFile().resolveSibling("plugins/key-auth.jar"), "two");
            assertThat(gateway.reload().published()).isTrue();
            assertThat(call(gateway, issued)).isEqualTo(200);
            assertThat(call(gateway, token.serialize())).isEqualTo(200);
            assertThat(issuer.requests()).as("each generation fetches its own").hasSize(2);
            await().atMost(Duration.ofSeconds(60)).until(() -> {
                System.gc();
                return gateway.gateway().drainingGenerations().isEmpty()
                        && gateway.gateway().unloading() == 0;
            });
            assertThat(gateway.gateway().leaks()).isEmpty();
        }
    }

    private static int call(TestGateway gateway, String key) {
        return gateway.send(HttpRequest.newBuilder(gateway.uri("/")).header("authorization", "Bearer " + key))
                .statusCode();
    }
}
