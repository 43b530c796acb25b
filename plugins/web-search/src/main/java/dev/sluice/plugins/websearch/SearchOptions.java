package dev.sluice.plugins.websearch;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.plugins.websearch.engine.Location;
import java.util.Locale;
import java.util.regex.Pattern;

/** What one request says of its search: {@code web_search_options} as OpenAI defines them. */
record SearchOptions(Size size, Location location) {
    static final SearchOptions NONE = new SearchOptions(Size.UNSAID, Location.NONE);
    private static final Pattern COUNTRY = Pattern.compile("[A-Za-z]{2}");
    private static final int MAX_LENGTH = 100;

    /** {@code search_context_size}: how many queries are made, and how much of the budget is used. */
    enum Size {
        UNSAID(0, 1),
        LOW(1, 2),
        MEDIUM(3, 1),
        HIGH(5, 1);

        private final int queries;
        private final int divisor;

        Size(int queries, int divisor) {
            this.queries = queries;
            this.divisor = divisor;
        }

        int queries(int otherwise) {
            return queries == 0 ? otherwise : queries;
        }

        int tokens(int budget) {
            return budget / divisor;
        }
    }

    /**
     * Reads them.
     *
     * @throws IllegalArgumentException with a message for the caller, if they make no sense
     */
    static SearchOptions of(JsonNode tree) {
        if (!tree.isObject()) {
            throw new IllegalArgumentException("web_search_options must be an object");
        }
        return new SearchOptions(size(tree.path("search_context_size")), location(tree.path("user_location")));
    }

    private static Size size(JsonNode value) {
        if (value.isMissingNode() || value.isNull()) {
            return Size.UNSAID;
        }
        return switch (value.asText()) {
            case "low" -> Size.LOW;
            case "medium" -> Size.MEDIUM;
            case "high" -> Size.HIGH;
            default ->
                throw new IllegalArgumentException(
                        "web_search_options.search_context_size must be low, medium or high");
        };
    }

    private static Location location(JsonNode value) {
        if (value.isMissingNode() || value.isNull()) {
            return Location.NONE;
        }
        JsonNode approximate = value.path("approximate");
        if (!"approximate".equals(value.path("type").textValue()) || !approximate.isObject()) {
            throw new IllegalArgumentException(
                    "web_search_options.user_location must have the type 'approximate' and an object of that name");
        }
        String country = text(approximate, "country");
        if (!country.isEmpty() && !COUNTRY.matcher(country).matches()) {
            throw new IllegalArgumentException(
                    "web_search_options.user_location.approximate.country must be a country's two letters");
        }
        return new Location(
                country.toUpperCase(Locale.ROOT),
                text(approximate, "region"),
                text(approximate, "city"),
                text(approximate, "timezone"));
    }

    private static String text(JsonNode node, String field) {
        JsonNode value = node.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return "";
        }
        if (!value.isTextual() || value.textValue().length() > MAX_LENGTH) {
            throw new IllegalArgumentException("web_search_options.user_location.approximate." + field
                    + " must be a text of at most " + MAX_LENGTH + " characters");
        }
        return value.textValue();
    }
}
