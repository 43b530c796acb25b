package dev.sluice.host.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.Consumer;

/** Changes every sub-schema of a JSON Schema, and nothing that merely looks like one: a default, an example. */
final class SchemaRewrite {
    private static final List<String> MAPS =
            List.of("properties", "patternProperties", "$defs", "definitions", "dependentSchemas");
    private static final List<String> LISTS = List.of("allOf", "anyOf", "oneOf", "prefixItems");
    private static final List<String> SINGLE = List.of(
            "items",
            "additionalProperties",
            "unevaluatedProperties",
            "unevaluatedItems",
            "contains",
            "propertyNames",
            "not",
            "if",
            "then",
            "else");
    private static final List<String> COMPOSING = List.of("allOf", "anyOf", "oneOf", "if", "$ref", "dependentSchemas");

    private SchemaRewrite() {}

    /** Applies the change to each sub-schema, innermost first. */
    static void each(JsonNode schema, Consumer<ObjectNode> change) {
        if (!(schema instanceof ObjectNode object)) {
            return;
        }
        MAPS.forEach(keyword -> object.path(keyword).forEach(child -> each(child, change)));
        LISTS.forEach(keyword -> object.path(keyword).forEach(child -> each(child, change)));
        SINGLE.forEach(keyword -> each(object.path(keyword), change));
        change.accept(object);
    }

    /**
     * Forbids keys that are not named, wherever a schema names some and does not say what of others: a schema describes
     * a record, and a record takes no others. Branches stay open, since what they name is only a part.
     */
    static void close(JsonNode schema) {
        if (!(schema instanceof ObjectNode object)) {
            return;
        }
        MAPS.forEach(keyword -> object.path(keyword).forEach(SchemaRewrite::close));
        object.path("prefixItems").forEach(SchemaRewrite::close);
        close(object.path("items"));
        close(object.path("additionalProperties"));
        boolean says = object.has("additionalProperties")
                || object.has("unevaluatedProperties")
                || object.has("patternProperties");
        if (object.has("properties") && !says) {
            boolean composed = COMPOSING.stream().anyMatch(object::has);
            object.put(composed ? "unevaluatedProperties" : "additionalProperties", false);
        }
    }
}
