package dev.sluice.plugins.keyauth;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import dev.sluice.api.ConfigException;
import dev.sluice.api.HttpRequest;
import dev.sluice.api.HttpResponse;
import dev.sluice.api.Scope;
import dev.sluice.plugins.keyauth.KeyAuthConfig.Jwt;
import java.net.URI;
import java.text.ParseException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The keys that tokens are checked with: as the config gives them, or fetched from an address when they are first
 * needed, when a token names an unknown one, and when they are old. A fetch that fails leaves the old ones. Thread-safe.
 */
final class Jwks {
    private final Scope scope;
    private final @Nullable URI address;
    private final Duration refresh;
    private final Duration retry;
    private volatile @Nullable List<JWK> keys;
    private long fetchedNanos;
    private long triedNanos;
    private boolean tried;
    private @Nullable CompletableFuture<@Nullable Void> fetching;

    Jwks(Jwt config, Scope scope) {
        this.scope = scope;
        this.refresh = config.refresh();
        this.retry = config.retry();
        String given = config.jwks().strip();
        if (given.startsWith("{")) {
            address = null;
            keys = parsed(given);
        } else {
            address = address(given);
        }
    }

    private static List<JWK> parsed(String given) {
        try {
            List<JWK> keys = JWKSet.parse(given).getKeys();
            if (keys.isEmpty()) {
                throw new ConfigException("jwt.jwks", "the key set holds no key that can be used");
            }
            return keys;
        } catch (ParseException e) {
            throw new ConfigException("jwt.jwks", "is neither an http(s) address nor a key set in JSON");
        }
    }

    private static URI address(String given) {
        try {
            URI uri = URI.create(given);
            boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            if (http && uri.getHost() != null) {
                return uri;
            }
        } catch (IllegalArgumentException notOne) {
            // Told below.
        }
        throw new ConfigException("jwt.jwks", "is neither an http(s) address nor a key set in JSON");
    }

    /** The keys there are; null if none could be had so far. Fetches new ones behind the caller's back if they are old. */
    @Nullable
    List<JWK> now() {
        List<JWK> known = keys;
        if (known != null && address != null && isOld()) {
            var unused = fetch();
        }
        return known;
    }

    private synchronized boolean isOld() {
        return System.nanoTime() - fetchedNanos > refresh.toNanos();
    }

    /** Completes when new keys have been fetched, or could not be; null if it is too early to ask again. */
    synchronized @Nullable CompletableFuture<@Nullable Void> fetch() {
        URI from = address;
        CompletableFuture<@Nullable Void> underWay = fetching;
        if (underWay != null || from == null) {
            return underWay;
        }
        long now = System.nanoTime();
        if (tried && now - triedNanos < retry.toNanos()) {
            return null;
        }
        tried = true;
        triedNanos = now;
        CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        fetching = done;
        var unused = scope.call(HttpRequest.get(from).header("accept", "application/json"))
                .whenComplete((answer, error) -> {
                    take(answer, error);
                    done.complete(null);
                });
        return done;
    }

    private void take(@Nullable HttpResponse answer, @Nullable Throwable error) {
        List<JWK> fresh = null;
        String trouble = error == null ? "" : error.toString();
        if (answer != null) {
            try {
                fresh = answer.isSuccess() ? JWKSet.parse(answer.text()).getKeys() : null;
                trouble = answer.isSuccess() ? "it holds no keys" : "status " + answer.status();
            } catch (ParseException e) {
                trouble = "it is no key set";
            }
        }
        synchronized (this) {
            fetching = null;
            if (fresh != null && !fresh.isEmpty()) {
                keys = fresh;
                fetchedNanos = System.nanoTime();
                return;
            }
        }
        scope.log()
                .warn(
                        "the keys for tokens cannot be fetched from {}: {}; {}",
                        address,
                        trouble,
                        keys == null ? "no token is accepted" : "the old ones stay");
    }
}
