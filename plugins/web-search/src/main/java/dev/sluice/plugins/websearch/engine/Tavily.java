package dev.sluice.plugins.websearch.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.HttpRequest;
import dev.sluice.api.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Tavily: it has no pages, so what is skipped is asked for, too. */
final class Tavily implements Engine {
    static final int MAX_RESULTS = 20;

    private final String base;
    private final EngineConfig config;

    Tavily(String base, EngineConfig config) {
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
        String country = query.location().country();
        // Countries go by their English names, and only for the general topic.
        JsonNode topic = config.options().get("topic");
        if (!country.isEmpty() && (topic == null || topic.asText().equals("general"))) {
            body.put(
                    "country",
                    new Locale("", country).getDisplayCountry(Locale.ENGLISH).toLowerCase(Locale.ROOT));
        }
        Calls.withOptions(body, config);
        body.put("query", query.text());
        body.put("max_results", config.skipped() + config.count());
        return HttpRequest.post(Calls.uri(base, "/search", Map.of()), body)
                .header("authorization", "Bearer " + config.apiKey());
    }

    @Override
    public List<Found> read(HttpResponse answer) {
        List<Found> all = new ArrayList<>();
        for (JsonNode result : Calls.object(answer, "results", true).path("results")) {
            all.add(new Found(
                    Calls.text(result, "title"),
                    Calls.text(result, "url"),
                    Calls.text(result, "content"),
                    Calls.text(result, "published_date")));
        }
        return Calls.window(all, config);
    }
}
