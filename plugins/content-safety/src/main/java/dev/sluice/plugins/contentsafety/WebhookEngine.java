package dev.sluice.plugins.contentsafety;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Exchange;
import dev.sluice.api.HttpRequest;
import dev.sluice.api.HttpResponse;
import dev.sluice.plugins.contentsafety.ContentSafetyConfig.WebhookConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** A service of the operator's own: it is sent the texts and answers with what it has found in them. */
final class WebhookEngine implements Engine.Outside {
    private final WebhookConfig config;

    WebhookEngine(WebhookConfig config) {
        this.config = config;
    }

    @Override
    public String name() {
        return "webhook";
    }

    @Override
    public CompletionStage<List<Finding>> look(
            Exchange exchange, Direction direction, List<String> texts, Duration budget) {
        ObjectNode body = JsonNodeFactory.instance
                .objectNode()
                .put("id", exchange.id())
                .put("route", exchange.route())
                .put("consumer", SafetyMeters.consumer(exchange))
                .put("direction", direction.word());
        texts.forEach(body.putArray("texts")::add);
        HttpRequest request = HttpRequest.post(config.url(), body).timeout(budget);
        for (Map.Entry<String, String> header : config.headers().entrySet()) {
            request = request.header(header.getKey(), header.getValue());
        }
        return exchange.call(request).thenApply(answer -> read(answer, texts));
    }

    private static List<Finding> read(HttpResponse answer, List<String> texts) {
        if (!answer.isSuccess()) {
            throw new IllegalStateException("it answered with status " + answer.status());
        }
        JsonNode findings = answer.json().path("findings");
        if (!findings.isArray()) {
            throw new IllegalStateException("its answer has no list 'findings'");
        }
        List<Finding> found = new ArrayList<>();
        for (JsonNode finding : findings) {
            found.add(read(finding, texts));
        }
        return found;
    }

    private static Finding read(JsonNode finding, List<String> texts) {
        int text = finding.path("text").asInt(-1);
        String risk = finding.path("risk").asText("");
        if (text < 0 || text >= texts.size() || risk.isEmpty()) {
            throw new IllegalStateException("it found something without a 'risk', or in a 'text' that it was not sent");
        }
        Level level = AliyunVerdicts.level(finding.path("level").asText("high"));
        if (!finding.has("from")) {
            return Finding.somewhere(text, risk, "webhook", level);
        }
        int from = finding.path("from").asInt(-1);
        int to = finding.path("to").asInt(-1);
        if (from < 0 || to <= from || to > texts.get(text).length()) {
            throw new IllegalStateException("it found something at a place that is not in the text");
        }
        return Finding.at(from, to, risk, "webhook", level)
                .in(text)
                .masked(finding.path("replacement").textValue());
    }
}
