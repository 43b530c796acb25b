package dev.sluice.plugins.websearch.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.HttpRequest;
import dev.sluice.api.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** An index of Elasticsearch's (8.14 or later), asked by words and by meaning at once, joined by reciprocal rank. */
final class Elasticsearch implements Engine {
    private static final int MIN_WINDOW = 50;

    private final String base;
    private final EngineConfig config;

    Elasticsearch(String base, EngineConfig config) {
        this.base = base;
        this.config = config;
    }

    @Override
    public Topic topic() {
        return Topic.PRIVATE;
    }

    @Override
    public HttpRequest request(Query query) {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        ObjectNode rrf = body.putObject("retriever").putObject("rrf");
        ArrayNode retrievers = rrf.putArray("retrievers");
        standard(retrievers).putObject("match").put(Calls.orEmpty(config.contentField()), query.text());
        standard(retrievers)
                .putObject("semantic")
                .put("field", Calls.orEmpty(config.semanticTextField()))
                .put("query", query.text());
        rrf.put("rank_window_size", Math.max(MIN_WINDOW, config.skipped() + config.count()));
        Map<String, String> parameters =
                Map.of("from", Integer.toString(config.skipped()), "size", Integer.toString(config.count()));
        String path = "/" + Calls.encode(Calls.orEmpty(config.index())) + "/_search";
        HttpRequest request = HttpRequest.post(Calls.uri(base, path, new TreeMap<>(parameters)), body);
        if (config.apiKey() != null) {
            return request.header("authorization", "ApiKey " + config.apiKey());
        }
        if (config.username() == null) {
            return request;
        }
        String pair = config.username() + ":" + Calls.orEmpty(config.password());
        return request.header(
                "authorization", "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8)));
    }

    private static ObjectNode standard(ArrayNode retrievers) {
        return retrievers.addObject().putObject("standard").putObject("query");
    }

    @Override
    public List<Found> read(HttpResponse answer) {
        List<Found> all = new ArrayList<>();
        for (JsonNode hit : Calls.object(answer, "hits", true).path("hits").path("hits")) {
            JsonNode source = hit.path("_source");
            all.add(new Found(
                    Calls.text(source, Calls.orEmpty(config.titleField())),
                    Calls.text(source, Calls.orEmpty(config.linkField())),
                    Calls.text(source, Calls.orEmpty(config.contentField()))));
        }
        return all;
    }
}
