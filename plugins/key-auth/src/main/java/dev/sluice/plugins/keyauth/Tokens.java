package dev.sluice.plugins.keyauth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.sluice.plugins.keyauth.KeyAuthConfig.Jwt;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.text.ParseException;
import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.Date;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads signed tokens (JWT), and tells whose they are. Only signatures that no public key can forge count. */
final class Tokens {
    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]*\\.[A-Za-z0-9_-]*");
    /** What stands before the 32 bytes of an Ed25519 key in an X.509 encoding of it. */
    private static final byte[] ED25519 = HexFormat.of().parseHex("302a300506032b6570032100");

    /** Whose a token is, or why it is nobody's. */
    record Bearer(String name, Set<String> groups, @Nullable String refusal) {
        static Bearer refused(String why) {
            return new Bearer("", Set.of(), why);
        }
    }

    private final Jwt config;
    private final Clock clock;

    Tokens(Jwt config, Clock clock) {
        this.config = config;
        this.clock = clock;
    }

    /** Whether it has a token's form. */
    static boolean isOne(String key) {
        return FORM.matcher(key).matches();
    }

    /** Whose it is by these keys; null if none of them is the one that the token names. */
    @Nullable
    Bearer read(String token, List<JWK> keys) {
        SignedJWT parsed;
        try {
            parsed = SignedJWT.parse(token);
        } catch (ParseException | RuntimeException e) {
            return Bearer.refused("it is not a signed token");
        }
        JWSHeader header = parsed.getHeader();
        if (header.getCriticalParams() != null && !header.getCriticalParams().isEmpty()) {
            return Bearer.refused("it demands what is not known here");
        }
        if (!isAsymmetric(header.getAlgorithm())) {
            return Bearer.refused("its algorithm is not accepted");
        }
        boolean found = false;
        for (JWK key : keys) {
            if (fits(key, header)) {
                found = true;
                if (verifies(parsed, key)) {
                    return claims(parsed);
                }
            }
        }
        // Without a name any key may be meant: new ones are worth a look as well.
        return found && header.getKeyID() != null ? Bearer.refused("its signature is wrong") : null;
    }

    private static boolean isAsymmetric(JWSAlgorithm algorithm) {
        return JWSAlgorithm.Family.RSA.contains(algorithm)
                || JWSAlgorithm.ES256.equals(algorithm)
                || JWSAlgorithm.ES384.equals(algorithm)
                || JWSAlgorithm.ES512.equals(algorithm)
                || isEd25519(algorithm);
    }

    private static boolean isEd25519(JWSAlgorithm algorithm) {
        return JWSAlgorithm.EdDSA.equals(algorithm) || JWSAlgorithm.Ed25519.equals(algorithm);
    }

    private static boolean fits(JWK key, JWSHeader header) {
        JWSAlgorithm algorithm = header.getAlgorithm();
        boolean type = (key instanceof RSAKey && JWSAlgorithm.Family.RSA.contains(algorithm))
                || (key instanceof ECKey && JWSAlgorithm.Family.EC.contains(algorithm))
                || (key instanceof OctetKeyPair pair && Curve.Ed25519.equals(pair.getCurve()) && isEd25519(algorithm));
        return type
                && (header.getKeyID() == null || header.getKeyID().equals(key.getKeyID()))
                && (key.getKeyUse() == null || key.getKeyUse().equals(KeyUse.SIGNATURE))
                && (key.getAlgorithm() == null
                        || key.getAlgorithm().equals(algorithm)
                        || (isEd25519(algorithm) && key instanceof OctetKeyPair));
    }

    private static boolean verifies(SignedJWT token, JWK key) {
        try {
            if (key instanceof RSAKey rsa) {
                return token.verify(new RSASSAVerifier(rsa.toRSAPublicKey()));
            }
            if (key instanceof ECKey ec) {
                return token.verify(new ECDSAVerifier(ec.toECPublicKey()));
            }
            return key instanceof OctetKeyPair pair && verifiesEd25519(token, pair);
        } catch (JOSEException | GeneralSecurityException | RuntimeException e) {
            return false;
        }
    }

    /** By the JDK: the library needs another one for this. */
    private static boolean verifiesEd25519(SignedJWT token, OctetKeyPair pair) throws GeneralSecurityException {
        byte[] x = pair.getDecodedX();
        byte[] encoded = new byte[ED25519.length + x.length];
        System.arraycopy(ED25519, 0, encoded, 0, ED25519.length);
        System.arraycopy(x, 0, encoded, ED25519.length, x.length);
        Signature signature = Signature.getInstance("Ed25519");
        signature.initVerify(KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded)));
        signature.update(token.getSigningInput());
        return signature.verify(token.getSignature().decode());
    }

    private Bearer claims(SignedJWT token) {
        JWTClaimsSet claims;
        try {
            claims = token.getJWTClaimsSet();
        } catch (ParseException e) {
            return Bearer.refused("its claims cannot be read");
        }
        if (claims == null) {
            return Bearer.refused("it has no claims");
        }
        Instant now = clock.instant();
        Date ends = claims.getExpirationTime();
        Date begins = claims.getNotBeforeTime();
        if (ends == null) {
            return Bearer.refused("it has no end (exp)");
        }
        if (!now.isBefore(ends.toInstant().plus(config.leeway()))) {
            return Bearer.refused("it has expired");
        }
        if (begins != null && now.isBefore(begins.toInstant().minus(config.leeway()))) {
            return Bearer.refused("it is not valid yet");
        }
        if (config.issuer() != null && !config.issuer().equals(claims.getIssuer())) {
            return Bearer.refused("it comes from another issuer");
        }
        if (!config.audience().isEmpty() && claims.getAudience().stream().noneMatch(config.audience()::contains)) {
            return Bearer.refused("it is meant for another audience");
        }
        String name = at(claims.getClaims(), config.consumerClaim()) instanceof String text ? text : "";
        if (!Names.isOne(name)) {
            return Bearer.refused("its claim '" + config.consumerClaim() + "' names no consumer");
        }
        return new Bearer(name, groups(claims), null);
    }

    private Set<String> groups(JWTClaimsSet claims) {
        String claim = config.groupsClaim();
        Object given = claim == null ? null : at(claims.getClaims(), claim);
        Set<String> groups = new HashSet<>();
        if (given instanceof String text) {
            groups.addAll(List.of(text.trim().split("\\s+")));
        } else if (given instanceof Collection<?> list) {
            list.forEach(one -> groups.add(String.valueOf(one)));
        }
        return groups;
    }

    /** A claim by its name, or by a dotted path. */
    private static @Nullable Object at(Map<?, ?> claims, String path) {
        if (claims.containsKey(path)) {
            return claims.get(path);
        }
        int dot = path.indexOf('.');
        return dot > 0 && claims.get(path.substring(0, dot)) instanceof Map<?, ?> below
                ? at(below, path.substring(dot + 1))
                : null;
    }
}
