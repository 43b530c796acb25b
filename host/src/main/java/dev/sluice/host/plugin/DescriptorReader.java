package dev.sluice.host.plugin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Error;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.sluice.host.plugin.Descriptor.ProviderType;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Reads what filters say of themselves in {@code META-INF/sluice/<filter>.json}. */
final class DescriptorReader {
    private static final String META_SCHEMA = "https://json-schema.org/draft/2020-12/schema";
    private static final Set<String> KEYS = Set.of(
            "schema",
            "aliases",
            "before",
            "after",
            "requires",
            "picksTarget",
            "mediaTypes",
            "providerTypes",
            "providerAddresses",
            "providerSchema");

    /** What a type has under {@code data} is its filter's own matter. */
    private static final Set<String> TYPE_KEYS =
            Set.of("baseUrl", "builtIn", "addresses", "aliases", "unsupported", "data");

    /** Reads a resource of the jar; null if it has none of that name. */
    interface Resources {
        byte @Nullable [] read(String file) throws RefusedException;
    }

    private static final ObjectReader JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build()
            .readerFor(JsonNode.class);

    private final SchemaRegistry registry = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

    /** The place of a filter's descriptor in its jar. */
    static String resource(String filter) {
        return "META-INF/sluice/" + filter + ".json";
    }

    /** The descriptor of a filter whose config is empty, so that there is nothing to say. */
    static Descriptor empty(String filter) {
        ObjectNode schema = JsonNodeFactory.instance.objectNode();
        schema.put("type", "object");
        schema.putObject("properties");
        schema.put("additionalProperties", false);
        return new Descriptor(
                filter, schema, List.of(), List.of(), List.of(), List.of(), false, List.of(), Map.of(), List.of(),
                null);
    }

    /** The descriptor in that file. */
    Descriptor read(String filter, byte[] json, Resources resources) throws RefusedException {
        String file = resource(filter);
        if (!(parse(file, json) instanceof ObjectNode tree)) {
            throw new RefusedException("its " + file + " is not a JSON object");
        }
        for (String key : keys(tree)) {
            if (!KEYS.contains(key)) {
                throw new RefusedException("its " + file + " has the unknown key '" + key + "': known are "
                        + String.join(", ", KEYS.stream().sorted().toList()));
            }
        }
        if (tree.get("schema") == null) {
            throw new RefusedException("its " + file + " has no 'schema': describe the filter's config in it");
        }
        return new Descriptor(
                filter,
                schema(tree.get("schema"), file, "schema"),
                texts(tree, "aliases", file),
                texts(tree, "before", file),
                texts(tree, "after", file),
                texts(tree, "requires", file),
                flag(tree, "picksTarget", file),
                texts(tree, "mediaTypes", file),
                declaredTypes(tree.get("providerTypes"), file, resources),
                texts(tree, "providerAddresses", file),
                tree.has("providerSchema") ? schema(tree.get("providerSchema"), file, "providerSchema") : null);
    }

    private static JsonNode parse(String file, byte[] json) throws RefusedException {
        try {
            JsonNode tree = JSON.readTree(json);
            return tree == null ? JsonNodeFactory.instance.missingNode() : tree;
        } catch (JsonProcessingException e) {
            throw new RefusedException(
                    "its " + file + " is not JSON: line " + e.getLocation().getLineNr() + ": " + e.getOriginalMessage(),
                    e);
        } catch (IOException e) {
            throw new RefusedException("its " + file + " cannot be read: " + e.getMessage(), e);
        }
    }

    private ObjectNode schema(JsonNode node, String file, String key) throws RefusedException {
        if (!(node instanceof ObjectNode schema)) {
            throw new RefusedException("its " + file + ": '" + key + "' is not an object");
        }
        List<Error> errors = registry.getSchema(SchemaLocation.of(META_SCHEMA)).validate(schema);
        if (!errors.isEmpty()) {
            throw new RefusedException("its " + file + ": '" + key + "' is not a JSON Schema: "
                    + errors.get(0).getInstanceLocation() + " " + errors.get(0).getMessage());
        }
        String outside = reference(schema, schema);
        if (outside != null) {
            throw new RefusedException("its " + file + ": '" + key + "' refers to '" + outside
                    + "', which is not in it: copy it under $defs");
        }
        String alias = badAlias(schema);
        if (alias != null) {
            throw new RefusedException("its " + file + ": '" + key + "' has the x-aliases entry " + alias
                    + ": write a name, or {\"name\": …, \"unit\": \"s\" or \"ms\"}");
        }
        return schema;
    }

    /** A reference that leads nowhere within the schema, or null. */
    private static @Nullable String reference(JsonNode node, ObjectNode root) {
        JsonNode reference = node.get("$ref");
        if (reference != null && reference.isTextual()) {
            String text = reference.textValue();
            boolean local = text.equals("#") || text.startsWith("#/");
            if (!local || root.at(text.substring(1)).isMissingNode()) {
                return text;
            }
        }
        for (JsonNode child : node) {
            String found = reference(child, root);
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    private static @Nullable String badAlias(JsonNode node) {
        JsonNode aliases = node.get("x-aliases");
        if (aliases != null && aliases.isArray()) {
            for (JsonNode alias : aliases) {
                boolean named = alias.isTextual() || alias.path("name").isTextual();
                String unit = alias.path("unit").asText("s");
                if (!named || !(unit.equals("s") || unit.equals("ms"))) {
                    return alias.toString();
                }
            }
        }
        for (JsonNode child : node) {
            String found = badAlias(child);
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    /** Types stand in the descriptor itself, or in a file beside it that the filter reads, too. */
    private static Map<String, ProviderType> declaredTypes(@Nullable JsonNode node, String file, Resources resources)
            throws RefusedException {
        if (node == null || !node.isTextual()) {
            return node == null ? Map.of() : providerTypes(node, file);
        }
        String table = "META-INF/sluice/" + node.textValue();
        byte[] json = resources.read(table);
        if (json == null) {
            throw new RefusedException("its " + file + ": 'providerTypes' names " + table + ", which it does not have");
        }
        return providerTypes(parse(table, json), table);
    }

    private static Map<String, ProviderType> providerTypes(JsonNode node, String file) throws RefusedException {
        Map<String, ProviderType> types = new LinkedHashMap<>();
        for (String name : keys(expect(node, JsonNode::isObject, file, "providerTypes", "an object"))) {
            String where = "providerTypes." + name;
            JsonNode type = expect(node.get(name), JsonNode::isObject, file, where, "an object");
            for (String key : keys(type)) {
                if (!TYPE_KEYS.contains(key)) {
                    throw new RefusedException("its " + file + ": '" + where + "' has the unknown key '" + key
                            + "': known are "
                            + String.join(", ", TYPE_KEYS.stream().sorted().toList()));
                }
            }
            types.put(
                    name,
                    new ProviderType(
                            name,
                            baseUrl(type, where, file),
                            flag(type, "builtIn", file),
                            texts(type, "addresses", file),
                            texts(type, "aliases", file),
                            flag(type, "unsupported", file)));
        }
        return Map.copyOf(types);
    }

    private static @Nullable String baseUrl(JsonNode type, String where, String file) throws RefusedException {
        JsonNode node = type.get("baseUrl");
        return node == null
                ? null
                : expect(node, DescriptorReader::isUrl, file, where + ".baseUrl", "an http or https URL")
                        .textValue();
    }

    private static boolean isUrl(JsonNode node) {
        try {
            URI uri = new URI(node.asText());
            return node.isTextual()
                    && uri.getHost() != null
                    && (uri.getScheme().equals("https") || uri.getScheme().equals("http"));
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private static List<String> texts(JsonNode tree, String key, String file) throws RefusedException {
        JsonNode node = tree.get(key);
        if (node == null) {
            return List.of();
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode text : expect(node, ArrayNode.class::isInstance, file, key, "a list")) {
            texts.add(expect(text, JsonNode::isTextual, file, key, "a list of names")
                    .textValue());
        }
        return List.copyOf(texts);
    }

    private static boolean flag(JsonNode tree, String key, String file) throws RefusedException {
        JsonNode node = tree.get(key);
        return node != null
                && expect(node, JsonNode::isBoolean, file, key, "true or false").booleanValue();
    }

    private static JsonNode expect(JsonNode node, Predicate<JsonNode> is, String file, String key, String what)
            throws RefusedException {
        if (!is.test(node)) {
            throw new RefusedException("its " + file + ": '" + key + "' is not " + what);
        }
        return node;
    }

    private static List<String> keys(JsonNode object) {
        List<String> keys = new ArrayList<>();
        object.fieldNames().forEachRemaining(keys::add);
        return keys;
    }
}
