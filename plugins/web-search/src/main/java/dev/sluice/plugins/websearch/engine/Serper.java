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

/** Serper: Google's results, by pages that begin at 1. */
final class Serper implements Engine {
    private final String base;
    private final EngineConfig config;

    Serper(String base, EngineConfig config) {
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
            body.put("gl", query.location().country().toLowerCase(Locale.ROOT));
        }
        if (!query.language().isEmpty()) {
            body.put("hl", query.language().toLowerCase(Locale.ROOT));
        }
        Calls.withOptions(body, config);
        body.put("q", query.text());
        body.put("num", config.count());
        body.put("page", config.skipped() / config.count() + 1);
        return HttpRequest.post(Calls.uri(base, "/search", Map.of()), body)
                .header("x-api-key", Calls.orEmpty(config.apiKey()));
    }

    @Override
    public List<Found> read(HttpResponse answer) {
        List<Found> all = new ArrayList<>();
        for (JsonNode result : Calls.object(answer, "organic", true).path("organic")) {
            all.add(new Found(
                    Calls.text(result, "title"),
                    Calls.text(result, "link"),
                    Calls.text(result, "snippet"),
                    Calls.text(result, "date")));
        }
        return all;
    }
}
