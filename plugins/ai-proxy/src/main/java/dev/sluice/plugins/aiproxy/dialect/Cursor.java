package dev.sluice.plugins.aiproxy.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A place in a client's request, which knows its path, so that what is wrong there is told by name.
 *
 * @param holder null: the root
 * @param field its name in the holder, where that is an object
 * @param index its number in the holder, where that is a list; else -1
 */
record Cursor(@Nullable Cursor holder, String field, int index, JsonNode node) {

    static Cursor of(JsonNode root) {
        Cursor cursor = new Cursor(null, "", -1, root);
        if (!root.isObject()) {
            throw cursor.malformed("is not a JSON object");
        }
        return cursor;
    }

    Cursor at(String field) {
        JsonNode child = node.path(field);
        return new Cursor(this, field, -1, child.isNull() ? MissingNode.getInstance() : child);
    }

    /** As in {@code messages[0].content}. */
    String path() {
        if (holder == null) {
            return "";
        }
        String before = holder.path();
        if (index >= 0) {
            return before + "[" + index + "]";
        }
        return before.isEmpty() ? field : before + "." + field;
    }

    /** The elements of a list; none if it is missing. */
    List<Cursor> elements() {
        if (!present()) {
            return List.of();
        }
        if (!node.isArray()) {
            throw malformed("must be a list, not " + kind());
        }
        List<Cursor> all = new ArrayList<>(node.size());
        for (int i = 0; i < node.size(); i++) {
            all.add(new Cursor(this, "", i, node.get(i)));
        }
        return all;
    }

    boolean present() {
        return !node.isMissingNode() && !node.isNull();
    }

    boolean isText() {
        return node.isTextual();
    }

    Cursor object() {
        if (!node.isObject()) {
            throw malformed(present() ? "must be an object, not " + kind() : "is missing");
        }
        return this;
    }

    String text() {
        String text = optionalText();
        if (text == null) {
            throw malformed("is missing");
        }
        return text;
    }

    /** Null if it is missing. */
    @Nullable
    String optionalText() {
        return check(JsonNode::isTextual, "a string") ? node.textValue() : null;
    }

    @Nullable
    Boolean optionalFlag() {
        return check(JsonNode::isBoolean, "true or false") ? (Boolean) node.booleanValue() : null;
    }

    boolean flag() {
        return Boolean.TRUE.equals(optionalFlag());
    }

    @Nullable
    Double optionalNumber() {
        return check(JsonNode::isNumber, "a number") ? (Double) node.doubleValue() : null;
    }

    @Nullable
    Long optionalCount() {
        return check(n -> n.isIntegralNumber() && n.canConvertToLong() && n.longValue() > 0, "a whole number above 0")
                ? (Long) node.longValue()
                : null;
    }

    @Nullable
    ObjectNode optionalObject() {
        return check(JsonNode::isObject, "an object") ? (ObjectNode) node : null;
    }

    private boolean check(Predicate<JsonNode> test, String expected) {
        if (present() && !test.test(node)) {
            throw malformed("must be " + expected + ", not " + kind());
        }
        return present();
    }

    List<String> texts() {
        List<Cursor> elements = elements();
        return elements.isEmpty()
                ? List.of()
                : elements.stream().map(Cursor::text).toList();
    }

    /** The names of the fields that say something. */
    List<String> fields() {
        List<String> names = new ArrayList<>();
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            if (!field.getValue().isNull()) {
                names.add(field.getKey());
            }
        }
        return names;
    }

    private String kind() {
        return node.isNumber() || node.isBoolean()
                ? node.toString()
                : node.isNull()
                        ? "null"
                        : "of type " + node.getNodeType().name().toLowerCase(Locale.ROOT);
    }

    RequestException malformed(String problem) {
        return RequestException.malformed(path(), problem);
    }

    RequestException unsupported(String problem) {
        return RequestException.unsupported(path(), problem);
    }
}
