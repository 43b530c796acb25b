package dev.sluice.host.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Fills in what a schema gives as {@code default}, after validation: a default must not hide a missing key. */
final class Defaults {
    private Defaults() {}

    /** Fills in at and below this value. */
    static void fill(SchemaView schema, JsonNode value) {
        if (value instanceof ObjectNode object) {
            schema.properties().forEach((property, says) -> {
                JsonNode standard = schema.child(property).keyword("default");
                if (standard != null && !object.has(property)) {
                    object.set(property, converted(schema.child(property), standard));
                }
            });
        }
        schema.children(value, "", (child, below, at, replace) -> fill(child, below));
    }

    private static JsonNode converted(SchemaView schema, JsonNode standard) {
        JsonNode converted = Formats.converted(standard, schema.text("format"), schema.text("x-unit"));
        return schema.text("format").isEmpty() || converted == null ? standard.deepCopy() : converted;
    }
}
