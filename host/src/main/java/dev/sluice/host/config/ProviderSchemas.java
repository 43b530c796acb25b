package dev.sluice.host.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.host.plugin.Descriptor;

/** The schema of a provider: the host's common fields, and those of the filter that declares its type. */
final class ProviderSchemas {
    private ProviderSchemas() {}

    /** The common fields alone; further ones are let through. */
    static ObjectNode common() {
        ObjectNode schema = HostSchema.tree().path("$defs").path("provider").deepCopy();
        schema.put("additionalProperties", true);
        JsonNode timeouts = HostSchema.tree().path("$defs").path("timeouts");
        ((ObjectNode) schema.get("properties")).set("timeouts", timeouts.deepCopy());
        return schema;
    }

    /** The common fields and the descriptor's; where both have one, the host's holds. */
    static ObjectNode of(Descriptor descriptor) {
        ObjectNode common = common();
        common.remove("additionalProperties");
        ObjectNode own = descriptor.providerSchema();
        if (own == null) {
            return common;
        }
        ObjectNode schema = own.deepCopy();
        schema.withObjectProperty("properties").setAll((ObjectNode) common.get("properties"));
        ArrayNode required = JsonNodeFactory.instance.arrayNode().add("type");
        own.path("required").forEach(required::add);
        schema.set("required", required);
        return schema;
    }
}
