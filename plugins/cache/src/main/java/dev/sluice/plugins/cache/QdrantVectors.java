package dev.sluice.plugins.cache;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.HttpRequest;
import dev.sluice.api.HttpResponse;
import dev.sluice.api.Scope;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Vectors in a collection of Qdrant's, by its REST API. A collection that is not there is made when the first vector is
 * known, and so its dimensions. Thread-safe.
 */
final class QdrantVectors implements Vectors {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final Duration SWEEP = Duration.ofMinutes(10);
    private static final int EXISTS = 409;
    private static final int ABSENT = 404;

    private final Scope scope;
    private final SemanticSettings.Place place;
    private final String base;
    private final Duration timeout;
    private final Duration kept;
    private final LongSupplier clock;

    /** How scores are to be read, once the collection is there; a failed one is asked for again. */
    private final AtomicReference<@Nullable CompletableFuture<Distance>> ready = new AtomicReference<>();

    private enum Distance {
        COSINE,
        DOT,
        EUCLID;

        double similarity(double score) {
            return this == EUCLID ? 1 - score * score / 2 : score;
        }

        double score(double similarity) {
            return this == EUCLID ? Math.sqrt(Math.max(0, 2 - 2 * similarity)) : similarity;
        }
    }

    /**
     * A collection.
     *
     * @param timeout of each call
     * @param kept for how long a vector is
     * @param clock in milliseconds
     */
    QdrantVectors(Scope scope, SemanticSettings.Place place, Duration timeout, Duration kept, LongSupplier clock) {
        this.scope = scope;
        this.place = place;
        this.base = place.url().toString().replaceFirst("/+$", "") + "/collections/"
                + URLEncoder.encode(place.collection(), StandardCharsets.UTF_8);
        this.timeout = timeout;
        this.kept = kept;
        this.clock = clock;
        AutoCloseable unused = scope.everyOnOneNode("cache-vectors " + place, SWEEP, this::sweep);
    }

    @Override
    public CompletionStage<?> prepare(String group) {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<List<Near>> nearest(String group, Vector vector, double least, int most) {
        return collection(vector.dimensions()).thenCompose(distance -> {
            ObjectNode body = JSON.objectNode();
            body.set("query", array(vector));
            ArrayNode must = body.putObject("filter").putArray("must");
            must.addObject().put("key", "group").putObject("match").put("value", group);
            must.addObject().put("key", "until").putObject("range").put("gt", clock.getAsLong());
            body.put("limit", most).put("with_payload", true).put("score_threshold", distance.score(least));
            return call("POST", "/points/query", body).thenApply(answer -> near(answer, distance, least));
        });
    }

    private List<Near> near(HttpResponse answer, Distance distance, double least) {
        List<Near> found = new ArrayList<>();
        JsonNode points = good(answer).path("result").path("points");
        if (!points.isArray()) {
            throw new IllegalStateException("Qdrant answers without points");
        }
        for (JsonNode point : points) {
            double similarity = distance.similarity(point.path("score").asDouble(Double.NaN));
            JsonNode payload = point.path("payload");
            if (similarity >= least && payload.path("hash").isTextual()) {
                found.add(new Near(
                        payload.path("hash").asText(), payload.path("text").asText(), Math.min(1, similarity)));
            }
        }
        return found;
    }

    @Override
    public CompletionStage<?> add(Question question, String hash, Vector vector) {
        return collection(vector.dimensions()).thenCompose(distance -> {
            ObjectNode body = JSON.objectNode();
            ObjectNode point = body.putArray("points").addObject().put("id", id(hash));
            point.set("vector", array(vector));
            point.putObject("payload")
                    .put("group", question.group())
                    .put("hash", hash)
                    .put("text", question.text())
                    .put("until", clock.getAsLong() + kept.toMillis());
            return call("PUT", "/points", body).thenApply(QdrantVectors::good);
        });
    }

    @Override
    public void drop(String group, String hash) {
        ObjectNode body = JSON.objectNode();
        body.putArray("points").add(id(hash));
        var unused = call("POST", "/points/delete", body);
    }

    private void sweep() {
        ObjectNode body = JSON.objectNode();
        body.putObject("filter")
                .putArray("must")
                .addObject()
                .put("key", "until")
                .putObject("range")
                .put("lt", clock.getAsLong());
        var unused = call("POST", "/points/delete", body);
    }

    @Override
    public long size() {
        return 0;
    }

    private CompletableFuture<Distance> collection(int dimensions) {
        CompletableFuture<Distance> known = ready.get();
        if (known != null && !known.isCompletedExceptionally()) {
            return known;
        }
        CompletableFuture<Distance> mine = new CompletableFuture<>();
        if (!ready.compareAndSet(known, mine)) {
            return collection(dimensions);
        }
        var unused = look(dimensions).whenComplete((distance, error) -> {
            if (error != null) {
                mine.completeExceptionally(error);
            } else {
                mine.complete(distance);
            }
        });
        return mine;
    }

    private CompletionStage<Distance> look(int dimensions) {
        return call("GET", "", null).thenCompose(answer -> {
            if (answer.status() != ABSENT) {
                return CompletableFuture.completedFuture(distance(good(answer), dimensions));
            }
            ObjectNode body = JSON.objectNode();
            body.putObject("vectors").put("size", dimensions).put("distance", "Cosine");
            return call("PUT", "", body).thenCompose(made -> {
                if (made.status() == EXISTS) {
                    // Another node has been faster.
                    return call("GET", "", null).thenApply(there -> distance(good(there), dimensions));
                }
                good(made);
                ObjectNode index = JSON.objectNode().put("field_name", "group").put("field_schema", "keyword");
                return call("PUT", "/index", index).thenApply(indexed -> {
                    good(indexed);
                    return Distance.COSINE;
                });
            });
        });
    }

    private Distance distance(JsonNode answer, int dimensions) {
        JsonNode vectors = answer.path("result").path("config").path("params").path("vectors");
        int size = vectors.path("size").asInt();
        if (size != dimensions) {
            throw new IllegalStateException("the collection '" + place.collection() + "' is of " + size
                    + " dimensions, the vectors of the model are of " + dimensions + ": use another collection");
        }
        return switch (vectors.path("distance").asText()) {
            case "Cosine" -> Distance.COSINE;
            case "Dot" -> Distance.DOT;
            case "Euclid" -> Distance.EUCLID;
            default ->
                throw new IllegalStateException("the collection '" + place.collection() + "' compares vectors by "
                        + vectors.path("distance") + ": use one by Cosine, Dot or Euclid");
        };
    }

    private CompletionStage<HttpResponse> call(String method, String path, @Nullable JsonNode body) {
        byte[] bytes = body == null ? new byte[0] : body.toString().getBytes(StandardCharsets.UTF_8);
        HttpRequest request =
                HttpRequest.of(method, URI.create(base + path), bytes).timeout(timeout);
        request = body == null ? request : request.header("content-type", "application/json");
        return scope.call(place.apiKey() == null ? request : request.header("api-key", place.apiKey()));
    }

    private static JsonNode good(HttpResponse answer) {
        if (!answer.isSuccess()) {
            String said = answer.text().strip();
            throw new IllegalStateException("Qdrant answers with status " + answer.status() + ": "
                    + said.substring(0, Math.min(200, said.length())));
        }
        return answer.json();
    }

    private static ArrayNode array(Vector vector) {
        ArrayNode array = JSON.arrayNode();
        for (float x : vector.values()) {
            array.add(x);
        }
        return array;
    }

    /** Ids of Qdrant's are numbers or UUIDs. */
    private static String id(String hash) {
        return UUID.nameUUIDFromBytes(hash.getBytes(StandardCharsets.UTF_8)).toString();
    }
}
