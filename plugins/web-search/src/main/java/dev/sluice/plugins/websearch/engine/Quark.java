package dev.sluice.plugins.websearch.engine;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.HttpRequest;
import dev.sluice.api.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Quark by Aliyun's information query service: it takes no count, so results are counted here. */
final class Quark implements Engine {
    private final String base;
    private final EngineConfig config;

    Quark(String base, EngineConfig config) {
        this.base = base;
        this.config = config;
    }

    @Override
    public Topic topic() {
        return Topic.INTERNET;
    }

    @Override
    public HttpRequest request(Query query) {
        Map<String, String> parameters = Calls.parameters(config);
        parameters.put("query", query.text());
        return HttpRequest.get(Calls.uri(base, "/search/genericSearch", parameters))
                .header("x-api-key", Calls.orEmpty(config.apiKey()))
                .header("accept", "application/json");
    }

    @Override
    public List<Found> read(HttpResponse answer) {
        List<Found> all = new ArrayList<>();
        for (JsonNode item : Calls.object(answer, "pageItems", true).path("pageItems")) {
            all.add(new Found(
                    Calls.text(item, "title"),
                    Calls.text(item, "link"),
                    content(item),
                    Calls.text(item, "publishedTime")));
        }
        return Calls.window(all, config);
    }

    private String content(JsonNode item) {
        if (config.contentMode() != EngineConfig.ContentMode.FULL) {
            return Calls.text(item, "snippet");
        }
        String markdown = Calls.text(item, "markdownText");
        return markdown.isEmpty() ? Calls.text(item, "mainText") : markdown;
    }
}
