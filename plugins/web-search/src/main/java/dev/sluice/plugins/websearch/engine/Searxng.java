package dev.sluice.plugins.websearch.engine;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.HttpRequest;
import dev.sluice.api.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A SearXNG of the operator's own, whose settings must allow JSON; the length of its pages is its own choice. */
final class Searxng implements Engine {
    private final String base;
    private final EngineConfig config;

    Searxng(String base, EngineConfig config) {
        this.base = base;
        this.config = config;
    }

    @Override
    public Topic topic() {
        return Topic.INTERNET;
    }

    @Override
    public HttpRequest request(Query query) {
        Map<String, String> parameters = Calls.parameters(config, "language", query.language());
        parameters.put("q", query.text());
        parameters.put("format", "json");
        HttpRequest request =
                HttpRequest.get(Calls.uri(base, "/search", parameters)).header("accept", "application/json");
        return config.apiKey() == null ? request : request.header("authorization", "Bearer " + config.apiKey());
    }

    @Override
    public List<Found> read(HttpResponse answer) {
        List<Found> all = new ArrayList<>();
        for (JsonNode result : Calls.object(answer, "results", true).path("results")) {
            all.add(new Found(
                    Calls.text(result, "title"),
                    Calls.text(result, "url"),
                    Calls.text(result, "content"),
                    Calls.text(result, "publishedDate")));
        }
        return Calls.window(all, config);
    }
}
