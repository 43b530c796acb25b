package dev.sluice.plugins.prompttemplate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.Set;
import java.util.TreeSet;

/**
 * One template being filled in: each text of a copy of its tree, so that no value can break out of the text that it
 * stands in; and each once, so that what a value says is never taken for a placeholder.
 */
final class Filling {
    private static final String OPEN = "{{";
    private static final String CLOSE = "}}";

    private final JsonNode properties;
    private final Set<String> missing = new TreeSet<>();

    Filling(JsonNode properties) {
        this.properties = properties;
    }

    /** The placeholders so far for which there was no property. */
    Set<String> missing() {
        return missing;
    }

    /** A filled copy; what has no property stays as it is. */
    ObjectNode fill(ObjectNode template) {
        ObjectNode copy = template.deepCopy();
        inside(copy);
        return copy;
    }

    private void inside(JsonNode node) {
        if (node instanceof ObjectNode object) {
            object.properties().forEach(field -> field.setValue(filled(field.getValue())));
        } else if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                array.set(i, filled(array.get(i)));
            }
        }
    }

    private JsonNode filled(JsonNode node) {
        if (node.isTextual()) {
            return TextNode.valueOf(text(node.textValue()));
        }
        inside(node);
        return node;
    }

    private String text(String template) {
        StringBuilder out = new StringBuilder(template.length());
        int at = 0;
        for (int open = template.indexOf(OPEN); open >= 0; open = template.indexOf(OPEN, at)) {
            int close = template.indexOf(CLOSE, open);
            if (close < 0) {
                break;
            }
            // Of three braces in a row the inner two are the placeholder's.
            int inner = template.lastIndexOf(OPEN, close);
            String name = template.substring(inner + OPEN.length(), close).strip();
            JsonNode value = properties.get(name);
            out.append(template, at, inner);
            at = close + CLOSE.length();
            if (value == null || value.isNull()) {
                missing.add(name);
                out.append(template, inner, at);
            } else {
                out.append(value.isTextual() ? value.textValue() : value.toString());
            }
        }
        return out.append(template, at, template.length()).toString();
    }
}
