package dev.sluice.api.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Trees brought into one form, so that requests which mean the same compare equal. */
final class Canonical {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private Canonical() {}

    /**
     * A request without what does not shape the answer: keys sorted, nulls as if absent, numbers by value, content of
     * a single text part as a string, cache markers gone.
     */
    static ObjectNode request(String dialect, JsonNode request, Set<String> irrelevant) {
        ObjectNode canonical = NODES.objectNode();
        canonical.put("dialect", dialect);
        for (Map.Entry<String, JsonNode> field : sorted(request).entrySet()) {
            if (irrelevant.contains(field.getKey()) || field.getValue().isNull()) {
                continue;
            }
            canonical.set(
                    field.getKey(),
                    switch (field.getKey()) {
                        case "messages" -> messages(field.getValue());
                        case "system" -> content(field.getValue());
                        case "tools" -> each(field.getValue());
                        default -> tree(field.getValue());
                    });
        }
        return canonical;
    }

    private static JsonNode messages(JsonNode messages) {
        if (!messages.isArray()) {
            return tree(messages);
        }
        var all = NODES.arrayNode(messages.size());
        for (JsonNode message : messages) {
            if (message.isObject()) {
                ObjectNode copy = withoutMarker(message);
                if (message.has("content")) {
                    copy.set("content", content(message.get("content")));
                }
                all.add(copy);
            } else {
                all.add(tree(message));
            }
        }
        return all;
    }

    private static JsonNode content(JsonNode content) {
        JsonNode parts = each(content);
        if (parts.isArray() && parts.size() == 1) {
            JsonNode only = parts.get(0);
            String text = Content.partText(only);
            if (text != null && only.size() <= 2) {
                return NODES.textNode(text);
            }
        }
        return parts;
    }

    private static JsonNode each(JsonNode list) {
        if (!list.isArray()) {
            return tree(list);
        }
        var all = NODES.arrayNode(list.size());
        list.forEach(item -> all.add(item.isObject() ? withoutMarker(item) : tree(item)));
        return all;
    }

    private static ObjectNode withoutMarker(JsonNode object) {
        ObjectNode copy = NODES.objectNode();
        sorted(object).forEach((name, value) -> {
            if (!name.equals("cache_control") && !value.isNull()) {
                copy.set(name, tree(value));
            }
        });
        return copy;
    }

    private static JsonNode tree(JsonNode node) {
        if (node.isObject()) {
            ObjectNode copy = NODES.objectNode();
            sorted(node).forEach((name, value) -> copy.set(name, tree(value)));
            return copy;
        }
        if (node.isArray()) {
            var copy = NODES.arrayNode(node.size());
            node.forEach(item -> copy.add(tree(item)));
            return copy;
        }
        if (node.isNumber() && (!node.isFloatingPointNumber() || Double.isFinite(node.doubleValue()))) {
            BigDecimal value = node.decimalValue();
            return DecimalNode.valueOf(value.signum() == 0 ? BigDecimal.ZERO : value.stripTrailingZeros());
        }
        return node;
    }

    private static Map<String, JsonNode> sorted(JsonNode object) {
        Map<String, JsonNode> fields = new TreeMap<>();
        object.properties().forEach(field -> fields.put(field.getKey(), field.getValue()));
        return fields;
    }
}
