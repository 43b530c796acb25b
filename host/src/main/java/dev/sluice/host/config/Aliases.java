package dev.sluice.host.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;

/**
 * Renames keys from their other spellings, which a property lists under {@code x-aliases}: a name, or
 * <code>{"name": …, "unit": "ms"}</code> for one whose bare number is in that unit.
 */
final class Aliases {
    private final Places places;
    private final List<Problem> problems;

    Aliases(Places places, List<Problem> problems) {
        this.places = places;
        this.problems = problems;
    }

    /** The name of an entry of {@code x-aliases}. */
    static String name(JsonNode alias) {
        return alias.isTextual() ? alias.textValue() : alias.path("name").asText();
    }

    /** Renames at and below this value; it keeps its place in the file. */
    void resolve(SchemaView schema, JsonNode value, String path) {
        if (value instanceof ObjectNode object) {
            schema.properties()
                    .forEach((property, says) ->
                            says.path("x-aliases").forEach(alias -> rename(object, alias, property, path)));
        }
        schema.children(value, path, (child, below, at, replace) -> resolve(child, below, at));
    }

    private void rename(ObjectNode object, JsonNode alias, String property, String path) {
        String name = name(alias);
        JsonNode value = object.get(name);
        if (value == null) {
            return;
        }
        String from = path + '.' + name;
        if (object.has(property)) {
            problems.add(
                    places.keyProblem(from, "another spelling of '" + property + "', which is given too: keep one"));
            object.remove(name);
            return;
        }
        object.remove(name);
        object.set(property, inUnit(value, alias.path("unit").asText()));
        places.rename(from, path + '.' + property);
    }

    private static JsonNode inUnit(JsonNode value, String unit) {
        boolean bare = value.isIntegralNumber() || value.asText().matches("[0-9]+");
        return bare && !unit.isEmpty() ? TextNode.valueOf(value.asText() + unit) : value;
    }
}
