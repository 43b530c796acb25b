package dev.sluice.plugins.tokenratelimit;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Who counts together under a rule. Immutable.
 *
 * @param key within keys of the shared state: safe characters only, bounded in length, the same for the same values alone
 * @param shown for operators; values that may be secrets as the beginning of their hash
 */
record Subject(String key, String shown) {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_.@/:-]{0,64}");
    private static final int SHOWN = 64;

    static Subject of(List<Fact> facts, List<String> values) {
        String key = values.stream().map(Subject::safe).collect(Collectors.joining(","));
        String shown = IntStream.range(0, facts.size())
                .mapToObj(i -> facts.get(i) + "=" + shown(facts.get(i), values.get(i)))
                .collect(Collectors.joining(" "));
        return new Subject(key, shown);
    }

    private static String safe(String value) {
        return PLAIN.matcher(value).matches() ? value : "#" + hash(value);
    }

    private static String shown(Fact fact, String value) {
        if (fact.isPublic()) {
            return value.length() <= SHOWN ? value : value.substring(0, SHOWN) + "…";
        }
        return value.isEmpty() ? "" : "#" + hash(value).substring(0, 8);
    }

    private static String hash(String value) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(value.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
