package dev.sluice.plugins.aiproxy;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * What a route says of this filter.
 *
 * @param provider a provider's name, or one inline
 * @param passCredential whether the client's own credential travels upstream
 * @param passUnknown whether paths that no model API has are passed on
 * @param protocol whether bodies are edited for the provider; null: they are
 */
public record AiProxyConfig(
        JsonNode provider,
        boolean passCredential,
        boolean passUnknown,
        @Nullable Protocol protocol) {

    /** How far a request is adapted. */
    public enum Protocol {
        /** As the provider needs it. */
        OPENAI,
        /** Not at all: the body goes out as it came. */
        ORIGINAL
    }

    boolean editsBodies() {
        return protocol != Protocol.ORIGINAL;
    }
}
