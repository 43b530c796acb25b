package dev.sluice.plugins.aiproxy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * A field of each request to a provider that its config sets.
 *
 * @param path names of nested objects, the field's last
 * @param overwrites whether it replaces the client's
 */
record CustomSetting(List<String> path, JsonNode value, boolean overwrites) {
    private static final List<String> OPENAI = List.of("max_tokens", "temperature", "top_p", "top_k", "seed");
    private static final List<String> ANTHROPIC = List.of("max_tokens", "temperature", "top_p", "top_k");

    /**
     * As configured.
     *
     * @throws IllegalArgumentException if the provider's dialect has no such field; the message says why
     */
    static CustomSetting of(JsonNode setting, boolean anthropics) {
        String name = setting.path("name").asText();
        if (setting.path("mode").asText("auto").equals("auto")) {
            List<String> known = anthropics ? ANTHROPIC : OPENAI;
            if (!known.contains(name)) {
                throw new IllegalArgumentException("customSettings: '" + name + "' is none of "
                        + String.join(", ", known) + ": use mode: raw to set a field by its own name");
            }
        }
        return new CustomSetting(
                List.of(name.split("\\.")),
                setting.path("value"),
                setting.path("overwrite").asBoolean(true));
    }

    /** Whether it is to be set in that request. */
    boolean applies(JsonNode root) {
        if (overwrites) {
            return true;
        }
        JsonNode at = root;
        for (String name : path) {
            at = at.path(name);
        }
        return at.isMissingNode() && !(isMaxTokens() && root.has(NEWER));
    }

    void set(ObjectNode root) {
        ObjectNode at = root;
        for (String name : path.subList(0, path.size() - 1)) {
            at = at.path(name) instanceof ObjectNode there ? there : at.putObject(name);
        }
        // A request with both names of it is refused.
        boolean newer = isMaxTokens() && root.has(NEWER);
        at.set(newer ? NEWER : path.get(path.size() - 1), value.deepCopy());
    }

    private static final String NEWER = "max_completion_tokens";

    private boolean isMaxTokens() {
        return path.size() == 1 && path.get(0).equals("max_tokens");
    }
}
