package dev.sluice.host.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The formats of values that JSON Schema has no types for, as a schema names them in {@code format}: {@code duration}
 * ({@code 5s}; a bare number only beside {@code x-unit}), {@code size} ({@code 32MiB}), {@code uri} and {@code base-url}
 * (of http or https, to which paths are appended).
 *
 * <p>A duration stays text with a unit, a size becomes its number of bytes.
 */
final class Formats {
    private static final Set<String> OURS = Set.of("duration", "size", "uri", "base-url");
    private static final int MAX_PORT = 65535;

    private final Places places;
    private final List<Problem> problems;

    Formats(Places places, List<Problem> problems) {
        this.places = places;
        this.problems = problems;
    }

    /** Whether a schema's values are checked here, and not by its other keywords. */
    static boolean isOurs(ObjectNode schema) {
        return OURS.contains(schema.path("format").asText());
    }

    /** Checks and rewrites every value of such a format at and below this one. */
    void check(SchemaView schema, JsonNode value, String path) {
        schema.children(value, path, (child, below, at, replace) -> {
            String format = child.text("format");
            if (OURS.contains(format) && below.isValueNode()) {
                one(child, format, below, at, replace);
            } else if (OURS.contains(format)) {
                problems.add(places.problem(at, "expected " + expected(child, format) + ", got " + Shown.kind(below)));
            } else {
                check(child, below, at);
            }
        });
    }

    private void one(SchemaView schema, String format, JsonNode value, String path, Consumer<JsonNode> replace) {
        // What came out of a placeholder is text, also where it reads as a number.
        boolean typed = value.isTextual() && places.written(path) != null;
        JsonNode given = typed ? YamlFile.typed(value.textValue()) : value;
        JsonNode converted = converted(given, format, schema.text("x-unit"));
        if (converted == null) {
            problems.add(places.problem(
                    path, "expected " + expected(schema, format) + ", got " + got(schema, value, path, places)));
        } else if (schema.is("x-positive") && isZero(converted)) {
            problems.add(places.problem(path, "must be more than zero"));
        } else if (isOver(converted, schema.text("x-maximum"))) {
            problems.add(places.problem(path, "must be at most " + schema.text("x-maximum")));
        } else {
            replace.accept(converted);
        }
    }

    /** The value as it is kept; null if it is not of that format. */
    static @Nullable JsonNode converted(JsonNode value, String format, String unit) {
        if (format.equals("duration")) {
            boolean bare = !unit.isEmpty() && value.isIntegralNumber();
            String text = bare ? value.asText() + unit : value.isTextual() ? value.textValue() : "";
            return Units.duration(text) == null ? null : TextNode.valueOf(text);
        }
        if (!value.isTextual()) {
            return null;
        }
        if (format.equals("size")) {
            OptionalLong size = Units.size(value.textValue());
            return size.isEmpty() ? null : JsonNodeFactory.instance.numberNode(size.getAsLong());
        }
        Optional<URI> uri = uri(value.textValue());
        boolean accepted = uri.isPresent() && (format.equals("uri") || isBase(uri.get()));
        return accepted ? value : null;
    }

    private static boolean isZero(JsonNode converted) {
        if (converted.isTextual()) {
            Duration duration = Units.duration(converted.textValue());
            return duration != null && duration.isZero();
        }
        return converted.longValue() == 0;
    }

    private static boolean isOver(JsonNode size, String maximum) {
        OptionalLong most = Units.size(maximum);
        return most.isPresent() && size.longValue() > most.getAsLong();
    }

    /** The absolute URI with a host that the text is; empty if it is none. */
    static Optional<URI> uri(String text) {
        try {
            URI uri = new URI(text);
            boolean whole = uri.isAbsolute() && uri.getHost() != null && uri.getPort() <= MAX_PORT;
            return whole ? Optional.of(uri) : Optional.empty();
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }

    /** Something that paths are appended to. */
    private static boolean isBase(URI uri) {
        boolean http =
                uri.getScheme().equalsIgnoreCase("http") || uri.getScheme().equalsIgnoreCase("https");
        return http && uri.getRawQuery() == null && uri.getRawFragment() == null && uri.getRawUserInfo() == null;
    }

    private static String expected(SchemaView schema, String format) {
        String expected = schema.text("x-expected");
        if (!expected.isEmpty()) {
            return expected;
        }
        return switch (format) {
            case "duration" ->
                schema.text("x-unit").isEmpty()
                        ? "a duration like 5s"
                        : "a duration like 5s, or a number of "
                                + (schema.text("x-unit").equals("s") ? "seconds" : "milliseconds");
            case "size" -> "a size like 32MiB";
            case "base-url" -> "a URL like http://127.0.0.1:8000, without query or user";
            default -> "a URL like https://example.com/path";
        };
    }

    /** The value as a message may show it: never a secret, and never what stands behind a placeholder. */
    static String got(SchemaView schema, JsonNode value, String path, Places places) {
        String written = places.written(path);
        boolean secret = schema.is("writeOnly");
        if (written != null) {
            return "the value of " + (secret ? Placeholders.masked(written) : written);
        }
        return secret ? Shown.kind(value) : Shown.value(value);
    }
}
