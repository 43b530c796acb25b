package dev.sluice.plugins.websearch.engine;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.HttpRequest;
import dev.sluice.api.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Bing Web Search v7: pages with their deep links, and news. */
final class Bing implements Engine {
    private final String base;
    private final EngineConfig config;

    Bing(String base, EngineConfig config) {
        this.base = base;
        this.config = config;
    }

    @Override
    public Topic topic() {
        return Topic.INTERNET;
    }

    @Override
    public HttpRequest request(Query query) {
        // A market and a country exclude each other: the user's country is the narrower word.
        String country = query.location().country();
        Map<String, String> parameters =
                Calls.parameters(config, "cc", country, "mkt", country.isEmpty() ? query.language() : "");
        parameters.put("q", query.text());
        parameters.put("count", Integer.toString(config.count()));
        parameters.put("offset", Integer.toString(config.skipped()));
        return HttpRequest.get(Calls.uri(base, "/v7.0/search", parameters))
                .header("ocp-apim-subscription-key", Calls.orEmpty(config.apiKey()))
                .header("accept", "application/json");
    }

    @Override
    public List<Found> read(HttpResponse answer) {
        JsonNode tree = Calls.object(answer, "webPages", false);
        List<Found> all = new ArrayList<>();
        for (JsonNode page : tree.path("webPages").path("value")) {
            all.add(page(page, "snippet"));
            page.path("deepLinks").forEach(link -> all.add(page(link, "snippet")));
        }
        tree.path("news").path("value").forEach(article -> all.add(page(article, "description")));
        return all;
    }

    private static Found page(JsonNode page, String content) {
        return new Found(
                Calls.text(page, "name"),
                Calls.text(page, "url"),
                Calls.text(page, content),
                Calls.text(page, "datePublished"));
    }
}
