package dev.sluice.plugins.keyauth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens, good and bad, checked with keys from a little server. */
final class TokensTest {
    private static final String ISSUER = "https://id.example.com";
    private static RSAKey rsa;
    private static RSAKey stranger;
    private static ECKey ec;
    private static KeyPair ed;
    private static OctetKeyPair edPublic;

    private BrokenUpstream upstream;
    private BrokenUpstream issuer;
    private TestGateway gateway;

    @BeforeAll
    static void keys() throws Exception {
        rsa = new RSAKeyGenerator(2048).keyID("r1").generate();
        stranger = new RSAKeyGenerator(2048).keyID("r1").generate();
        ec = new ECKeyGenerator(Curve.P_256).keyID("e1").generate();
        ed = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        byte[] encoded = ed.getPublic().getEncoded();
        edPublic = new OctetKeyPair.Builder(
                        Curve.Ed25519,
                        Base64URL.encode(Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length)))
                .keyID("d1")
                .build();
    }

    @BeforeEach
    void start() throws IOException {
        upstream = BrokenUpstream.start();
        upstream.always(request -> Answer.json(200, "{}"));
        issuer = BrokenUpstream.start();
        issuer.always(request -> Answer.json(200, set(rsa, ec, edPublic)));
    }

    @AfterEach
    void close() throws Exception {
        if (gateway != null) {
            gateway.close();
        }
        upstream.close();
        issuer.close();
    }

    private static String set(JWK... keys) {
        return new JWKSet(List.of(keys)).toString(true);
    }

    private String config(String keyAuth) {
        return """
                consumers: [ { name: alice, credentials: [alice-key-0123456789] } ]
                routes:
                  - { name: r, upstream: "%s", filters: [ key-auth: %s ] }
                """.formatted(upstream.uri(), keyAuth);
    }

    private void route(String jwt) {
        gateway = TestGateway.with(new KeyAuth())
                .config(config("{ jwt: { jwks: '" + issuer.uri() + "/jwks', " + jwt + " } }"))
                .start();
    }

    private void route() {
        route("issuer: '" + ISSUER + "', audience: [gateway, other], groupsClaim: realm.roles");
    }

    private static JWTClaimsSet claims(UnaryOperator<JWTClaimsSet.Builder> more) {
        return more.apply(new JWTClaimsSet.Builder()
                        .subject("carol")
                        .issuer(ISSUER)
                        .audience("gateway")
                        .expirationTime(Date.from(Instant.now().plusSeconds(600))))
                .build();
    }

    private static String signed(JWSHeader header, JWTClaimsSet claims, JWSSigner signer) throws JOSEException {
        SignedJWT token = new SignedJWT(header, claims);
        token.sign(signer);
        return token.serialize();
    }

    private static String good(UnaryOperator<JWTClaimsSet.Builder> more) throws JOSEException {
        return signed(
                new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("r1").build(), claims(more), new RSASSASigner(rsa));
    }

    private HttpResponse<String> call(String path, String token) {
        return gateway.send(HttpRequest.newBuilder(gateway.uri(path))
                .header("authorization", "Bearer " + token)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{}")));
    }

    private void refused(String token, String why) {
        HttpResponse<String> openAi = call("/v1/chat/completions", token);
        assertThat(openAi.statusCode()).isEqualTo(401);
        JsonNode error = json(openAi.body()).path("error");
        assertThat(error.path("code").asText()).isEqualTo("invalid_key");
        assertThat(error.path("message").asText()).contains(why).doesNotContain(token);
        HttpResponse<String> anthropic = call("/v1/messages", token);
        assertThat(anthropic.statusCode()).isEqualTo(401);
        assertThat(json(anthropic.body()).path("type").asText()).isEqualTo("error");
        assertThat(json(anthropic.body()).at("/error/message").asText()).contains(why);
        assertThat(upstream.requests()).isEmpty();
    }

    private static JsonNode json(String text) {
        try {
            return new ObjectMapper().readTree(text);
        } catch (IOException e) {
            throw new AssertionError(text, e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"RS256", "RS512", "PS256"})
    void rsaTokensCount(String algorithm) throws Exception {
        route();
        String token = signed(
                new JWSHeader.Builder(JWSAlgorithm.parse(algorithm)).keyID("r1").build(),
                claims(c -> c),
                new RSASSASigner(rsa));
        assertThat(call("/", token).statusCode()).isEqualTo(200);
        assertThat(upstream.requests().get(0).headers().get("x-sluice-consumer"))
                .isEqualTo("carol");
        assertThat(upstream.requests().get(0).headers().get("authorization")).isNull();
    }

    @Test
    void ecTokensCount() throws Exception {
        route();
        String token = signed(
                new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("e1").build(), claims(c -> c), new ECDSASigner(ec));
        assertThat(call("/", token).statusCode()).isEqualTo(200);
    }

    @Test
    void edTokensCountAndForgedOnesDoNot() throws Exception {
        route();
        assertThat(call("/", ed25519(ed)).statusCode()).isEqualTo(200);
        upstream.requests();
        String forged = ed25519(KeyPairGenerator.getInstance("Ed25519").generateKeyPair());
        assertThat(call("/", forged).statusCode()).isEqualTo(401);
    }

    private static String ed25519(KeyPair pair) throws GeneralSecurityException {
        String head = url("{\"alg\":\"EdDSA\",\"kid\":\"d1\"}") + "."
                + url(claims(c -> c).toString());
        Signature signature = Signature.getInstance("Ed25519");
        signature.initSign(pair.getPrivate());
        signature.update(head.getBytes(StandardCharsets.US_ASCII));
        return head + "." + Base64URL.encode(signature.sign());
    }

    private static String url(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aTokenWithoutASignatureIsRefused() {
        route();
        refused(new PlainJWT(claims(c -> c)).serialize(), "the token is refused");
        refused(
                url("{\"alg\":\"none\",\"kid\":\"r1\"}") + "."
                        + url(claims(c -> c).toString()) + ".",
                "the token is refused");
        refused(
                url("{\"alg\":\"NONE\",\"kid\":\"r1\"}") + "."
                        + url(claims(c -> c).toString()) + ".",
                "the token is refused");
    }

    @Test
    void aPublicKeyIsNoSecret() throws Exception {
        route();
        byte[] publicKey = rsa.toRSAPublicKey().getEncoded();
        String pem = "-----BEGIN PUBLIC KEY-----\n" + Base64.getMimeEncoder().encodeToString(publicKey)
                + "\n-----END PUBLIC KEY-----\n";
        for (byte[] secret : List.of(publicKey, pem.getBytes(StandardCharsets.US_ASCII))) {
            refused(
                    signed(
                            new JWSHeader.Builder(JWSAlgorithm.HS256)
                                    .keyID("r1")
                                    .build(),
                            claims(c -> c),
                            new MACSigner(secret)),
                    "its algorithm is not accepted");
        }
    }

    @Test
    void anothersSignatureIsRefused() throws Exception {
        route();
        refused(
                signed(
                        new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("r1").build(),
                        claims(c -> c),
                        new RSASSASigner(stranger)),
                "its signature is wrong");
        String good = good(c -> c);
        String[] parts = good.split("\\.");
        refused(
                parts[0] + "." + url(claims(c -> c.subject("root")).toString()) + "." + parts[2],
                "its signature is wrong");
        refused(parts[0] + "." + parts[1] + ".", "the token is refused");
    }

    @Test
    void aTokensTimeIsKept() throws Exception {
        route();
        refused(good(c -> c.expirationTime(Date.from(Instant.now().minusSeconds(120)))), "it has expired");
        refused(good(c -> c.notBeforeTime(Date.from(Instant.now().plusSeconds(120)))), "it is not valid yet");
        refused(good(c -> c.expirationTime(null)), "it has no end (exp)");
        assertThat(call("/", good(c -> c.expirationTime(Date.from(Instant.now().minusSeconds(20)))))
                        .statusCode())
                .as("clocks differ a little")
                .isEqualTo(200);
    }

    @Test
    void issuerAudienceAndNameMustFit() throws Exception {
        route();
        refused(good(c -> c.issuer("https://evil.example.com")), "it comes from another issuer");
        refused(good(c -> c.issuer(null)), "it comes from another issuer");
        refused(good(c -> c.audience("somebody-else")), "it is meant for another audience");
        refused(good(c -> c.audience((String) null)), "it is meant for another audience");
        refused(good(c -> c.subject(null)), "its claim 'sub' names no consumer");
        refused(good(c -> c.subject("a\r\nx-evil: 1")), "its claim 'sub' names no consumer");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"a.b.c", "..", "eyJ.eyJ.eyJ", "e30.e30.e30", "x.y", "eyJhbGciOiJSUzI1NiJ9..", "AAAA.AAAA.AAAA"})
    void garbageIsRefused(String token) {
        route();
        assertThat(call("/v1/chat/completions", token).statusCode()).isEqualTo(401);
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void whatATokenDemandsAndNobodyKnowsIsRefused() throws Exception {
        route();
        refused(
                signed(
                        new JWSHeader.Builder(JWSAlgorithm.RS256)
                                .keyID("r1")
                                .criticalParams(java.util.Set.of("exp"))
                                .build(),
                        claims(c -> c),
                        new RSASSASigner(rsa)),
                "the token is refused");
    }

    @Test
    void groupsOfATokenMayCall() throws Exception {
        gateway = TestGateway.with(new KeyAuth())
                .config(config("{ jwt: { jwks: '" + issuer.uri()
                        + "', groupsClaim: realm.roles, consumerClaim: mail }, allowGroups: [staff] }"))
                .start();
        assertThat(call("/", good(c -> c.claim("mail", "c@x").claim("realm", Map.of("roles", List.of("staff")))))
                        .statusCode())
                .isEqualTo(200);
        assertThat(call("/", good(c -> c.claim("mail", "c@x").claim("realm", Map.of("roles", List.of("guest")))))
                        .statusCode())
                .isEqualTo(403);
        assertThat(call("/", "alice-key-0123456789").statusCode()).isEqualTo(403);
        assertThat(upstream.requests().get(0).headers().get("x-sluice-consumer"))
                .isEqualTo("c@x");
    }

    @Test
    void keysAreFetchedOnceAndAgainForAnUnknownOne() throws Exception {
        issuer.always(request -> Answer.json(200, issuer.requests().size() < 2 ? set(ec) : set(ec, rsa)));
        route("retry: 1ms");
        String token = good(c -> c);
        assertThat(call("/", token).statusCode()).as("its key comes later").isEqualTo(401);
        assertThat(call("/", token).statusCode()).isEqualTo(200);
        assertThat(call("/", token).statusCode()).isEqualTo(200);
        assertThat(call("/", "alice-key-0123456789").statusCode()).isEqualTo(200);
        assertThat(issuer.requests()).hasSize(2);
    }

    @Test
    void madeUpKeyNamesCauseNoFlood() throws Exception {
        route("retry: 1h");
        assertThat(call("/", good(c -> c)).statusCode()).isEqualTo(200);
        for (int i = 0; i < 20; i++) {
            String token = signed(
                    new JWSHeader.Builder(JWSAlgorithm.RS256)
                            .keyID("made-up-" + i)
                            .build(),
                    claims(c -> c),
                    new RSASSASigner(stranger));
            assertThat(call("/", token).statusCode()).isEqualTo(401);
        }
        assertThat(issuer.requests()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"500, oops", "200, no json", "200, {\"keys\":[]}"})
    void aFetchThatFailsLeavesTheOldKeys(int status, String body) throws Exception {
        issuer.next(Answer.json(200, set(rsa)));
        issuer.always(request -> Answer.json(status, body));
        route("retry: 1ms");
        assertThat(call("/", good(c -> c)).statusCode()).isEqualTo(200);
        String unknown = signed(
                new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("e1").build(), claims(c -> c), new ECDSASigner(ec));
        assertThat(call("/", unknown).statusCode()).isEqualTo(401);
        assertThat(issuer.requests()).hasSize(2);
        assertThat(call("/", good(c -> c)).statusCode()).isEqualTo(200);
    }

    @Test
    void withoutAnyKeysItCannotBeTold() throws Exception {
        issuer.close();
        route("retry: 1ms");
        HttpResponse<String> answer = call("/v1/chat/completions", good(c -> c));
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(json(answer.body()).at("/error/code").asText()).isEqualTo("overloaded");
        assertThat(answer.body()).contains("cannot be fetched now").doesNotContain("127.0.0.1");
        assertThat(call("/", "alice-key-0123456789").statusCode()).isEqualTo(200);
    }

    @Test
    void keysMayStandInAFile() throws Exception {
        gateway = TestGateway.with(new KeyAuth()).config(config("{}")).start();
        Files.writeString(gateway.configFile().resolveSibling("jwks.json"), set(rsa));
        assertThat(gateway.reconfigure(config("{ jwt: { jwks: '${file:jwks.json}' } }"))
                        .published())
                .isTrue();
        assertThat(call("/", good(c -> c)).statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{ jwt: {} } | jwks",
                "{ jwt: { jwks: 'nowhere' } } | jwt.jwks: is neither an http(s) address nor a key set in JSON",
                "{ jwt: { jwks: '{\"keys\":[]}' } } | jwt.jwks: the key set holds no key that can be used",
                "{ jwt: { jwks: '{oops' } } | jwt.jwks: is neither",
                "{ jwt: { jwks: 'http://h', audience: [] } } | audience"
            })
    void aConfigThatCannotWorkIsRefused(String config, String message) {
        assertThatThrownBy(() ->
                        TestGateway.with(new KeyAuth()).config(config(config)).start())
                .hasMessageContaining(message);
    }
}
