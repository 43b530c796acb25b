package dev.sluice.plugins.aiproxy;

import org.jspecify.annotations.Nullable;

/**
 * What a route says of this filter.
 *
 * @param provider a provider's name; the host puts it in the place of one that stands inline
 * @param passCredential whether the client's own credential travels upstream
 * @param passUnknown whether paths that no model API has are passed on
 * @param protocol whether bodies are edited for the provider; null: they are
 */
public record AiProxyConfig(
        String provider,
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
