package dev.sluice.host.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Masks secrets in a tree that is shown: what its schema calls {@code writeOnly}, what has a secret's name, and
 * passwords in URLs. Placeholders stay as written.
 */
final class Secrets {
    private static final Set<String> ALWAYS = Set.of("apiTokens", "credentials", "token");

    /** Where no schema knows a key, as in a spelling that its filter rewrites, its name decides. */
    private static final Pattern LIKELY =
            Pattern.compile("(?i).*(key|token|tokens|secret|password|passwd|credential|authorization)$");

    private static final Pattern USER_INFO = Pattern.compile("(?<=://)[^/?#@\\s]*:[^/?#@\\s]*(?=@)");
    private static final int SHORTEST_SHOWN = 12;

    private Secrets() {}

    /** Masks within a value, but not within what its schema calls {@code x-opaque}: that has a schema of its own. */
    static void mask(SchemaView schema, JsonNode value) {
        schema.children(value, "", (child, below, path, replace) -> {
            String key = path.startsWith("[") ? "" : path;
            boolean secret = child.is("writeOnly")
                    || ALWAYS.contains(key)
                    || (child.isSilent() && LIKELY.matcher(key).matches());
            if (child.is("x-opaque")) {
                return;
            }
            if (secret) {
                maskAll(below, replace);
            } else if (below.isTextual()) {
                replace.accept(
                        TextNode.valueOf(USER_INFO.matcher(below.textValue()).replaceAll("****")));
            } else if (child.is("x-provider")) {
                mask(SchemaView.of(ProviderSchemas.common()), below);
            } else {
                mask(child, below);
            }
        });
    }

    /** Masks every scalar in it. */
    static void maskAll(JsonNode value, Consumer<JsonNode> replace) {
        if (value instanceof ObjectNode object) {
            object.properties().forEach(field -> maskAll(field.getValue(), field::setValue));
        } else if (value instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                int index = i;
                maskAll(array.get(i), masked -> array.set(index, masked));
            }
        } else if (!value.isNull()) {
            replace.accept(TextNode.valueOf(masked(value.asText())));
        }
    }

    private static String masked(String secret) {
        if (Placeholders.in(secret)) {
            return Placeholders.masked(secret);
        }
        return secret.length() < SHORTEST_SHOWN ? "****" : "****" + secret.substring(secret.length() - 4);
    }
}
