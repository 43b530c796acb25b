package dev.sluice.plugins.cache;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a route says of answers to similar questions.
 *
 * @param model a model of the gateway's own process; null if it is an endpoint's
 * @param embedding an endpoint that makes vectors; null if it is a model of the process
 * @param threshold from which similarity on a question is the same; null: as measured for the model
 * @param vectors where vectors are kept; null: in memory
 * @param maxVectors kept in memory
 * @param timeout how long a request waits for all of it; null: by what is asked
 */
public record SemanticConfig(
        @Nullable String model,
        @Nullable EmbeddingConfig embedding,
        @Nullable Double threshold,
        @Nullable VectorsConfig vectors,
        long maxVectors,
        @Nullable Duration timeout) {

    /**
     * An endpoint that makes vectors.
     *
     * @param type which vendor's shapes it speaks; null: OpenAI's, as a provider does
     * @param url where it is; null: the type's own place
     * @param provider one of the config's, whose address and key are used; null: none
     */
    public record EmbeddingConfig(
            @Nullable String type,
            @Nullable URI url,
            @Nullable String provider,
            @Nullable String apiKey,
            @Nullable String model,
            @Nullable Integer dimensions,
            @Nullable String appId,
            @Nullable String apiSecret,
            @Nullable String apiVersion,
            @Nullable Duration timeout) {
        @Override
        public String toString() {
            return "embedding of type " + type;
        }
    }

    /** Higress's {@code embedding}. */
    public record HigressEmbedding(
            String type,
            @Nullable URI url,
            @Nullable String serviceName,
            @Nullable String serviceHost,
            @Nullable Integer servicePort,
            @Nullable String apiKey,
            @Nullable String model,
            @Nullable Integer dimensions,
            @Nullable String appId,
            @Nullable String apiSecret,
            @Nullable String apiVersion,
            @Nullable Duration timeout) {
        @Override
        public String toString() {
            return "embedding of type " + type;
        }
    }

    /**
     * A store of vectors.
     *
     * @param url null for memory, which has no place
     */
    public record VectorsConfig(
            String type, @Nullable URI url, @Nullable String apiKey, String collection) {
        @Override
        public String toString() {
            return type;
        }
    }

    /** Higress's {@code vector}. */
    public record HigressVector(
            String type,
            @Nullable URI url,
            @Nullable String serviceName,
            @Nullable String serviceHost,
            @Nullable Integer servicePort,
            @Nullable String apiKey,
            @Nullable String collectionID,
            @Nullable Integer topK,
            @Nullable Duration timeout,
            @Nullable Double threshold,
            @Nullable String thresholdRelation) {
        @Override
        public String toString() {
            return type;
        }
    }
}
