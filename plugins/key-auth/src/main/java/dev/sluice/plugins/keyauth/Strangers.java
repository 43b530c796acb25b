package dev.sluice.plugins.keyauth;

import com.nimbusds.jose.jwk.JWK;
import dev.sluice.api.Exchange;
import dev.sluice.plugins.keyauth.Callers.Known;
import dev.sluice.plugins.keyauth.Tokens.Bearer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Who presents a key that the config does not hold: by a token that they bring, or by what was issued at run time. */
final class Strangers {
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    /**
     * What is known of whoever presents a key.
     *
     * @param known null: nobody's
     * @param why why it is nobody's; empty: nothing more is known
     * @param unavailable whether it cannot be told now
     */
    record Found(@Nullable Known known, String why, boolean unavailable) {
        static final Found NOBODY = new Found(null, "", false);
    }

    private final Callers callers;
    private final @Nullable Issued issued;
    private final @Nullable Tokens tokens;
    private final @Nullable Jwks jwks;

    Strangers(Callers callers, @Nullable Issued issued, @Nullable Tokens tokens, @Nullable Jwks jwks) {
        this.callers = callers;
        this.issued = issued;
        this.tokens = tokens;
        this.jwks = jwks;
    }

    /** Completes on the exchange's loop, at once if nothing has to be fetched. */
    CompletionStage<Found> of(Exchange exchange, String key) {
        if (tokens != null && jwks != null && Tokens.isOne(key)) {
            return token(exchange, key, tokens, jwks);
        }
        return issued == null
                ? CompletableFuture.completedFuture(Found.NOBODY)
                : issued.of(key)
                        .thenApply(found ->
                                found.map(known -> new Found(known, "", false)).orElse(Found.NOBODY));
    }

    private CompletionStage<Found> token(Exchange exchange, String token, Tokens reader, Jwks source) {
        List<JWK> keys = source.now();
        // With no keys at all, what can be refused without any is.
        Bearer bearer = reader.read(token, keys == null ? List.of() : keys);
        CompletableFuture<@Nullable Void> fetch = bearer == null ? source.fetch() : null;
        if (fetch == null) {
            return CompletableFuture.completedFuture(found(bearer, keys == null));
        }
        // Completed by another loop: the way back to this one is through the exchange.
        return exchange.blocking(() -> {
                    fetch.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                    return true;
                })
                .handle((done, error) -> {
                    List<JWK> fresh = source.now();
                    return found(reader.read(token, fresh == null ? List.of() : fresh), fresh == null);
                });
    }

    private Found found(@Nullable Bearer bearer, boolean withoutKeys) {
        if (bearer == null) {
            return withoutKeys
                    ? new Found(null, "", true)
                    : new Found(null, "it is signed with a key that is not known here", false);
        }
        return bearer.refusal() != null
                ? new Found(null, bearer.refusal(), false)
                : new Found(callers.stranger(bearer.name(), bearer.groups()), "", false);
    }
}
