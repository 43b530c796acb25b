package dev.sluice.api;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a provider knows us by: one token, or named fields. Immutable, equal by value; never prints its secrets. */
public final class Credential {
    private static final String TOKEN = "token";
    private final Map<String, String> fields;

    private Credential(Map<String, String> fields) {
        this.fields = fields;
    }

    /** A single token. */
    public static Credential of(String token) {
        return new Credential(Map.of(TOKEN, token));
    }

    /** Named fields, as {@code awsAccessKey} and {@code awsSecretKey}. */
    public static Credential of(Map<String, String> fields) {
        return new Credential(Map.copyOf(fields));
    }

    /** The single token; null if this one is made of other fields. */
    public @Nullable String token() {
        return fields.get(TOKEN);
    }

    /** One field, or null. */
    public @Nullable String get(String field) {
        return fields.get(field);
    }

    /** SHA-256 over its fields, in hex: a name for it that gives nothing away, for state and comparison. */
    public String fingerprint() {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            new TreeMap<>(fields).forEach((name, value) -> {
                sha256.update(name.getBytes(StandardCharsets.UTF_8));
                sha256.update((byte) 0);
                sha256.update(value.getBytes(StandardCharsets.UTF_8));
                sha256.update((byte) 0);
            });
            return HexFormat.of().formatHex(sha256.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    /** Its first field by name, masked to the last four characters; shorter than twelve: wholly. */
    public String masked() {
        String value = new TreeMap<>(fields).firstEntry().getValue();
        return value.length() < 12 ? "****" : "****" + value.substring(value.length() - 4);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Credential c && fields.equals(c.fields);
    }

    @Override
    public int hashCode() {
        return fields.hashCode();
    }

    @Override
    public String toString() {
        return masked();
    }
}
