package dev.sluice.testkit;

import dev.sluice.api.Attempt;
import dev.sluice.api.RequestHead;
import dev.sluice.api.UpstreamRequest;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/** A try's own copy of a request. Confined to one thread. */
public final class FakeUpstreamRequest implements UpstreamRequest {
    private final Attempt attempt;
    private final FakeHeaders headers;
    private final FakeBody body;
    private final String remoteAddress;
    private String method;
    private String path;
    private @Nullable String query;
    private @Nullable URI uri;

    private FakeUpstreamRequest(Attempt attempt, RequestHead head, FakeBody body) {
        this.attempt = attempt;
        this.headers = new FakeHeaders(head.headers());
        this.body = body.copy();
        this.remoteAddress = head.remoteAddress();
        this.method = head.method();
        this.path = head.path();
        this.query = head.query();
        this.uri = attempt.target().endpoint();
    }

    /** Copies the exchange's request, as its filters left it, for this try. */
    public static FakeUpstreamRequest of(Attempt attempt, FakeExchange exchange) {
        return new FakeUpstreamRequest(attempt, exchange.request(), exchange.body());
    }

    /** Copies that head and body for this try. */
    public static FakeUpstreamRequest of(Attempt attempt, RequestHead head, FakeBody body) {
        return new FakeUpstreamRequest(attempt, head, body);
    }

    @Override
    public String method() {
        return method;
    }

    @Override
    public void method(String method) {
        this.method = method;
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public void path(String path) {
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
    public @Nullable URI uri() {
        return uri;
    }

    @Override
    public void uri(URI uri) {
        this.uri = uri;
    }

    @Override
    public FakeHeaders headers() {
        return headers;
    }

    @Override
    public String remoteAddress() {
        return remoteAddress;
    }

    @Override
    public FakeBody body() {
        return body;
    }

    @Override
    public Attempt attempt() {
        return attempt;
    }
}
