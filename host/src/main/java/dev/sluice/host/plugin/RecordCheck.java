package dev.sluice.host.plugin;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.type.TypeFactory;
import com.fasterxml.jackson.databind.util.LRUMap;
import com.fasterxml.jackson.databind.util.LookupCache;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Compares a filter's config record with its schema: what the schema accepts the record must take, and what the record
 * takes the schema must describe, or a setting is lost without a word.
 */
final class RecordCheck {
    private static final int TYPES = 200;
    private static final String REDIS = "x-redis";

    private final ObjectNode root;
    private final String file;
    // A mapper and its type factory hold on to the classes they have seen: those shared by all would keep the plugin's.
    private final JsonMapper mapper = JsonMapper.builder()
            .typeFactory(TypeFactory.defaultInstance()
                    .withCache((LookupCache<Object, JavaType>) new LRUMap<Object, JavaType>(TYPES, TYPES)))
            .build();
    private final Set<String> seen = new HashSet<>();

    private RecordCheck(ObjectNode root, String file) {
        this.root = root;
        this.file = file;
    }

    /** Refuses the pair if they disagree. */
    static void check(Class<? extends Record> type, ObjectNode schema, String file) throws RefusedException {
        RecordCheck check = new RecordCheck(schema, file);
        check.redis(type);
        check.record(check.mapper.constructType(type), List.of(schema), "");
    }

    /** The host reads one, of which the record has the address. */
    private void redis(Class<? extends Record> type) throws RefusedException {
        List<String> marked = new ArrayList<>();
        for (Map.Entry<String, JsonNode> property : root.path("properties").properties()) {
            if (property.getValue().has(REDIS)) {
                marked.add(property.getKey());
            }
        }
        if (root.findParents(REDIS).size() > Math.min(1, marked.size())) {
            throw new RefusedException("its " + file
                    + " marks more than one property with x-redis, or one that is not top-level: the host reads one");
        }
        for (RecordComponent component : type.getRecordComponents()) {
            if (marked.contains(component.getName()) && component.getType() != String.class) {
                throw new RefusedException("its " + file + " marks '" + component.getName()
                        + "' with x-redis, which the record " + type.getSimpleName()
                        + " has as something else than text: make it a String, for the address");
            }
        }
    }

    private void record(JavaType type, List<JsonNode> schemas, String path) throws RefusedException {
        if (!seen.add(type.toCanonical() + " " + path) || path.length() > 500) {
            return;
        }
        Map<String, List<JsonNode>> described = new LinkedHashMap<>();
        for (JsonNode schema : resolved(schemas)) {
            schema.path("properties")
                    .properties()
                    .forEach(property -> described
                            .computeIfAbsent(property.getKey(), key -> new ArrayList<>())
                            .add(property.getValue()));
        }
        String name = type.getRawClass().getSimpleName();
        Map<String, JavaType> components = components(type);
        for (String key : described.keySet()) {
            if (!components.containsKey(key)) {
                throw new RefusedException("its " + file + " describes '" + path + key + "', which the record " + name
                        + " has no component for: add it, or remove it from the schema");
            }
        }
        for (Map.Entry<String, JavaType> component : components.entrySet()) {
            List<JsonNode> says = described.get(component.getKey());
            if (says == null) {
                throw new RefusedException("its " + file + " does not describe '" + path + component.getKey()
                        + "', a component of the record " + name + ": add it to the schema's properties");
            }
            value(component.getValue(), says, path + component.getKey());
        }
    }

    private void value(JavaType type, List<JsonNode> schemas, String path) throws RefusedException {
        if (type.hasRawClass(Duration.class)) {
            boolean marked = resolved(schemas).stream()
                    .anyMatch(schema -> schema.path("format").asText().equals("duration"));
            if (!marked) {
                throw new RefusedException("its " + file + " does not say that '" + path
                        + "' is a duration: add \"format\": \"duration\"");
            }
        } else if (type.isRecordType()) {
            record(type, schemas, path + ".");
        } else if (type.isMapLikeType()) {
            value(type.getContentType(), below(schemas, "additionalProperties"), path + ".*");
        } else if (type.isCollectionLikeType() || type.isArrayType()) {
            value(type.getContentType(), below(schemas, "items"), path + "[]");
        }
    }

    private List<JsonNode> below(List<JsonNode> schemas, String keyword) {
        return resolved(schemas).stream()
                .map(schema -> schema.path(keyword))
                .filter(JsonNode::isObject)
                .toList();
    }

    private Map<String, JavaType> components(JavaType type) {
        Map<String, JavaType> components = new LinkedHashMap<>();
        for (BeanPropertyDefinition property :
                mapper.getDeserializationConfig().introspect(type).findProperties()) {
            components.put(property.getName(), property.getPrimaryType());
        }
        return components;
    }

    /** The schemas themselves, and those they refer to or are composed of. */
    private List<JsonNode> resolved(List<JsonNode> schemas) {
        List<JsonNode> found = new ArrayList<>();
        Set<JsonNode> known = Collections.newSetFromMap(new IdentityHashMap<>());
        schemas.forEach(schema -> resolve(schema, found, known));
        return found;
    }

    private void resolve(JsonNode schema, List<JsonNode> into, Set<JsonNode> known) {
        if (!schema.isObject() || !known.add(schema)) {
            return;
        }
        into.add(schema);
        String reference = schema.path("$ref").asText();
        if (!reference.isEmpty()) {
            resolve(root.at(reference.substring(1)), into, known);
        }
        for (String keyword : List.of("allOf", "anyOf", "oneOf")) {
            schema.path(keyword).forEach(branch -> resolve(branch, into, known));
        }
        for (String keyword : List.of("then", "else")) {
            resolve(schema.path(keyword), into, known);
        }
    }
}
