package dev.sluice.plugins.aiproxy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.UpstreamRequest;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where a vendor wants its key.
 *
 * @param in the part of a request
 * @param name the field's, in lower case, or the parameter's; empty for none
 * @param prefix what stands before the key
 */
record Auth(In in, String name, String prefix) {
    static final Auth BEARER = new Auth(In.HEADER, "authorization", "Bearer ");

    /** The part of a request that holds it. */
    enum In {
        /** A header field. */
        HEADER,
        /** The query. */
        QUERY,
        /** Nowhere. */
        NONE
    }

    /**
     * As written in a table or a config.
     *
     * @throws IllegalArgumentException if it cannot be; the message says why
     */
    static Auth of(JsonNode written) {
        String in = written.path("in").asText();
        String name = written.path("name").asText("");
        String prefix = written.path("prefix").asText("");
        boolean named = in.equals("header") || in.equals("query");
        if (named && name.isEmpty()) {
            throw new IllegalArgumentException("auth in '" + in + "' needs 'name'");
        }
        if (!named && !name.isEmpty()) {
            throw new IllegalArgumentException("auth in '" + in + "' takes no 'name': remove it, or write in: header");
        }
        if (!prefix.isEmpty() && !in.equals("header")) {
            throw new IllegalArgumentException(
                    "auth in '" + in + "' takes no 'prefix': remove it, or write in: header");
        }
        return switch (in) {
            case "bearer" -> BEARER;
            case "raw" -> new Auth(In.HEADER, "authorization", "");
            case "header" -> new Auth(In.HEADER, name.toLowerCase(Locale.ROOT), prefix);
            case "query" -> new Auth(In.QUERY, name, "");
            case "none" -> new Auth(In.NONE, "", "");
            default ->
                throw new IllegalArgumentException(
                        "auth cannot be in '" + in + "': it is in bearer, raw, header, query or none");
        };
    }

    void put(UpstreamRequest request, String key) {
        switch (in) {
            case HEADER -> request.headers().set(name, prefix + key);
            case QUERY -> {
                remove(request);
                String parameter = name + '=' + URLEncoder.encode(key, StandardCharsets.UTF_8);
                String query = request.query();
                request.query(query == null || query.isEmpty() ? parameter : query + '&' + parameter);
            }
            case NONE -> {}
        }
    }

    boolean isIn(UpstreamRequest request) {
        return switch (in) {
            case HEADER -> request.headers().get(name) != null;
            case QUERY -> request.query() != null && !request.query().equals(without(request.query()));
            case NONE -> false;
        };
    }

    /** Takes away what a client has put there. */
    void remove(UpstreamRequest request) {
        if (in == In.HEADER) {
            request.headers().remove(name);
        } else if (in == In.QUERY && request.query() != null) {
            request.query(without(request.query()));
        }
    }

    private @Nullable String without(String query) {
        String left = Arrays.stream(query.split("&"))
                .filter(parameter -> !parameter.equals(name) && !parameter.startsWith(name + '='))
                .collect(Collectors.joining("&"));
        return left.isEmpty() ? null : left;
    }

    @Override
    public String toString() {
        return switch (in) {
            case HEADER -> name + ": " + prefix + "KEY";
            case QUERY -> "?" + name + "=KEY";
            case NONE -> "none";
        };
    }
}
