package dev.sluice.plugins.aiproxy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Dialect;
import dev.sluice.api.Exchange;
import dev.sluice.api.Operation;
import dev.sluice.api.Provider;
import dev.sluice.api.RequestHead;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Lists of models, in the shape of the client's vendor: those that a provider's mapping names, or its own. */
final class Models {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private Models() {}

    static boolean isListing(Exchange exchange, RequestHead head) {
        return exchange.operation() == Operation.MODELS
                && exchange.dialect() == Dialect.OPENAI
                && head.method().equals("GET")
                && head.path().endsWith("/models");
    }

    /** Whether the mapping names models; else an upstream is asked for its own list. */
    static boolean lists(Provider provider) {
        return provider.type().equals(EchoUpstream.TYPE) || !names(provider).isEmpty();
    }

    /** Whether the client is Anthropic's: both vendors list models under one path, and only header fields tell. */
    static boolean areAnthropics(Exchange exchange) {
        return exchange.request().headers().get("anthropic-version") != null;
    }

    /** What the mapping names, as the client's vendor lists models. */
    static ObjectNode list(Provider provider, boolean anthropics) {
        List<String> names = names(provider);
        ArrayNode data = NODES.arrayNode();
        for (String name : names.isEmpty() ? List.of(EchoUpstream.TYPE) : names) {
            data.add(anthropics ? anthropics(name, Instant.EPOCH) : openAis(name, Instant.EPOCH, provider.name()));
        }
        return anthropics ? anthropics(data) : openAis(data);
    }

    /** A provider's list, or its one model, as the client's vendor would tell it; null: it is that already, or neither. */
    static @Nullable ObjectNode translated(JsonNode answer, boolean anthropics, String provider) {
        JsonNode data = answer.path("data");
        JsonNode one = data.isArray() ? data.path(0) : answer;
        boolean already = one.has(anthropics ? "created_at" : "created")
                || one.path(anthropics ? "type" : "object").asText().equals("model");
        if (already || (!data.isArray() && !one.path("id").isTextual())) {
            return null;
        }
        if (!data.isArray()) {
            return translatedOne(one, anthropics, provider);
        }
        ArrayNode models = NODES.arrayNode();
        for (JsonNode model : data) {
            if (model.path("id").isTextual()) {
                models.add(translatedOne(model, anthropics, provider));
            }
        }
        return anthropics ? anthropics(models) : openAis(models);
    }

    private static ObjectNode translatedOne(JsonNode model, boolean anthropics, String provider) {
        String id = model.path("id").asText();
        return anthropics
                ? anthropics(id, Instant.ofEpochSecond(model.path("created").asLong(0)))
                : openAis(id, time(model.path("created_at").asText()), provider);
    }

    private static Instant time(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeException unknown) {
            return Instant.EPOCH;
        }
    }

    private static ObjectNode openAis(String id, Instant created, String owner) {
        return NODES.objectNode()
                .put("id", id)
                .put("object", "model")
                .put("created", created.getEpochSecond())
                .put("owned_by", owner);
    }

    private static ObjectNode openAis(ArrayNode data) {
        return NODES.objectNode().put("object", "list").set("data", data);
    }

    private static ObjectNode anthropics(String id, Instant created) {
        return NODES.objectNode()
                .put("type", "model")
                .put("id", id)
                .put("display_name", id)
                .put("created_at", created.toString());
    }

    private static ObjectNode anthropics(ArrayNode data) {
        ObjectNode tree = NODES.objectNode();
        tree.set("data", data);
        tree.set("first_id", data.path(0).get("id"));
        tree.set("last_id", data.path(data.size() - 1).get("id"));
        return tree.put("has_more", false);
    }

    /** The mapping's plain names: a pattern names no model. */
    private static List<String> names(Provider provider) {
        List<String> names = new ArrayList<>();
        JsonNode mapping = provider.config().path("modelMapping");
        mapping.fieldNames().forEachRemaining(name -> {
            if (!name.startsWith("~") && !name.contains("*") && !name.contains("?")) {
                names.add(name);
            }
        });
        return names;
    }
}
