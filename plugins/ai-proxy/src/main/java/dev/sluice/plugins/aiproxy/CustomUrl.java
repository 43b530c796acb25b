package dev.sluice.plugins.aiproxy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An {@code openaiCustomUrl} or {@code vllmCustomUrl}: a base, or where every request goes if it ends with an operation.
 *
 * @param path what it says behind the host
 */
record CustomUrl(String path) {
    private static final List<String> FIELDS = List.of("openaiCustomUrl", "vllmCustomUrl");
    private static final Pattern OPERATION =
            Pattern.compile(".*/(completions|embeddings|rerank|models|responses|realtime"
                    + "|videos|audio/(speech|transcriptions|translations)|images/(generations|edits|variations)"
                    + "|fine_tuning/(jobs|checkpoints))");

    static @Nullable CustomUrl of(JsonNode config) {
        for (String field : FIELDS) {
            String text = config.path(field).asText("").strip();
            if (!text.isEmpty()) {
                if (text.indexOf('?') >= 0 || text.indexOf('#') >= 0) {
                    throw new IllegalArgumentException(field + " takes no query: remove it");
                }
                String bare = text.replaceFirst("^[a-zA-Z]+://", "");
                int slash = bare.indexOf('/');
                String path = slash < 0 ? "" : bare.substring(slash).replaceAll("/+$", "");
                return new CustomUrl(path.isEmpty() ? "/v1" : path);
            }
        }
        return null;
    }

    /** Whether every request goes there. */
    boolean isFixed() {
        return OPERATION.matcher(path).matches();
    }

    String path(Api api) {
        return isFixed() ? path : path + api.path();
    }
}
