package dev.sluice.plugins.websearch.engine;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.HttpRequest;
import dev.sluice.api.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Brave's web search: its offset counts pages, not results, and it takes no more than 50 words. */
final class Brave implements Engine {
    private static final int MAX_WORDS = 50;

    private final String base;
    private final EngineConfig config;

    Brave(String base, EngineConfig config) {
        this.base = base;
        this.config = config;
    }

    @Override
    public Topic topic() {
        return Topic.INTERNET;
    }

    @Override
    public HttpRequest request(Query query) {
        Map<String, String> parameters =
                Calls.parameters(config, "country", query.location().country(), "search_lang", language(query));
        parameters.put("q", words(query.text()));
        parameters.put("count", Integer.toString(config.count()));
        parameters.put("offset", Integer.toString(config.skipped() / config.count()));
        return HttpRequest.get(Calls.uri(base, "/res/v1/web/search", parameters))
                .header("x-subscription-token", Calls.orEmpty(config.apiKey()))
                .header("accept", "application/json");
    }

    /** Chinese is told apart by its script, all other languages go without their country. */
    private static String language(Query query) {
        return query.languageAlone().equals("zh")
                ? query.language().equals("zh-TW") ? "zh-hant" : "zh-hans"
                : query.languageAlone();
    }

    private static String words(String text) {
        String[] words = text.split(" ", -1);
        return words.length <= MAX_WORDS
                ? text
                : String.join(" ", List.of(words).subList(0, MAX_WORDS));
    }

    @Override
    public List<Found> read(HttpResponse answer) {
        List<Found> all = new ArrayList<>();
        for (JsonNode result : Calls.object(answer, "web", false).path("web").path("results")) {
            StringBuilder content = new StringBuilder(Calls.text(result, "description"));
            result.path("extra_snippets").forEach(more -> content.append('\n').append(more.asText()));
            all.add(new Found(
                    Calls.text(result, "title"),
                    Calls.text(result, "url"),
                    content.toString(),
                    Calls.text(result, "page_age")));
        }
        return all;
    }
}
