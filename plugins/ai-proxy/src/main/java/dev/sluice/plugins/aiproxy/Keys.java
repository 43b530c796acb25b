package dev.sluice.plugins.aiproxy;

import dev.sluice.api.Attempt;
import dev.sluice.api.Credential;
import dev.sluice.api.Headers;
import dev.sluice.api.Provider;
import dev.sluice.api.UpstreamRequest;
import java.util.List;
import java.util.Map;

/** Puts a try's key where its provider wants it, and takes the client's away. */
final class Keys {
    private static final String BEARER = "Bearer ";
    private static final List<String> FIELDS = List.of("authorization", "x-api-key", "api-key", "x-goog-api-key");

    private static final Credential CLIENTS = Credential.of(Map.of("owner", "client"));

    private Keys() {}

    static void place(Auth auth, UpstreamRequest request, Upstreams upstreams, Provider provider, Attempt attempt) {
        Headers headers = request.headers();
        boolean passes = upstreams.config().passCredential();
        if (passes && (auth.isIn(request) || FIELDS.stream().anyMatch(name -> headers.get(name) != null))) {
            // Whoever chose one of the provider's own for this try must not blame that one for what becomes of it.
            attempt.credential(CLIENTS);
            return;
        }
        if (!passes) {
            FIELDS.forEach(headers::remove);
            headers.remove("cookie");
            auth.remove(request);
        }
        Credential credential = upstreams.credential(provider, attempt);
        String token = credential == null ? null : credential.token();
        if (token != null) {
            auth.put(request, token);
        }
    }

    /** Moves a key that a client of another dialect sent to where this provider looks for it. */
    static void move(Auth auth, UpstreamRequest request) {
        Headers headers = request.headers();
        String bearer = headers.get("authorization");
        String key = headers.get("x-api-key");
        if (auth.isIn(request)) {
            return;
        }
        if (key != null) {
            headers.remove("x-api-key");
            auth.put(request, key);
        } else if (bearer != null && bearer.startsWith(BEARER)) {
            headers.remove("authorization");
            auth.put(request, bearer.substring(BEARER.length()));
        }
    }
}
