package dev.sluice.plugins.cache;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.Received;
import java.io.IOException;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;

/** What of Qdrant's REST API is used, with answers and errors in the shapes of its documentation (1.12). */
final class FakeQdrant implements AutoCloseable {
    static final String KEY = "qdrant-key";

    private final BrokenUpstream server;
    private final Map<String, ObjectNode> points = new LinkedHashMap<>();
    private int size;
    private String distance;
    private int deletes;

    FakeQdrant() throws IOException {
        server = BrokenUpstream.start();
        server.always(this::answer);
    }

    URI uri() {
        return server.uri();
    }

    List<Received> requests() {
        return server.requests();
    }

    synchronized int points() {
        return points.size();
    }

    synchronized int deletes() {
        return deletes;
    }

    /** Makes the collection, as its owner would. */
    synchronized FakeQdrant collection(int dimensions, String by) {
        size = dimensions;
        distance = by;
        return this;
    }

    /** Answers everything so from now on. */
    FakeQdrant always(Answer answer) {
        server.always(received -> answer);
        return this;
    }

    private static Answer ok(String result) {
        return Answer.json(200, "{\"result\":" + result + ",\"status\":\"ok\",\"time\":0.000123}");
    }

    private static Answer error(int status, String message) {
        return Answer.json(status, "{\"status\":{\"error\":\"" + message + "\"},\"time\":0.00004}");
    }

    private synchronized Answer answer(Received received) {
        if (!KEY.equals(received.headers().get("api-key"))) {
            return Answer.status(401)
                    .header("content-type", "text/plain")
                    .chunk("Must provide an API key or an Authorization bearer token")
                    .end();
        }
        String call = received.method() + " " + received.path().replaceFirst("/collections/[^/]+", "");
        if (call.equals("PUT ")) {
            if (distance != null) {
                return error(409, "Wrong input: Collection `c` already exists!");
            }
            collection(
                    received.json().at("/vectors/size").asInt(),
                    received.json().at("/vectors/distance").asText());
            return ok("true");
        }
        if (distance == null) {
            return error(404, "Not found: Collection `c` doesn't exist!");
        }
        return switch (call) {
            case "GET " ->
                ok("{\"status\":\"green\",\"points_count\":0,\"config\":{\"params\":{\"vectors\":{\"size\":" + size
                        + ",\"distance\":\"" + distance + "\"}}}}");
            case "PUT /index" -> ok("{\"operation_id\":0,\"status\":\"acknowledged\"}");
            case "PUT /points" -> put(received.json());
            case "POST /points/query" -> query(received.json());
            case "POST /points/delete" -> delete(received.json());
            default -> Answer.status(404).end();
        };
    }

    private Answer put(JsonNode body) {
        for (JsonNode point : body.path("points")) {
            if (point.path("vector").size() != size) {
                return error(
                        400,
                        "Wrong input: Vector dimension error: expected dim: " + size + ", got "
                                + point.path("vector").size());
            }
            points.put(point.path("id").asText(), (ObjectNode) point);
        }
        return ok("{\"operation_id\":1,\"status\":\"acknowledged\"}");
    }

    private Answer delete(JsonNode body) {
        deletes++;
        body.path("points").forEach(id -> points.remove(id.asText()));
        long before = body.at("/filter/must/0/range/lt").asLong();
        points.values().removeIf(point -> point.at("/payload/until").asLong() < before);
        return ok("{\"operation_id\":2,\"status\":\"acknowledged\"}");
    }

    private Answer query(JsonNode body) {
        String group = body.at("/filter/must/0/match/value").asText();
        long now = body.at("/filter/must/1/range/gt").asLong();
        double threshold = body.path("score_threshold").asDouble();
        boolean euclid = distance.equals("Euclid");
        ArrayNode found = JsonNodeFactory.instance.arrayNode();
        points.values().stream()
                .filter(point -> point.at("/payload/group").asText().equals(group)
                        && point.at("/payload/until").asLong() > now)
                .map(point -> scored(point, score(point.path("vector"), body.path("query"), euclid)))
                .filter(point -> euclid
                        ? point.path("score").asDouble() <= threshold + 1e-6
                        : point.path("score").asDouble() >= threshold - 1e-6)
                .sorted((a, b) -> (euclid ? 1 : -1)
                        * Double.compare(
                                a.path("score").asDouble(), b.path("score").asDouble()))
                .limit(body.path("limit").asInt())
                .forEach(found::add);
        return ok("{\"points\":" + found + "}");
    }

    private static ObjectNode scored(ObjectNode point, double score) {
        ObjectNode shown = JsonNodeFactory.instance.objectNode();
        shown.set("id", point.path("id"));
        shown.put("version", 1).put("score", score).set("payload", point.path("payload"));
        return shown;
    }

    private static double score(JsonNode one, JsonNode other, boolean euclid) {
        double[] a = numbers(one);
        double[] b = numbers(other);
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += euclid ? (a[i] - b[i]) * (a[i] - b[i]) : a[i] * b[i];
        }
        return euclid ? Math.sqrt(sum) : sum;
    }

    private static double[] numbers(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .mapToDouble(JsonNode::asDouble)
                .toArray();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
