package dev.sluice.plugins.websearch;

import dev.sluice.plugins.websearch.engine.EngineConfig;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a route says of this filter; Higress's {@code ai-search} says it in the same words.
 *
 * @param defaultEnable false: only requests with {@code web_search_options} are searched for
 * @param searchRewrite null: the question itself is looked for
 * @param timeout for everything together, before the request goes on
 * @param promptTemplate null: the built-in one
 * @param defaultLang such as {@code en-US}; null: the engines' choice
 * @param needReference whether an answer says where it is from
 * @param annotations null: as {@code needReference}
 * @param maxTokens of what is added of results
 * @param maxResultLength characters of one result
 * @param cacheTtl zero: nothing is cached
 */
public record WebSearchConfig(
        boolean defaultEnable,
        List<EngineConfig> searchFrom,
        @Nullable Rewrite searchRewrite,
        OnRewriteFailure onRewriteFailure,
        Duration timeout,
        @Nullable String promptTemplate,
        @Nullable String defaultLang,
        boolean needReference,
        String referenceFormat,
        Place referenceLocation,
        @Nullable Boolean annotations,
        int maxTokens,
        int maxResultLength,
        Duration cacheTtl) {

    /** What is looked for when the model that decides fails. */
    public enum OnRewriteFailure {
        /** The question itself. */
        QUESTION,
        /** Nothing. */
        NONE
    }

    /** Where references stand in an answer. */
    public enum Place {
        HEAD,
        TAIL
    }

    /** How the model that decides is told what its answer must look like. */
    public enum Structure {
        /** By a schema. */
        JSON_SCHEMA,
        /** That it must be JSON. */
        JSON_OBJECT,
        /** By words alone. */
        TEXT
    }

    /**
     * The model that decides whether and for what to search.
     *
     * @param provider one of the gateway's; null: {@code url} says where
     * @param timeout of one call
     * @param maxCount the most queries, where a request does not say
     * @param serviceName Higress's, as {@code serviceHost} and {@code servicePort}: not connected to, {@code url} says
     *     where
     */
    public record Rewrite(
            @Nullable String provider,
            @Nullable String url,
            @Nullable String apiKey,
            String model,
            Duration timeout,
            int maxCount,
            Structure responseFormat,
            @Nullable String serviceName,
            @Nullable String serviceHost,
            @Nullable Integer servicePort) {}

    boolean annotates() {
        return annotations == null ? needReference : annotations;
    }

    /** Whether results have numbers, by which an answer can name them. */
    boolean numbers() {
        return needReference || annotates();
    }
}
