package dev.sluice.plugins.websearch;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.plugins.websearch.WebSearchConfig.OnRewriteFailure;
import dev.sluice.plugins.websearch.WebSearchConfig.Place;
import dev.sluice.plugins.websearch.WebSearchConfig.Rewrite;
import dev.sluice.plugins.websearch.engine.EngineConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Configs for unit tests. */
final class Configs {
    private Configs() {}

    static EngineConfig engine(
            EngineConfig.Type type, String url, int count, @Nullable Integer start, Map<String, JsonNode> options) {
        boolean elastic = type == EngineConfig.Type.ELASTICSEARCH;
        boolean free = type == EngineConfig.Type.ARXIV || type == EngineConfig.Type.SEARXNG || elastic;
        return new EngineConfig(
                type,
                url,
                free ? null : Vendors.KEY,
                count,
                start,
                Duration.ofSeconds(5),
                options,
                type == EngineConfig.Type.GOOGLE ? "my-cx" : null,
                null,
                elastic ? "my docs" : null,
                elastic ? "content" : null,
                elastic ? "meaning" : null,
                elastic ? "meta.url" : null,
                elastic ? "meta.title" : null,
                elastic ? "elastic" : null,
                elastic ? Vendors.KEY : null,
                null,
                null,
                null,
                null);
    }

    static EngineConfig tavily() {
        return engine(EngineConfig.Type.TAVILY, "http://tavily.test", 10, null, Map.of());
    }

    static WebSearchConfig search(EngineConfig... engines) {
        return search(null, OnRewriteFailure.QUESTION, true, Place.HEAD, engines);
    }

    static WebSearchConfig referring(Place place) {
        return search(null, OnRewriteFailure.QUESTION, true, place, tavily());
    }

    static WebSearchConfig rewriting(@Nullable Rewrite rewrite, OnRewriteFailure onFailure, EngineConfig... engines) {
        return search(rewrite, onFailure, false, Place.HEAD, engines);
    }

    private static WebSearchConfig search(
            @Nullable Rewrite rewrite,
            OnRewriteFailure onFailure,
            boolean references,
            Place place,
            EngineConfig... engines) {
        return new WebSearchConfig(
                true,
                List.of(engines),
                rewrite,
                onFailure,
                Duration.ofSeconds(20),
                null,
                null,
                references,
                "**References:**\n%s",
                place,
                null,
                4000,
                2000,
                Duration.ofMinutes(10));
    }
}
