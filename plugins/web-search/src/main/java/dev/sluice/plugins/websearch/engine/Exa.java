package dev.sluice.plugins.websearch.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.HttpRequest;
import dev.sluice.api.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Exa, which reads the pages itself: their text comes with the results. */
final class Exa implements Engine {
    static final int MAX_RESULTS = 100;
    private static final int TEXT_LENGTH = 2000;

    private final String base;
    private final EngineConfig config;

    Exa(String base, EngineConfig config) {
        this.base = base;
        this.config = config;
    }

    @Override
    public Topic topic() {
        return Topic.INTERNET;
    }

    @Override
    public HttpRequest request(Query query) {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        if (!query.location().country().isEmpty()) {
            body.put("userLocation", query.location().country());
        }
        body.putObject("contents").putObject("text").put("maxCharacters", TEXT_LENGTH);
        Calls.withOptions(body, config);
        body.put("query", query.text());
        body.put("numResults", config.skipped() + config.count());
        return HttpRequest.post(Calls.uri(base, "/search", Map.of()), body)
                .header("x-api-key", Calls.orEmpty(config.apiKey()));
    }

    @Override
    public List<Found> read(HttpResponse answer) {
        List<Found> all = new ArrayList<>();
        for (JsonNode result : Calls.object(answer, "results", true).path("results")) {
            StringBuilder content = new StringBuilder(Calls.text(result, "text"));
            if (content.isEmpty()) {
                result.path("highlights")
                        .forEach(one -> content.append(one.asText()).append('\n'));
            }
            all.add(new Found(
                    Calls.text(result, "title"),
                    Calls.text(result, "url"),
                    content.toString(),
                    Calls.text(result, "publishedDate")));
        }
        return Calls.window(all, config);
    }
}
