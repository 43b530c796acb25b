package dev.sluice.host.route;

import dev.sluice.api.Headers;
import org.jspecify.annotations.Nullable;

/**
 * What a request shows to the route table.
 *
 * @param host the Host without port, in lower case; empty if there was none
 * @param path normalised
 * @param method in upper case
 */
public record RouteQuery(String host, String path, String method, Headers headers) {

    /** What a table says. */
    public sealed interface Answer permits Found, NeedsModel, NotFound {}

    /** This route. */
    public record Found(Route route) implements Answer {}

    /** That depends on the model: read it, and ask again with it. */
    public record NeedsModel() implements Answer {}

    /** None. */
    public record NotFound() implements Answer {}

    static final Answer NEEDS_MODEL = new NeedsModel();
    static final Answer NOT_FOUND = new NotFound();

    boolean hasHeader(String name, String value) {
        @Nullable String first = headers.get(name);
        return value.equals(first) || (first != null && headers.all(name).contains(value));
    }
}
