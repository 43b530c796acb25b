package dev.sluice.host.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.host.plugin.Descriptor;
import dev.sluice.host.plugin.InstalledFilter;
import dev.sluice.host.plugin.PluginCatalog;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * One JSON Schema of the whole file with every installed filter in it, for editors: what they complete is what is
 * installed, and what they underline is what {@link ConfigLoader} would report. Other spellings are in it as deprecated
 * properties.
 */
public final class ConfigSchema {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final String DEFINITIONS = "$defs";

    private ConfigSchema() {}

    /** The schema; the caller's to change. */
    public static ObjectNode of(PluginCatalog catalog) {
        ObjectNode schema = HostSchema.tree().deepCopy();
        ObjectNode definitions = (ObjectNode) schema.get(DEFINITIONS);
        ObjectNode provider = provider(definitions, catalog);
        definitions.set("filter", entry(definitions, catalog));
        ObjectNode properties = (ObjectNode) schema.get("properties");
        ((ObjectNode) properties.get("providers")).set("additionalProperties", reference("provider"));
        definitions.set("provider", provider);
        ((ObjectNode) properties.get("filters")).set("items", reference("filter"));
        ObjectNode route = (ObjectNode) properties.path("routes").path("items").path("properties");
        ((ObjectNode) route.get("filters")).set("items", reference("filter"));
        SchemaRewrite.close(schema);
        SchemaRewrite.each(schema, ConfigSchema::aliases);
        SchemaRewrite.each(schema, ConfigSchema::forEditors);
        return schema;
    }

    /** An entry of a filter list: a filter's name over its config, or the long form. */
    private static ObjectNode entry(ObjectNode definitions, PluginCatalog catalog) {
        ObjectNode entry = NODES.objectNode();
        entry.put("type", "object");
        entry.put("minProperties", 1);
        ObjectNode properties = entry.putObject("properties");
        ArrayNode conditions = NODES.arrayNode();
        Set<String> names = new TreeSet<>();
        for (String name : catalog.filterNames()) {
            InstalledFilter filter = catalog.find(name, null).orElseThrow();
            Descriptor descriptor = filter.descriptor();
            define(definitions, "filter-" + name, FilterSchemas.of(descriptor));
            ObjectNode config = NODES.objectNode();
            config.putArray("anyOf")
                    .add(reference("filter-" + name))
                    .add(NODES.objectNode().put("type", "null"));
            properties.set(name, config);
            names.add(name);
            for (String alias : descriptor.aliases()) {
                properties.set(alias, config.deepCopy().put("deprecated", true));
                names.add(alias);
            }
            conditions.add(condition(descriptor, name));
        }
        ArrayNode use = properties
                .putObject("use")
                .put("description", "The filter, where more than its config is given.")
                .putArray("enum");
        names.forEach(use::add);
        properties
                .putObject("version")
                .put("type", "string")
                .put("description", "An installed version, or its first parts.");
        properties.putObject("config").put("description", "The filter's config.");
        properties
                .putObject("onError")
                .put("description", "skip: an exception of the filter lets the exchange go on without it.")
                .put("default", "fail")
                .putArray("enum")
                .add("fail")
                .add("skip");
        if (!conditions.isEmpty()) {
            entry.set("allOf", conditions);
        }
        entry.put("additionalProperties", false);
        return entry;
    }

    private static ObjectNode condition(Descriptor descriptor, String name) {
        ObjectNode condition = NODES.objectNode();
        ObjectNode when = condition.putObject("if");
        when.putArray("required").add("use");
        ArrayNode names = when.putObject("properties").putObject("use").putArray("enum");
        names.add(name);
        descriptor.aliases().forEach(names::add);
        condition.putObject("then").putObject("properties").set("config", reference("filter-" + name));
        return condition;
    }

    /** A provider: the common fields, and those of the filter that declares its type. */
    private static ObjectNode provider(ObjectNode definitions, PluginCatalog catalog) {
        ObjectNode provider = (ObjectNode) definitions.get("provider");
        ArrayNode types = NODES.arrayNode();
        ArrayNode conditions = NODES.arrayNode();
        for (String name : catalog.filterNames()) {
            Descriptor descriptor = catalog.find(name, null).orElseThrow().descriptor();
            Map<String, Descriptor.ProviderType> declared = descriptor.providerTypes();
            if (!declared.isEmpty()) {
                ArrayNode own = NODES.arrayNode();
                TreeSet<String> names = new TreeSet<>();
                declared.values().stream().filter(type -> !type.unsupported()).forEach(type -> {
                    names.add(type.name());
                    names.addAll(type.aliases());
                });
                names.forEach(own::add);
                types.addAll(own);
                define(definitions, "provider-" + name, ProviderSchemas.of(descriptor));
                ObjectNode condition = NODES.objectNode();
                condition
                        .putObject("if")
                        .putObject("properties")
                        .putObject("type")
                        .set("enum", own);
                condition.set("then", reference("provider-" + name));
                conditions.add(condition);
            }
        }
        if (!types.isEmpty()) {
            ((ObjectNode) provider.path("properties").path("type")).set("enum", types);
            provider.set("allOf", conditions);
            // Each type's schema is closed over the common fields, too.
            provider.put("additionalProperties", true);
        }
        return provider;
    }

    /** Puts a schema of its own among the definitions; what it refers to moves with it. */
    private static void define(ObjectNode definitions, String name, ObjectNode schema) {
        ObjectNode moved = schema.deepCopy();
        moved.remove("$schema");
        moved.remove("$id");
        SchemaRewrite.each(moved, child -> {
            JsonNode reference = child.get("$ref");
            if (reference != null) {
                child.put(
                        "$ref",
                        "#/" + DEFINITIONS + "/" + name + reference.textValue().substring(1));
            }
        });
        definitions.set(name, moved);
    }

    private static ObjectNode reference(String definition) {
        return NODES.objectNode().put("$ref", "#/" + DEFINITIONS + "/" + definition);
    }

    /** Says in JSON Schema's own words what only this host understands. */
    private static void forEditors(ObjectNode schema) {
        format(schema);
        if (schema.path("x-provider").asBoolean()) {
            JsonNode description = schema.get("description");
            schema.removeAll();
            if (description != null) {
                schema.set("description", description);
            }
            ObjectNode inline = NODES.objectNode();
            inline.put("type", "object").put("description", "A provider inline; 'id' is its name.");
            schema.putArray("anyOf")
                    .add(NODES.objectNode().put("type", "string"))
                    .add(inline);
        }
        schema.properties().removeIf(field -> field.getKey().startsWith("x-"));
    }

    /** Adds other spellings as properties, each as good as the first where that is required. */
    private static void aliases(ObjectNode schema) {
        if (!(schema.get("properties") instanceof ObjectNode properties)) {
            return;
        }
        ObjectNode spelled = NODES.objectNode();
        properties.properties().forEach(property -> {
            JsonNode aliases = property.getValue().path("x-aliases");
            aliases.forEach(alias -> spelled.set(Aliases.name(alias), alias(property, alias)));
            if (!aliases.isEmpty()) {
                requireAny(schema, property.getKey(), aliases);
            }
        });
        properties.setAll(spelled);
    }

    private static ObjectNode alias(Map.Entry<String, JsonNode> property, JsonNode alias) {
        ObjectNode other = property.getValue().deepCopy();
        other.put("deprecated", true);
        other.put("description", "Another spelling of '" + property.getKey() + "'.");
        if (alias.has("unit")) {
            other.set("x-unit", alias.get("unit"));
        }
        return other;
    }

    private static void requireAny(ObjectNode schema, String property, JsonNode aliases) {
        ArrayNode left = NODES.arrayNode();
        schema.path("required").forEach(name -> {
            if (!name.asText().equals(property)) {
                left.add(name);
            }
        });
        if (left.size() == schema.path("required").size()) {
            return;
        }
        schema.set("required", left);
        ArrayNode any = schema.withArrayProperty("allOf").addObject().putArray("anyOf");
        any.addObject().putArray("required").add(property);
        aliases.forEach(alias -> any.addObject().putArray("required").add(Aliases.name(alias)));
    }

    private static void format(ObjectNode schema) {
        if (!Formats.isOurs(schema)) {
            return;
        }
        String format = schema.remove("format").asText();
        Consumer<String> pattern = text -> schema.put("type", "string").put("pattern", text);
        switch (format) {
            case "duration" -> {
                pattern.accept(Units.DURATION);
                if (schema.has("x-unit")) {
                    schema.set("type", NODES.arrayNode().add("string").add("integer"));
                }
            }
            case "size" -> pattern.accept(Units.SIZE);
            case "base-url" -> pattern.accept("^https?://[^?#@]+$");
            default -> schema.put("type", "string").put("format", "uri");
        }
    }
}
