package dev.sluice.plugins.websearch.engine;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a route says of one engine. Which of the fields an engine knows is its own affair: {@link Engines} refuses the
 * others.
 *
 * @param url the API's base; null: the vendor's
 * @param start how many results are left out at the beginning; null: none
 * @param options parameters of the vendor's own
 * @param arxivCategory where the intent names none; null: all
 * @param serviceName Higress's name of the service; see {@link Engines}
 */
public record EngineConfig(
        Type type,
        @Nullable String url,
        @Nullable String apiKey,
        int count,
        @Nullable Integer start,
        Duration timeout,
        Map<String, JsonNode> options,
        @Nullable String cx,
        @Nullable String arxivCategory,
        @Nullable String index,
        @Nullable String contentField,
        @Nullable String semanticTextField,
        @Nullable String linkField,
        @Nullable String titleField,
        @Nullable String username,
        @Nullable String password,
        @Nullable ContentMode contentMode,
        @Nullable String serviceName,
        @Nullable String serviceHost,
        @Nullable Integer servicePort) {

    /** Whose engine it is. */
    public enum Type {
        GOOGLE,
        BING,
        QUARK,
        ARXIV,
        ELASTICSEARCH,
        TAVILY,
        BRAVE,
        SEARXNG,
        SERPER,
        EXA;

        /** As the config, metrics and the log spell it. */
        public String word() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /** How much of a page is taken. */
    public enum ContentMode {
        SUMMARY,
        FULL
    }

    /** How many results are left out at the beginning. */
    int skipped() {
        return start == null ? 0 : start;
    }
}
