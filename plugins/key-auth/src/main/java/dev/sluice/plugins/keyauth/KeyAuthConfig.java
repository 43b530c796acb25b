package dev.sluice.plugins.keyauth;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a route says of this filter.
 *
 * @param allow consumers that may call; with {@code allowGroups} empty too: all that are known
 * @param allowGroups groups whose members may call
 * @param consumers further consumers, beside those of the config's own {@code consumers:}
 * @param keys names of the headers or query parameters that hold a key; empty: a bearer token, {@code x-api-key},
 *     {@code apikey}
 * @param inHeader whether keys are looked for in headers; null: unless only {@code inQuery} is given
 * @param inQuery whether they are looked for in the query
 * @param globalAuth false: whoever presents no key may call too, unless {@code allow} names who may
 * @param invalidKeyStatus for a key that nobody has
 * @param higressHeaders whether a plain upstream is told the consumer as Higress tells it, too
 * @param issued whether consumers may be issued and revoked at run time
 * @param jwt which signed tokens count, too; null: none
 */
public record KeyAuthConfig(
        List<String> allow,
        List<String> allowGroups,
        List<Caller> consumers,
        List<String> keys,
        @Nullable Boolean inHeader,
        @Nullable Boolean inQuery,
        @Nullable Boolean globalAuth,
        int invalidKeyStatus,
        boolean higressHeaders,
        boolean issued,
        @Nullable Jwt jwt) {

    /**
     * Which signed tokens count.
     *
     * @param jwks where the keys are: an address, or the key set itself
     * @param issuer who must have issued it; null: anybody who has such a key
     * @param audience for whom it must be meant, one of them; empty: anybody
     * @param consumerClaim the claim that names the consumer
     * @param groupsClaim the claim that lists their groups; null: they have none
     * @param leeway by how much clocks may differ
     * @param refresh how old keys become before they are fetched anew
     * @param retry the least time between two fetches, however many unknown keys tokens name
     */
    public record Jwt(
            String jwks,
            @Nullable String issuer,
            List<String> audience,
            String consumerClaim,
            @Nullable String groupsClaim,
            Duration leeway,
            Duration refresh,
            Duration retry) {}

    /**
     * A consumer that is known to this entry alone.
     *
     * @param credential one credential, beside those of the list
     */
    public record Caller(String name, @Nullable String credential, List<String> credentials, List<String> groups) {
        @Override
        public String toString() {
            return name;
        }
    }

    boolean looksInHeaders() {
        return inHeader != null ? inHeader : inQuery == null || !inQuery;
    }

    boolean looksInQuery() {
        return inQuery != null && inQuery;
    }

    /** Whether there are consumers that the config does not name. */
    boolean knowsStrangers() {
        return issued || jwt != null;
    }

    /** Whether a request without a key is refused. */
    boolean isRequired() {
        return globalAuth == null || globalAuth || !allow.isEmpty() || !allowGroups.isEmpty();
    }
}
