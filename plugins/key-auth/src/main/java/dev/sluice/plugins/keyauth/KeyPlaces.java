package dev.sluice.plugins.keyauth;

import dev.sluice.api.Headers;
import dev.sluice.api.RequestHead;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Where in a request keys are, and how they are taken out of it. Immutable. */
final class KeyPlaces {
    private static final String AUTHORIZATION = "authorization";
    private static final String BEARER = "bearer";
    private static final List<String> USUAL = List.of(AUTHORIZATION, "x-api-key", "apikey");

    private final List<String> headers;
    private final Set<String> parameters;

    KeyPlaces(KeyAuthConfig config) {
        List<String> names = config.keys().isEmpty() ? USUAL : config.keys();
        headers = config.looksInHeaders()
                ? names.stream().map(name -> name.toLowerCase(Locale.ROOT)).toList()
                : List.of();
        parameters = config.looksInQuery() ? names.stream().collect(Collectors.toUnmodifiableSet()) : Set.of();
    }

    /** Every key in the request, each as often as it is there: whoever sends two must not choose which one counts. */
    List<String> keys(RequestHead request) {
        List<String> keys = new ArrayList<>(1);
        for (String header : headers) {
            for (String value : request.headers().all(header)) {
                String key = header.equals(AUTHORIZATION) ? bearer(value) : value.trim();
                if (!key.isEmpty()) {
                    keys.add(key);
                }
            }
        }
        for (String pair : pairs(request.query())) {
            String value = isKey(pair) ? value(pair) : "";
            if (!value.isEmpty()) {
                keys.add(value);
            }
        }
        return keys;
    }

    /** Another scheme is somebody else's: AWS clients sign in this header, and present their key beside it. */
    private static String bearer(String value) {
        String trimmed = value.trim();
        int space = trimmed.indexOf(' ');
        if (space >= 0) {
            return trimmed.substring(0, space).equalsIgnoreCase(BEARER)
                    ? trimmed.substring(space).trim()
                    : "";
        }
        return trimmed.equalsIgnoreCase(BEARER) ? "" : trimmed;
    }

    /** Takes keys out of the headers. */
    void removeFrom(Headers fields) {
        headers.forEach(fields::remove);
    }

    /** Whether the query holds a key. */
    boolean isIn(@Nullable String query) {
        return pairs(query).stream().anyMatch(this::isKey);
    }

    /** The query without keys; null if nothing is left of it. */
    @Nullable
    String without(@Nullable String query) {
        String rest = pairs(query).stream().filter(pair -> !isKey(pair)).collect(Collectors.joining("&"));
        return rest.isEmpty() ? null : rest;
    }

    private List<String> pairs(@Nullable String query) {
        return query == null || parameters.isEmpty() ? List.of() : List.of(query.split("&", -1));
    }

    private boolean isKey(String pair) {
        int equals = pair.indexOf('=');
        return parameters.contains(decoded(equals < 0 ? pair : pair.substring(0, equals)));
    }

    private static String value(String pair) {
        int equals = pair.indexOf('=');
        return equals < 0 ? "" : decoded(pair.substring(equals + 1));
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException notEncoded) {
            return text;
        }
    }
}
