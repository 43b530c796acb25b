package dev.sluice.plugins.websearch.engine;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.HttpRequest;
import dev.sluice.api.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Google's Custom Search JSON API: the key travels in the query, pages begin at 1. */
final class Google implements Engine {
    private final String base;
    private final EngineConfig config;

    Google(String base, EngineConfig config) {
        this.base = base;
        this.config = config;
    }

    @Override
    public Topic topic() {
        return Topic.INTERNET;
    }

    @Override
    public HttpRequest request(Query query) {
        Map<String, String> parameters = Calls.parameters(
                config, "gl", query.location().country().toLowerCase(Locale.ROOT), "lr", language(query));
        parameters.put("q", query.text());
        parameters.put("cx", Calls.orEmpty(config.cx()));
        parameters.put("key", Calls.orEmpty(config.apiKey()));
        parameters.put("num", Integer.toString(config.count()));
        parameters.put("start", Integer.toString(config.skipped() + 1));
        return HttpRequest.get(Calls.uri(base, "/customsearch/v1", parameters)).header("accept", "application/json");
    }

    /** Only Chinese is told apart by country. */
    private static String language(Query query) {
        if (query.language().isEmpty()) {
            return "";
        }
        String alone = query.languageAlone();
        return "lang_" + (alone.equals("zh") ? query.language().equals("zh-TW") ? "zh-TW" : "zh-CN" : alone);
    }

    @Override
    public List<Found> read(HttpResponse answer) {
        List<Found> all = new ArrayList<>();
        for (JsonNode item : Calls.object(answer, "items", false).path("items")) {
            String description = item.at("/pagemap/metatags/0/og:description").asText("");
            String snippet = Calls.text(item, "snippet");
            all.add(new Found(
                    Calls.text(item, "title"),
                    Calls.text(item, "link"),
                    description.length() > snippet.length() ? description : snippet));
        }
        return all;
    }
}
