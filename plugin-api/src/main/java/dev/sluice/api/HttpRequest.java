package dev.sluice.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A request that a filter makes on its own account, beside the exchange. Immutable. */
public final class HttpRequest {
    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);

    private final String method;
    private final URI uri;
    private final List<Map.Entry<String, String>> headers;
    private final byte[] body;
    private final Duration timeout;

    private HttpRequest(
            String method, URI uri, List<Map.Entry<String, String>> headers, byte[] body, Duration timeout) {
        this.method = method;
        this.uri = uri;
        this.headers = headers;
        this.body = body;
        this.timeout = timeout;
    }

    /** A GET. */
    public static HttpRequest get(URI uri) {
        return of("GET", uri, new byte[0]);
    }

    /** A POST of JSON, with its content type set. */
    public static HttpRequest post(URI uri, JsonNode json) {
        return of("POST", uri, json.toString().getBytes(StandardCharsets.UTF_8))
                .header("content-type", "application/json");
    }

    /** Any method and body. */
    public static HttpRequest of(String method, URI uri, byte[] body) {
        Objects.requireNonNull(uri, "uri");
        return new HttpRequest(method, uri, List.of(), body, DEFAULT_TIMEOUT);
    }

    /** The same, with this header field added. */
    public HttpRequest header(String name, String value) {
        List<Map.Entry<String, String>> more = new ArrayList<>(headers);
        more.add(Map.entry(name, value));
        return new HttpRequest(method, uri, List.copyOf(more), body, timeout);
    }

    /** The same, failing after this time, from call to last byte; 10 s unless told. */
    public HttpRequest timeout(Duration timeout) {
        return new HttpRequest(method, uri, headers, body, Objects.requireNonNull(timeout, "timeout"));
    }

    /** The method. */
    public String method() {
        return method;
    }

    /** Where it goes. */
    public URI uri() {
        return uri;
    }

    /** The header fields, in order; unmodifiable. */
    public List<Map.Entry<String, String>> headers() {
        return headers;
    }

    /** The body; empty if there is none; not to be changed. */
    public byte[] body() {
        return body;
    }

    /** From call to last byte. */
    public Duration timeout() {
        return timeout;
    }

    @Override
    public String toString() {
        return method + " " + uri;
    }
}
