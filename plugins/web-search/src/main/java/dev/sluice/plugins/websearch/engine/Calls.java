package dev.sluice.plugins.websearch.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.HttpResponse;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What asking and reading have in common. */
final class Calls {

    private Calls() {}

    /** A URL below the base, with these parameters; those without a value are left out. */
    static URI uri(String base, String path, Map<String, String> parameters) {
        StringBuilder uri = new StringBuilder(base.endsWith("/") ? base.substring(0, base.length() - 1) : base);
        uri.append(path);
        char before = '?';
        for (Map.Entry<String, String> parameter : parameters.entrySet()) {
            if (!parameter.getValue().isEmpty()) {
                uri.append(before).append(encode(parameter.getKey())).append('=');
                uri.append(encode(parameter.getValue()));
                before = '&';
            }
        }
        return URI.create(uri.toString());
    }

    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** Parameters that the query gives, overruled by those of the config. */
    static Map<String, String> parameters(EngineConfig config, String... keysAndValues) {
        Map<String, String> all = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            all.put(keysAndValues[i], keysAndValues[i + 1]);
        }
        config.options().forEach((key, value) -> all.put(key, text(value)));
        return all;
    }

    private static String text(JsonNode value) {
        if (!value.isArray()) {
            return value.asText();
        }
        List<String> all = new ArrayList<>();
        value.forEach(one -> all.add(one.asText()));
        return String.join(",", all);
    }

    /** The options of the config put into a body. */
    static ObjectNode withOptions(ObjectNode body, EngineConfig config) {
        config.options().forEach(body::set);
        return body;
    }

    /**
     * The answer as an object that has this field, or that may lack it.
     *
     * @throws EngineException if it is none, or is an error in spite of its status
     */
    static JsonNode object(HttpResponse answer, String field, boolean required) {
        JsonNode tree;
        try {
            tree = answer.json();
        } catch (IllegalStateException e) {
            throw new EngineException("the answer is not JSON, or was cut");
        }
        if (!tree.isObject()) {
            throw new EngineException("the answer is JSON, but no object");
        }
        boolean there = tree.path(field).isContainerNode();
        if (!there && (required || tree.hasNonNull("error") || tree.hasNonNull("errorCode") || tree.has("errors"))) {
            throw new EngineException("the answer has no '" + field + "'");
        }
        return tree;
    }

    /** A field's text, a path of names with dots between; empty if it is none. */
    static String text(JsonNode node, String path) {
        JsonNode at = node.path(path);
        if (at.isMissingNode() && path.indexOf('.') >= 0) {
            at = node;
            for (String name : path.split("\\.", -1)) {
                at = at.path(name);
            }
        }
        return at.isValueNode() && !at.isNull() ? at.asText() : "";
    }

    /** Those behind the ones that are skipped, as many as are wanted: for an engine that has no such parameters. */
    static List<Found> window(List<Found> all, EngineConfig config) {
        int from = Math.min(config.skipped(), all.size());
        return List.copyOf(all.subList(from, Math.min(all.size(), from + config.count())));
    }

    static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }
}
