package dev.sluice.plugins.contentsafety;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Exchange;
import dev.sluice.api.HttpRequest;
import dev.sluice.api.HttpResponse;
import dev.sluice.plugins.contentsafety.ContentSafetyConfig.ModerationConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** OpenAI's moderations, or whoever speaks like them. The risk is the category. */
final class ModerationEngine implements Engine.Outside {
    private final ModerationConfig config;

    ModerationEngine(ModerationConfig config) {
        this.config = config;
    }

    @Override
    public String name() {
        return "openai";
    }

    @Override
    public CompletionStage<List<Finding>> look(
            Exchange exchange, Direction direction, List<String> texts, Duration budget) {
        ObjectNode body = JsonNodeFactory.instance.objectNode().put("model", config.model());
        texts.forEach(body.putArray("input")::add);
        return exchange.call(HttpRequest.post(config.url(), body)
                        .header("authorization", "Bearer " + config.apiKey())
                        .timeout(budget))
                .thenApply(answer -> read(answer, texts.size()));
    }

    private List<Finding> read(HttpResponse answer, int texts) {
        if (!answer.isSuccess()) {
            throw new IllegalStateException("it answered with status " + answer.status());
        }
        JsonNode results = answer.json().path("results");
        if (results.size() != texts) {
            throw new IllegalStateException(
                    "it was asked about " + texts + " texts and answered about " + results.size());
        }
        List<Finding> found = new ArrayList<>();
        for (int i = 0; i < texts; i++) {
            JsonNode result = results.get(i);
            if (!result.path("flagged").isBoolean()
                    || !result.path("categories").isObject()) {
                throw new IllegalStateException("its answer has a result without 'flagged' or 'categories'");
            }
            for (var category : result.path("categories").properties()) {
                double score =
                        result.path("category_scores").path(category.getKey()).asDouble(0);
                boolean flagged = category.getValue().asBoolean(false);
                if (flagged || score >= config.threshold()) {
                    found.add(
                            Finding.somewhere(i, category.getKey(), "moderation", flagged ? Level.HIGH : Level.MEDIUM));
                }
            }
        }
        return found;
    }
}
