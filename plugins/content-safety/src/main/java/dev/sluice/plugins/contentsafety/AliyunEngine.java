package dev.sluice.plugins.contentsafety;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.sluice.api.Exchange;
import dev.sluice.api.HttpResponse;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Aliyun's content moderation: {@code TextModerationPlus} or {@code MultiModalGuard}. */
final class AliyunEngine implements Engine.Outside {
    private static final String VERSION = "2022-03-02";

    /** What the service takes at a time, in bytes. */
    private static final int MOST = 1800;

    private final URI url;
    private final Acs3Signature signature;
    private final String action;
    private final Services services;
    private final AliyunVerdicts verdicts;

    /** Which of Aliyun's services checks what, for whom. */
    @FunctionalInterface
    interface Services {
        String name(Direction direction, String consumer);
    }

    AliyunEngine(URI url, Acs3Signature signature, String action, Services services, AliyunVerdicts verdicts) {
        this.url = url;
        this.signature = signature;
        this.action = action;
        this.services = services;
        this.verdicts = verdicts;
    }

    @Override
    public String name() {
        return "aliyun";
    }

    @Override
    public CompletionStage<List<Finding>> look(
            Exchange exchange, Direction direction, List<String> texts, Duration budget) {
        return next(exchange, direction, Pieces.of(texts, MOST), 0, budget, new ArrayList<>());
    }

    /** One piece after the other: the first that must be blocked spares the rest. */
    private CompletionStage<List<Finding>> next(
            Exchange exchange,
            Direction direction,
            List<Pieces.Pack> packs,
            int i,
            Duration budget,
            List<Finding> found) {
        if (i == packs.size() || found.stream().anyMatch(finding -> finding.action() == Action.BLOCK)) {
            return CompletableFuture.completedFuture(found);
        }
        Pieces.Pack pack = packs.get(i);
        String consumer = SafetyMeters.consumer(exchange);
        String parameters = JsonNodeFactory.instance
                .objectNode()
                .put("content", pack.says())
                .put("sessionId", exchange.id())
                .put("requestFrom", "sluice")
                .toString();
        String form =
                "Service=" + encoded(services.name(direction, consumer)) + "&ServiceParameters=" + encoded(parameters);
        return exchange.call(signature
                        .post(
                                url,
                                action,
                                VERSION,
                                form.getBytes(StandardCharsets.UTF_8),
                                Instant.now(),
                                UUID.randomUUID().toString())
                        .timeout(budget))
                .thenCompose(answer -> {
                    found.addAll(verdicts.of(data(answer), pack, consumer));
                    return next(exchange, direction, packs, i + 1, budget, found);
                });
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static JsonNode data(HttpResponse answer) {
        if (!answer.isSuccess()) {
            throw new IllegalStateException("it answered with status " + answer.status());
        }
        JsonNode tree = answer.json();
        if (tree.path("Code").asInt() != 200) {
            throw new IllegalStateException(
                    "it answered with code " + tree.path("Code").asText("none"));
        }
        if (!tree.path("Data").isObject()) {
            throw new IllegalStateException("its answer has no Data");
        }
        return tree.get("Data");
    }
}
