package dev.sluice.api.llm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Content that is a string in one request and an array of parts in the next, read and edited alike. */
final class Content {

    private Content() {}

    /** The text of one part; null if it is not a text part. */
    static @Nullable String partText(JsonNode part) {
        if (part.isTextual()) {
            return part.textValue();
        }
        JsonNode text = part.path("text");
        JsonNode type = part.path("type");
        boolean isText = type.isMissingNode()
                || "text".equals(type.textValue())
                || "input_text".equals(type.textValue())
                || "output_text".equals(type.textValue());
        return isText && text.isTextual() ? text.textValue() : null;
    }

    /** All text of a string or of an array's text parts; empty if there is none. */
    static String text(JsonNode content, String separator) {
        if (content.isTextual()) {
            return content.textValue();
        }
        if (!content.isArray()) {
            return "";
        }
        StringBuilder all = new StringBuilder();
        boolean first = true;
        for (JsonNode part : content) {
            String text = partText(part);
            if (text != null) {
                all.append(first ? "" : separator).append(text);
                first = false;
            }
        }
        return all.toString();
    }

    static boolean hasText(JsonNode content) {
        if (content.isTextual()) {
            return true;
        }
        if (content.isArray()) {
            for (JsonNode part : content) {
                if (partText(part) != null) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Puts text behind what is there: into the string, or as a part of its own. */
    static void append(ObjectNode holder, String field, String separator, String text) {
        JsonNode content = holder.path(field);
        if (content instanceof ArrayNode parts) {
            parts.addObject().put("type", "text").put("text", text);
        } else if (content.isTextual() && !content.textValue().isEmpty()) {
            holder.put(field, content.textValue() + separator + text);
        } else {
            holder.put(field, text);
        }
    }

    /** Puts text before what is there: into the string, or as a part of its own. */
    static void prepend(ObjectNode holder, String field, String separator, String text) {
        JsonNode content = holder.path(field);
        if (content instanceof ArrayNode parts) {
            parts.insertObject(0).put("type", "text").put("text", text);
        } else if (content.isTextual() && !content.textValue().isEmpty()) {
            holder.put(field, text + separator + content.textValue());
        } else {
            holder.put(field, text);
        }
    }

    /** Continues the last text without a seam: a model's own words must not fall into two parts. */
    static void continueText(ObjectNode holder, String field, String text) {
        JsonNode content = holder.path(field);
        if (content instanceof ArrayNode parts
                && !parts.isEmpty()
                && parts.get(parts.size() - 1) instanceof ObjectNode last
                && partText(last) != null) {
            last.put("text", last.path("text").textValue() + text);
        } else {
            append(holder, field, "", text);
        }
    }

    /** Puts one text in the place of all text there is; parts that are not text stay where they are. */
    static void replace(ObjectNode holder, String field, String text) {
        if (!(holder.path(field) instanceof ArrayNode parts)) {
            holder.put(field, text);
            return;
        }
        boolean placed = false;
        for (int i = 0; i < parts.size(); i++) {
            if (partText(parts.get(i)) == null) {
                continue;
            }
            if (placed) {
                parts.remove(i--);
            } else {
                setPart(parts, i, text);
                placed = true;
            }
        }
    }

    /** Applies the function to each text; returns whether any changed. */
    static boolean rewrite(ObjectNode holder, String field, UnaryOperator<String> fn) {
        JsonNode content = holder.path(field);
        if (content.isTextual()) {
            String now = fn.apply(content.textValue());
            if (!now.equals(content.textValue())) {
                holder.put(field, now);
                return true;
            }
            return false;
        }
        boolean changed = false;
        if (content instanceof ArrayNode parts) {
            for (int i = 0; i < parts.size(); i++) {
                String before = partText(parts.get(i));
                String now = before == null ? null : fn.apply(before);
                if (now != null && !now.equals(before)) {
                    setPart(parts, i, now);
                    changed = true;
                }
            }
        }
        return changed;
    }

    private static void setPart(ArrayNode parts, int index, String text) {
        if (parts.get(index) instanceof ObjectNode part) {
            part.put("text", text);
        } else {
            parts.set(index, TextNode.valueOf(text));
        }
    }
}
