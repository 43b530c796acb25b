package dev.sluice.plugins.aistatistics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.List;

/**
 * A dotted path into JSON, in GJSON's spelling: names, indices, {@code #} for the length or for each element,
 * {@code @reverse}, {@code @this}; a backslash before a dot that belongs to a name. Immutable.
 */
final class JsonPath {
    private static final String EACH = "#";
    private static final String REVERSE = "@reverse";
    private static final String THIS = "@this";

    private final List<Step> steps;

    /** A name taken literally, or not. */
    private record Step(String text, boolean literal) {
        boolean is(String word) {
            return !literal && text.equals(word);
        }
    }

    private JsonPath(List<Step> steps) {
        this.steps = steps;
    }

    /**
     * Reads a path.
     *
     * @throws IllegalArgumentException if it is empty or uses what is not known here; the message says what
     */
    static JsonPath of(String path) {
        List<Step> steps = new ArrayList<>();
        StringBuilder name = new StringBuilder();
        boolean literal = false;
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c == '\\' && i + 1 < path.length()) {
                name.append(path.charAt(++i));
                literal = true;
            } else if (c == '.' || c == '|') {
                steps.add(step(name, literal, path));
                name.setLength(0);
                literal = false;
            } else {
                name.append(c);
            }
        }
        steps.add(step(name, literal, path));
        return new JsonPath(List.copyOf(steps));
    }

    private static Step step(StringBuilder name, boolean literal, String path) {
        String text = name.toString();
        if (text.isEmpty()) {
            throw new IllegalArgumentException("the path '" + path + "' has an empty step");
        }
        boolean special = text.startsWith("@") || text.startsWith(EACH) || text.contains("*") || text.contains("?");
        boolean known = text.equals(EACH) || text.equals(REVERSE) || text.equals(THIS);
        if (!literal && special && !known) {
            throw new IllegalArgumentException(
                    "the path '" + path + "' has the step '" + text
                            + "': known are names, indices, '#', '@reverse' and '@this'; a backslash makes a name of any of them");
        }
        return new Step(text, literal);
    }

    /** What is there; a missing node if nothing is. */
    JsonNode in(JsonNode tree) {
        return in(tree, 0);
    }

    private JsonNode in(JsonNode tree, int from) {
        JsonNode at = tree;
        for (int i = from; i < steps.size(); i++) {
            Step step = steps.get(i);
            if (step.is(EACH)) {
                return i + 1 == steps.size() ? length(at) : each(at, i + 1);
            }
            at = step(at, step);
        }
        return at;
    }

    private static JsonNode step(JsonNode at, Step step) {
        if (step.is(THIS)) {
            return at;
        }
        if (step.is(REVERSE)) {
            return at.isArray() ? reversed(at) : at;
        }
        if (at.isArray()) {
            return isIndex(step.text) ? at.path(Integer.parseInt(step.text)) : MissingNode.getInstance();
        }
        return at.path(step.text);
    }

    private static boolean isIndex(String text) {
        return text.length() < 10 && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    private static JsonNode length(JsonNode at) {
        return at.isArray() ? IntNode.valueOf(at.size()) : MissingNode.getInstance();
    }

    private JsonNode each(JsonNode at, int next) {
        if (!at.isArray()) {
            return MissingNode.getInstance();
        }
        ArrayNode all = JsonNodeFactory.instance.arrayNode();
        for (JsonNode element : at) {
            JsonNode found = in(element, next);
            if (!found.isMissingNode()) {
                all.add(found);
            }
        }
        return all;
    }

    private static JsonNode reversed(JsonNode at) {
        ArrayNode all = JsonNodeFactory.instance.arrayNode(at.size());
        for (int i = at.size() - 1; i >= 0; i--) {
            all.add(at.get(i));
        }
        return all;
    }
}
