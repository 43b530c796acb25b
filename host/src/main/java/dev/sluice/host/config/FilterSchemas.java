package dev.sluice.host.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.sluice.host.plugin.Descriptor;
import java.util.Map;

/**
 * The schemas of filters' configs, with what the host itself reads of them filled in: a property of the config that is
 * marked with {@code x-redis} holds a Redis of the filter's own.
 */
final class FilterSchemas {
    private static final String MARK = "x-redis";

    private static final class Loaded {
        static final ObjectNode REDIS = redis();
    }

    private FilterSchemas() {}

    /** The schema of the filter's config. */
    static ObjectNode of(Descriptor descriptor) {
        String redis = redisKey(descriptor);
        if (redis.isEmpty()) {
            return descriptor.schema();
        }
        ObjectNode schema = descriptor.schema().deepCopy();
        ObjectNode properties = (ObjectNode) schema.get("properties");
        ObjectNode block = Loaded.REDIS.deepCopy();
        JsonNode aliases = properties.path(redis).get("x-aliases");
        if (aliases != null) {
            block.set("x-aliases", aliases);
        }
        properties.set(redis, block);
        return schema;
    }

    /** The key under which the config holds a Redis of the filter's own; empty if it knows none. */
    static String redisKey(Descriptor descriptor) {
        for (Map.Entry<String, JsonNode> property :
                descriptor.schema().path("properties").properties()) {
            if (property.getValue().path(MARK).asBoolean()) {
                return property.getKey();
            }
        }
        return "";
    }

    /** As {@code state.redis}, and in Higress's spelling. */
    private static ObjectNode redis() {
        ObjectNode redis =
                HostSchema.tree().at("/properties/state/properties/redis").deepCopy();
        ObjectNode more = HostSchema.read("filter-redis.json");
        redis.remove("required");
        redis.set("description", more.get("description"));
        ObjectNode fields = (ObjectNode) redis.get("properties");
        alias(fields, "urls", "url");
        alias(fields, "user", "username");
        ObjectNode timeout = (ObjectNode) fields.get("timeout");
        timeout.put("x-unit", "ms");
        // In Higress's spelling it is another, so that it is left to whoever reads it.
        timeout.remove("default");
        fields.setAll((ObjectNode) more.get("properties"));
        return redis;
    }

    private static void alias(ObjectNode fields, String property, String alias) {
        ((ObjectNode) fields.get(property)).putArray("x-aliases").add(TextNode.valueOf(alias));
    }
}
