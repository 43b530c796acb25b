package dev.sluice.plugins.aiproxy;

import dev.sluice.api.Attempt;
import dev.sluice.api.Credential;
import dev.sluice.api.Headers;
import dev.sluice.api.Provider;
import java.util.List;

/** Puts a try's key where its provider wants it, and takes the client's away. */
final class Keys {
    private static final String BEARER = "Bearer ";
    private static final List<String> FIELDS = List.of("authorization", "x-api-key", "api-key", "x-goog-api-key");

    /** Where a provider wants its key. */
    enum Place {
        /** {@code authorization: Bearer}. */
        BEARER,
        /** {@code x-api-key}. */
        X_API_KEY;

        void put(Headers headers, String token) {
            if (this == BEARER) {
                headers.set("authorization", Keys.BEARER + token);
            } else {
                headers.set("x-api-key", token);
            }
        }
    }

    private Keys() {}

    static void place(Place place, Headers headers, Upstreams upstreams, Provider provider, Attempt attempt) {
        boolean passes = upstreams.config().passCredential();
        if (passes && FIELDS.stream().anyMatch(name -> headers.get(name) != null)) {
            return;
        }
        if (!passes) {
            FIELDS.forEach(headers::remove);
            headers.remove("cookie");
        }
        Credential credential = upstreams.credential(provider, attempt);
        String token = credential == null ? null : credential.token();
        if (token != null) {
            place.put(headers, token);
        }
    }

    /** Moves a key that a client of another dialect sent to where this provider looks for it. */
    static void move(Place place, Headers headers) {
        String bearer = headers.get("authorization");
        String key = headers.get("x-api-key");
        if (place == Place.BEARER && bearer == null && key != null) {
            headers.remove("x-api-key");
            place.put(headers, key);
        } else if (place == Place.X_API_KEY && key == null && bearer != null && bearer.startsWith(BEARER)) {
            headers.remove("authorization");
            place.put(headers, bearer.substring(BEARER.length()));
        }
    }
}
