package dev.sluice.api.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Dialect;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Chat requests by a seed, strewn with fields ({@code x_…}) that no view knows. */
final class RandomRequests {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private RandomRequests() {}

    static ObjectNode next(Random random, Dialect dialect) {
        ObjectNode request = NODES.objectNode();
        unknown(request, random);
        request.put("model", "m" + random.nextInt(3));
        if (dialect == Dialect.ANTHROPIC && random.nextBoolean()) {
            request.set("system", content(random));
        }
        ArrayNode messages = request.putArray("messages");
        List<String> roles = dialect == Dialect.OPENAI
                ? List.of("system", "user", "assistant", "tool")
                : List.of("user", "assistant");
        for (int i = random.nextInt(5); i > 0; i--) {
            ObjectNode message = messages.addObject().put("role", roles.get(random.nextInt(roles.size())));
            message.set("content", content(random));
            unknown(message, random);
        }
        unknown(request, random);
        return request;
    }

    private static JsonNode content(Random random) {
        if (random.nextInt(3) == 0) {
            return NODES.textNode("t" + random.nextInt(100));
        }
        ArrayNode parts = NODES.arrayNode();
        for (int i = random.nextInt(4); i > 0; i--) {
            ObjectNode part = parts.addObject();
            if (random.nextBoolean()) {
                part.put("type", "text").put("text", "p" + random.nextInt(100));
            } else {
                part.put("type", "x_kind");
                unknown(part, random);
            }
        }
        return parts;
    }

    private static void unknown(ObjectNode node, Random random) {
        for (int i = random.nextInt(3); i > 0; i--) {
            node.putObject("x_" + random.nextInt(1000))
                    .put("v", random.nextLong())
                    .putArray("a")
                    .add(1.5)
                    .addNull();
        }
    }

    /** All unknown fields, wherever they stand, in document order. */
    static List<String> unknown(JsonNode node) {
        List<String> found = new ArrayList<>();
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            if (field.getKey().startsWith("x_")) {
                found.add(field.toString());
            } else {
                found.addAll(unknown(field.getValue()));
            }
        }
        if (node.isArray()) {
            node.forEach(item -> found.addAll(unknown(item)));
        }
        return found;
    }

    static JsonNode shuffled(JsonNode node, Random random) {
        if (node.isArray()) {
            ArrayNode copy = NODES.arrayNode();
            node.forEach(item -> copy.add(shuffled(item, random)));
            return copy;
        }
        if (!node.isObject()) {
            return node;
        }
        List<Map.Entry<String, JsonNode>> fields = new ArrayList<>(node.properties());
        Collections.shuffle(fields, random);
        ObjectNode copy = NODES.objectNode();
        fields.forEach(field -> copy.set(field.getKey(), shuffled(field.getValue(), random)));
        return copy;
    }
}
