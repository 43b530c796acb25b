package dev.sluice.api;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * One try's own copy of the request, which {@link AttemptFilter#onSend} shapes for the upstream. Starts as the client's
 * head and body as the filters left them; edits are gone with the try.
 */
public interface UpstreamRequest extends RequestHead {

    /** Sets the method. */
    void method(String method);

    /** Sets the path, percent-encoded; the endpoint's base path is prefixed when the request is sent. */
    void path(String path);

    /** Sets the query, percent-encoded, without question mark; null for none. */
    void query(@Nullable String query);

    /** The base URL of the endpoint that this try goes to; null if the target has none, as a provider built in. */
    @Nullable
    URI uri();

    /** Sends this try to another base URL (scheme, authority and base path). */
    void uri(URI uri);

    /**
     * The body; the first edit copies it. Where there is none, or it streams past the filters, it is not JSON and
     * everything but {@link Body#isJson} throws {@link IllegalStateException}.
     */
    Body body();

    /** The try. */
    Attempt attempt();
}
