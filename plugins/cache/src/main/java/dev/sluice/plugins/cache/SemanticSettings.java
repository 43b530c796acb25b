package dev.sluice.plugins.cache;

import dev.sluice.api.ConfigException;
import dev.sluice.plugins.cache.SemanticConfig.EmbeddingConfig;
import dev.sluice.plugins.cache.SemanticConfig.HigressEmbedding;
import dev.sluice.plugins.cache.SemanticConfig.HigressVector;
import dev.sluice.plugins.cache.SemanticConfig.VectorsConfig;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a config says of similar questions, as it is meant, whichever spelling it came in.
 *
 * @param model of the gateway's own process; null if {@code embedding} is given
 * @param path where {@code embedding} stands in the config
 * @param threshold the least cosine
 * @param store where vectors are kept; null: in memory
 * @param candidates how many of the nearest are looked at
 * @param timeout how long a request waits for all of it
 */
record SemanticSettings(
        @Nullable String model,
        @Nullable EmbeddingConfig embedding,
        String path,
        double threshold,
        @Nullable Place store,
        long maxVectors,
        int candidates,
        Duration timeout) {

    /** Measured: the lowest at which nothing wrong was found that a higher one would not find, too. */
    private static final Map<String, Double> MEASURED = Map.of("bge-small-en-v15-q", 0.9, "bge-small-zh-v15-q", 0.88);

    private static final double CAREFUL = 0.95;
    private static final int CANDIDATES = 5;
    private static final long MAX_VECTORS = 10_000;
    private static final Duration HERE = Duration.ofMillis(300);
    private static final Duration ELSEWHERE = Duration.ofSeconds(2);

    /** Names that end so are of registries that Higress asks. */
    private static final Pattern REGISTERED = Pattern.compile(".*\\.(static|dns|nacos|eureka|consul|zookeeper)");

    /** A Qdrant. */
    record Place(URI url, @Nullable String apiKey, String collection) {
        @Override
        public String toString() {
            return url + " (" + collection + ")";
        }
    }

    /** What the config says; null if only equal requests count. */
    static @Nullable SemanticSettings of(CacheConfig config) {
        SemanticConfig ours = config.semantic();
        HigressVector vector = config.vector();
        HigressEmbedding embedding = config.embedding();
        if (ours != null) {
            refuse(vector != null, "vector", "'semantic' says where vectors are kept: keep one of the two");
            refuse(embedding != null, "embedding", "'semantic' says what makes vectors: keep one of the two");
            boolean off = Boolean.FALSE.equals(config.enableSemanticCache());
            refuse(off, "enableSemanticCache", "'semantic' is given: remove one of the two");
            return ours(ours);
        }
        if (Boolean.FALSE.equals(config.enableSemanticCache())) {
            return null;
        }
        if (vector == null && embedding == null) {
            refuse(
                    config.enableSemanticCache() != null,
                    "enableSemanticCache",
                    "nothing says by what similar questions are found: add 'vector' and 'embedding', or 'semantic'");
            return null;
        }
        if (embedding == null) {
            throw new ConfigException("vector", "nothing makes vectors of questions: add 'embedding'");
        }
        if (vector == null) {
            throw new ConfigException("embedding", "nothing says where its vectors are kept: add 'vector'");
        }
        return higress(vector, embedding);
    }

    /** From which cosine on a question is the same for that model, unless the config says. */
    static double measured(@Nullable String model) {
        return MEASURED.getOrDefault(model == null ? "" : model, CAREFUL);
    }

    private static void refuse(boolean wrong, String path, String message) {
        if (wrong) {
            throw new ConfigException(path, message);
        }
    }

    private static SemanticSettings ours(SemanticConfig config) {
        EmbeddingConfig embedding = config.embedding();
        refuse(
                (config.model() == null) == (embedding == null),
                "semantic",
                "say what makes vectors of questions: either 'model', one of the gateway's own process, or 'embedding',"
                        + " an endpoint");
        VectorsConfig vectors = config.vectors();
        Place store = vectors == null ? null : place(vectors);
        boolean here = embedding == null && store == null;
        return new SemanticSettings(
                config.model(),
                embedding,
                "semantic.embedding",
                config.threshold() != null ? config.threshold() : measured(config.model()),
                store,
                config.maxVectors(),
                CANDIDATES,
                config.timeout() != null ? config.timeout() : here ? HERE : ELSEWHERE);
    }

    private static @Nullable Place place(VectorsConfig vectors) {
        if (vectors.type().equals("memory")) {
            refuse(
                    vectors.url() != null,
                    "semantic.vectors.url",
                    "memory has no address: remove it, or say type: qdrant");
            refuse(vectors.apiKey() != null, "semantic.vectors.apiKey", "memory needs no key: remove it");
            return null;
        }
        if (vectors.url() == null) {
            throw new ConfigException("semantic.vectors", "it does not say where Qdrant is: add url: http://host:6333");
        }
        return new Place(vectors.url(), vectors.apiKey(), vectors.collection());
    }

    private static SemanticSettings higress(HigressVector vector, HigressEmbedding embedding) {
        refuse(
                !vector.type().equals("qdrant"),
                "vector.type",
                "'" + vector.type()
                        + "' is not connected to, of Higress's stores only qdrant is; or remove 'vector' and"
                        + " 'embedding' and say semantic: { embedding: … }, and vectors are kept in memory");
        if (vector.collectionID() == null) {
            throw new ConfigException("vector", "it does not say which collection of Qdrant's: add collectionID");
        }
        URI url = vector.url() != null
                ? vector.url()
                : service("vector", vector.serviceName(), vector.serviceHost(), vector.servicePort());
        if (url == null) {
            throw new ConfigException(
                    "vector",
                    "it does not say where Qdrant is: add serviceHost with its host, or url: http://host:6333");
        }
        Duration first = embedding.timeout() == null ? Duration.ofSeconds(1) : embedding.timeout();
        Duration second = vector.timeout() == null ? Duration.ofSeconds(1) : vector.timeout();
        return new SemanticSettings(
                null,
                ours(embedding),
                "embedding",
                threshold(vector),
                new Place(url, vector.apiKey(), vector.collectionID()),
                MAX_VECTORS,
                vector.topK() == null ? 1 : vector.topK(),
                first.plus(second));
    }

    private static EmbeddingConfig ours(HigressEmbedding theirs) {
        boolean elsewhere = theirs.serviceHost() != null
                || EmbeddingType.of(theirs.type()).home().isEmpty();
        URI url = theirs.url() == null && elsewhere
                ? service("embedding", theirs.serviceName(), theirs.serviceHost(), theirs.servicePort())
                : theirs.url();
        return new EmbeddingConfig(
                theirs.type(),
                url,
                null,
                theirs.apiKey(),
                theirs.model(),
                theirs.dimensions(),
                theirs.appId(),
                theirs.apiSecret(),
                theirs.apiVersion(),
                theirs.timeout());
    }

    /** As a cosine, whichever way it is said: {@code lt} is of Euclid's distance, {@code gt} of a similarity. */
    private static double threshold(HigressVector vector) {
        Double given = vector.threshold();
        String relation = vector.thresholdRelation() == null ? "lt" : vector.thresholdRelation();
        if (given == null) {
            return CAREFUL;
        }
        boolean distance = relation.startsWith("lt");
        if (distance ? given < 0 || given > 2 : given < 0 || given > 1) {
            throw new ConfigException(
                    "vector.threshold",
                    distance
                            ? "'" + relation
                                    + "' is of Euclid's distance, which is 0 to 2 between vectors of length 1: "
                                    + given + " would let every answer pass. Lower it, or say thresholdRelation: gt for"
                                    + " a cosine"
                            : "a cosine is 0 to 1, got " + given);
        }
        double cosine = distance ? 1 - given * given / 2 : given;
        return relation.endsWith("e") ? cosine : Math.nextUp(cosine);
    }

    /** An address in Higress's spelling; null if it gives none that can be resolved. */
    private static @Nullable URI service(
            String path, @Nullable String name, @Nullable String host, @Nullable Integer port) {
        String known =
                host != null ? host : name != null && !REGISTERED.matcher(name).matches() ? name : null;
        if (known == null) {
            return null;
        }
        int at = port == null ? 443 : port;
        try {
            return URI.create((at == 443 ? "https://" : "http://") + known + ":" + at);
        } catch (IllegalArgumentException e) {
            throw new ConfigException(path + ".serviceHost", "expected the name of a host, got '" + known + "'");
        }
    }

    /** The config's provider that makes vectors; null if none does. */
    @Nullable
    String provider() {
        return embedding == null ? null : embedding.provider();
    }

    @Override
    public String toString() {
        return "semantic";
    }
}
