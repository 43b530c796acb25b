package dev.sluice.plugins.aiproxy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.sluice.api.Reply;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A provider's error as a client may see it: a stable code, its message without addresses and keys. */
record ProviderError(int status, String code, String message) {

    /** Of an error answer; the tree is null if its body is none. */
    static ProviderError of(int status, @Nullable JsonNode body) {
        String said = body == null ? "" : message(body);
        if (status == 401 || status == 403) {
            return new ProviderError(502, "upstream_auth", "the provider refused the gateway's credential");
        }
        String message = said.isEmpty() ? "the provider answered with status " + status : Redaction.of(said);
        int kept = status > 599 ? 502 : status;
        return new ProviderError(kept, code(status, body, said), message);
    }

    /** Of an error inside an answer that began well: its status is what it says of itself, else 502. */
    static ProviderError inBand(@Nullable JsonNode body) {
        JsonNode error = error(body);
        for (String field : new String[] {"status", "status_code", "code"}) {
            int status = error.path(field).asInt(0);
            if (status >= 400 && status <= 599) {
                return of(status, body);
            }
        }
        String kind = kind(error);
        int status = kind.contains("rate_limit")
                ? 429
                : kind.contains("overloaded") ? 503 : kind.contains("invalid_request") ? 400 : 502;
        ProviderError known = of(status, body);
        return message(body).isEmpty()
                ? new ProviderError(status, known.code, "the provider reported an error inside its answer")
                : known;
    }

    Reply reply(@Nullable String retryAfter) {
        Reply reply = Reply.error(status, code, message).header("x-sluice-error", code);
        return retryAfter == null ? reply : reply.header("retry-after", retryAfter);
    }

    private static String code(int status, @Nullable JsonNode body, String message) {
        String kind = kind(error(body));
        String text = message.toLowerCase(Locale.ROOT);
        if (kind.contains("context_length") || (status == 400 && text.contains("maximum context length"))) {
            return "context_length";
        }
        if (kind.contains("content_policy") || kind.contains("content_filter")) {
            return "content_blocked";
        }
        return "upstream_error";
    }

    private static JsonNode error(@Nullable JsonNode body) {
        JsonNode root = body == null ? MissingNode.getInstance() : body;
        return root.path("error").isObject() ? root.path("error") : root;
    }

    private static String kind(JsonNode error) {
        return error.path("code").asText("") + " " + error.path("type").asText("");
    }

    private static String message(@Nullable JsonNode body) {
        if (body == null) {
            return "";
        }
        if (body.path("error").isTextual()) {
            return body.path("error").textValue();
        }
        JsonNode message = error(body).path("message");
        return message.isTextual() ? message.textValue() : body.path("detail").asText("");
    }
}
