package dev.sluice.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The whole answer to an {@link HttpRequest} or to {@code ask}. Immutable; any status is an answer, not an exception. */
public final class HttpResponse {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final int status;
    private final Map<String, List<String>> headers;
    private final byte[] body;

    private HttpResponse(int status, Map<String, List<String>> headers, byte[] body) {
        this.status = status;
        this.headers = headers;
        this.body = body;
    }

    /** An answer; header names are matched without regard to case. */
    public static HttpResponse of(int status, Map<String, List<String>> headers, byte[] body) {
        Map<String, List<String>> byName = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        headers.forEach((name, values) -> byName.put(name.toLowerCase(Locale.ROOT), List.copyOf(values)));
        return new HttpResponse(status, byName, Objects.requireNonNull(body, "body"));
    }

    /** The status code. */
    public int status() {
        return status;
    }

    /** Whether the status is 2xx. */
    public boolean isSuccess() {
        return status / 100 == 2;
    }

    /** The first value of that header, or null. */
    public @Nullable String header(String name) {
        List<String> values = headers.get(name);
        return values == null || values.isEmpty() ? null : values.get(0);
    }

    /** The body; not to be changed. */
    public byte[] body() {
        return body;
    }

    /** The body as UTF-8 text. */
    public String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    /**
     * The body as JSON.
     *
     * @throws IllegalStateException if it is not JSON
     */
    public JsonNode json() {
        try {
            JsonNode tree = MAPPER.readTree(body);
            if (tree == null || tree.isMissingNode()) {
                throw new IllegalStateException("the answer (status " + status + ") has no body, JSON was expected");
            }
            return tree;
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(
                    "the answer (status " + status + ") is not JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new IllegalStateException("the answer (status " + status + ") cannot be read", e);
        }
    }

    @Override
    public String toString() {
        return status + " (" + body.length + " bytes)";
    }
}
