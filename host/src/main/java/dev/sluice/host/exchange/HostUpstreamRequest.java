package dev.sluice.host.exchange;

import dev.sluice.api.Attempt;
import dev.sluice.api.Body;
import dev.sluice.api.Headers;
import dev.sluice.api.UpstreamRequest;
import io.vertx.core.MultiMap;
import java.net.URI;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One try's own copy of the request. */
final class HostUpstreamRequest implements UpstreamRequest {
    private final HostAttempt attempt;
    private final String remoteAddress;
    private final HostHeaders original;
    private @Nullable HostHeaders headers;
    private final @Nullable HostBody body;
    private String method;
    private String path;
    private @Nullable String query;
    private @Nullable URI uri;

    HostUpstreamRequest(HostAttempt attempt, HostRequestHead head, @Nullable HostBody body, @Nullable URI uri) {
        this.attempt = attempt;
        this.remoteAddress = head.remoteAddress();
        this.original = head.fields();
        this.body = body == null ? null : body.forTry();
        this.method = head.method();
        this.path = head.path();
        this.query = head.query();
        this.uri = uri;
    }

    @Nullable
    HostBody hostBody() {
        return body;
    }

    /** Writes its header fields into an empty head; the client's own straight away where no filter asked for them. */
    HostHeaders writeTo(MultiMap target) {
        HostHeaders written = new HostHeaders(target);
        if (headers == null) {
            original.copyTo(target);
            written.dropHopByHop();
        } else {
            headers.copyTo(target);
        }
        return written;
    }

    @Override
    public String method() {
        return method;
    }

    @Override
    public void method(String method) {
        this.method = method.toUpperCase(Locale.ROOT);
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public void path(String path) {
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("a path begins with a slash: '" + path + "'");
        }
        this.path = path;
    }

    @Override
    public @Nullable String query() {
        return query;
    }

    @Override
    public void query(@Nullable String query) {
        this.query = query;
    }

    @Override
    public Headers headers() {
        HostHeaders own = headers;
        if (own == null) {
            own = original.copy().dropHopByHop();
            headers = own;
        }
        return own;
    }

    @Override
    public String remoteAddress() {
        return remoteAddress;
    }

    @Override
    public @Nullable URI uri() {
        return uri;
    }

    @Override
    public void uri(URI uri) {
        if (uri.getHost() == null || uri.getScheme() == null) {
            throw new IllegalArgumentException("a base URL has a scheme and a host: '" + uri + "'");
        }
        this.uri = uri;
    }

    @Override
    public Body body() {
        return body == null ? StreamedBody.INSTANCE : body;
    }

    @Override
    public Attempt attempt() {
        return attempt;
    }
}
