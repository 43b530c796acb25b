package dev.sluice.host.upstream;

import dev.sluice.host.config.Config.TlsClient;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * Where a call goes and how the connection is made.
 *
 * @param base scheme, authority and base path
 * @param tls null: the JDK's trust
 * @param http2 {@code auto} (ALPN over TLS), {@code true} or {@code false}
 */
public record Destination(URI base, @Nullable TlsClient tls, String http2) {

    /** A destination with nothing special about it. */
    public static Destination of(URI base) {
        return new Destination(base, null, "auto");
    }

    boolean secure() {
        return "https".equalsIgnoreCase(base.getScheme()) || "wss".equalsIgnoreCase(base.getScheme());
    }

    int port() {
        return base.getPort() > 0 ? base.getPort() : secure() ? 443 : 80;
    }

    String host() {
        String host = base.getHost();
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    /**
     * The request target for a path below the base.
     *
     * @param path absolute
     * @param query without question mark, or null
     */
    public String requestUri(String path, @Nullable String query) {
        String prefix = base.getRawPath();
        if (prefix == null || prefix.isEmpty() || prefix.equals("/")) {
            return query == null ? path : path + "?" + query;
        }
        String trimmed = prefix.endsWith("/") ? prefix.substring(0, prefix.length() - 1) : prefix;
        return query == null ? trimmed + path : trimmed + path + "?" + query;
    }

    /** The value of Host for it. */
    public String authority() {
        boolean usual = base.getPort() < 0 || base.getPort() == (secure() ? 443 : 80);
        return usual ? base.getHost() : base.getHost() + ":" + base.getPort();
    }
}
