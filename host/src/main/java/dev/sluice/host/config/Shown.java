package dev.sluice.host.config;

import com.fasterxml.jackson.databind.JsonNode;

/** Values as messages show them. */
final class Shown {
    private static final int MAX_LENGTH = 40;

    private Shown() {}

    /** The value itself where it is short, else what kind it is. */
    static String value(JsonNode value) {
        if (value.isTextual()) {
            String text = value.textValue();
            return "'" + (text.length() > MAX_LENGTH ? text.substring(0, MAX_LENGTH) + "…" : text) + "'";
        }
        return value.isValueNode() && !value.isNull() ? value.asText() : kind(value);
    }

    /** What kind of value it is, in an operator's words. */
    static String kind(JsonNode value) {
        return switch (value.getNodeType()) {
            case ARRAY -> "a list";
            case OBJECT -> "a mapping";
            case BOOLEAN -> "true or false";
            case NUMBER -> "a number";
            case STRING -> "text";
            default -> "nothing";
        };
    }
}
