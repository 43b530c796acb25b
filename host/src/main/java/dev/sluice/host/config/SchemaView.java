package dev.sluice.host.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a JSON Schema says of one value: the sub-schemas that apply to it, seen while stepping down a value and its
 * schema side by side. References are followed, and so are all branches of {@code anyOf} and its kin, since annotations
 * matter in each.
 */
final class SchemaView {
    private static final List<String> ALL = List.of("allOf");
    private static final List<String> CHOICES = List.of("anyOf", "oneOf");
    private static final List<String> CONDITIONAL = List.of("then", "else");

    private final JsonNode root;
    private final boolean choices;
    private final List<ObjectNode> schemas;

    private SchemaView(JsonNode root, boolean choices, List<ObjectNode> schemas) {
        this.root = root;
        this.choices = choices;
        this.schemas = schemas;
    }

    /** What the schema says of a whole document. */
    static SchemaView of(ObjectNode root) {
        return new SchemaView(root, true, List.of()).over(List.of(root));
    }

    /** As {@link #of}, without what holds only in one branch. */
    static SchemaView certain(ObjectNode root) {
        return new SchemaView(root, false, List.of()).over(List.of(root));
    }

    /** What it says of the value under that key, or under another spelling of that key. */
    SchemaView child(String key) {
        List<JsonNode> found = new ArrayList<>();
        for (ObjectNode schema : schemas) {
            JsonNode property = schema.path("properties").get(key);
            if (property == null) {
                property = byAlias(schema, key);
            }
            boolean matched = property != null;
            if (property != null) {
                found.add(property);
            }
            for (Map.Entry<String, JsonNode> pattern :
                    schema.path("patternProperties").properties()) {
                if (Pattern.compile(pattern.getKey()).matcher(key).find()) {
                    found.add(pattern.getValue());
                    matched = true;
                }
            }
            if (!matched && schema.has("additionalProperties")) {
                found.add(schema.get("additionalProperties"));
            }
        }
        return over(found);
    }

    /** What it says of the list's element there. */
    SchemaView element(int index) {
        List<JsonNode> found = new ArrayList<>();
        for (ObjectNode schema : schemas) {
            JsonNode prefix = schema.path("prefixItems").get(index);
            JsonNode item = prefix == null ? schema.get("items") : prefix;
            if (item != null) {
                found.add(item);
            }
        }
        return over(found);
    }

    /** The value of a keyword where any sub-schema has it. */
    @Nullable
    JsonNode keyword(String name) {
        for (ObjectNode schema : schemas) {
            if (schema.has(name)) {
                return schema.get(name);
            }
        }
        return null;
    }

    /** Whether a keyword is {@code true} in any sub-schema. */
    boolean is(String keyword) {
        return schemas.stream().anyMatch(schema -> schema.path(keyword).asBoolean());
    }

    /** The text of a keyword; empty if there is none. */
    String text(String keyword) {
        JsonNode value = keyword(keyword);
        return value == null ? "" : value.asText();
    }

    /** Whether nothing is said of the value. */
    boolean isSilent() {
        return schemas.isEmpty();
    }

    /** The properties it names, each with its first schema. */
    Map<String, ObjectNode> properties() {
        Map<String, ObjectNode> found = new LinkedHashMap<>();
        for (ObjectNode schema : schemas) {
            schema.path("properties").properties().forEach(property -> {
                if (property.getValue() instanceof ObjectNode object) {
                    found.putIfAbsent(property.getKey(), object);
                }
            });
        }
        return found;
    }

    /** Visits the values within this one, with what the schema says of each and its path. */
    void children(JsonNode value, String path, Visitor visitor) {
        if (value instanceof ObjectNode object) {
            for (String key : keys(object)) {
                visitor.visit(
                        child(key),
                        object.get(key),
                        path.isEmpty() ? key : path + '.' + key,
                        replaced -> object.set(key, replaced));
            }
        } else if (value instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                int index = i;
                visitor.visit(element(i), array.get(i), path + '[' + i + ']', replaced -> array.set(index, replaced));
            }
        }
    }

    /** Sees one value within another. */
    interface Visitor {

        /** The value, what is said of it, where it stands, and how to put another in its place. */
        void visit(SchemaView schema, JsonNode value, String path, Consumer<JsonNode> replace);
    }

    private static List<String> keys(ObjectNode object) {
        List<String> keys = new ArrayList<>();
        object.fieldNames().forEachRemaining(keys::add);
        return keys;
    }

    private static @Nullable JsonNode byAlias(ObjectNode schema, String key) {
        for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
            for (JsonNode alias : property.getValue().path("x-aliases")) {
                if (Aliases.name(alias).equals(key)) {
                    return property.getValue();
                }
            }
        }
        return null;
    }

    private SchemaView over(List<? extends JsonNode> found) {
        List<ObjectNode> all = new ArrayList<>();
        Set<ObjectNode> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        found.forEach(schema -> collect(schema, all, seen));
        return new SchemaView(root, choices, List.copyOf(all));
    }

    private void collect(JsonNode schema, List<ObjectNode> into, Set<ObjectNode> seen) {
        if (!(schema instanceof ObjectNode object) || !seen.add(object)) {
            return;
        }
        into.add(object);
        String reference = object.path("$ref").asText();
        if (reference.startsWith("#")) {
            collect(root.at(reference.substring(1)), into, seen);
        }
        ALL.forEach(keyword -> object.path(keyword).forEach(branch -> collect(branch, into, seen)));
        if (choices) {
            CHOICES.forEach(keyword -> object.path(keyword).forEach(branch -> collect(branch, into, seen)));
            CONDITIONAL.forEach(keyword -> collect(object.path(keyword), into, seen));
        }
    }
}
