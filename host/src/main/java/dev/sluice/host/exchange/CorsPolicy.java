package dev.sluice.host.exchange;

import dev.sluice.host.config.Config.Cors;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;

/** Which browsers may call, as the config says (Fetch standard, section 3.2). */
final class CorsPolicy {
    private static final String EXPOSED =
            "x-request-id, retry-after, x-sluice-provider, x-sluice-model, x-sluice-cache, x-sluice-error";

    private final Cors settings;

    private CorsPolicy(Cors settings) {
        this.settings = settings;
    }

    /** The policy of these settings; null if browsers of other origins are not served. */
    static @Nullable CorsPolicy of(@Nullable Cors settings) {
        return settings == null ? null : new CorsPolicy(settings);
    }

    /** Answers a browser's question before its request; false if this is none. */
    boolean preflight(HttpServerRequest request) {
        String origin = request.getHeader("origin");
        String method = request.getHeader("access-control-request-method");
        if (origin == null || method == null || !request.method().name().equals("OPTIONS")) {
            return false;
        }
        MultiMap fields = request.response().headers();
        allow(origin, fields);
        if (isAllowed(origin)) {
            fields.set("access-control-allow-methods", method);
            fields.set("access-control-allow-headers", String.join(", ", settings.headers()));
            fields.set("access-control-max-age", Long.toString(settings.maxAge().toSeconds()));
        }
        var unused = request.response().setStatusCode(204).end();
        return true;
    }

    /** Lets the origin's scripts read an answer. */
    void allow(@Nullable String origin, MultiMap fields) {
        fields.add("vary", "origin");
        if (origin != null && isAllowed(origin)) {
            fields.set("access-control-allow-origin", origin);
            fields.set("access-control-expose-headers", EXPOSED);
        }
    }

    private boolean isAllowed(String origin) {
        return settings.origins().contains("*") || settings.origins().contains(origin);
    }
}
