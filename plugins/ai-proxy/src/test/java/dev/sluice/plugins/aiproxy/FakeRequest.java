package dev.sluice.plugins.aiproxy;

import dev.sluice.api.Attempt;
import dev.sluice.api.Body;
import dev.sluice.api.UpstreamRequest;
import java.net.URI;

/** A try's own copy of a request. */
final class FakeRequest implements UpstreamRequest {
    final FakeHeaders headers = new FakeHeaders();
    private final FakeBody body;
    private String method = "POST";
    private String path;
    private String query;
    private URI uri;

    FakeRequest(String path, String base, FakeBody body) {
        this.path = path;
        this.uri = base == null ? null : URI.create(base);
        this.body = body;
    }

    @Override
    public void method(String other) {
        method = other;
    }

    @Override
    public void path(String other) {
        path = other;
    }

    @Override
    public void query(String other) {
        query = other;
    }

    @Override
    public URI uri() {
        return uri;
    }

    @Override
    public void uri(URI other) {
        uri = other;
    }

    @Override
    public Body body() {
        return body;
    }

    @Override
    public Attempt attempt() {
        throw new UnsupportedOperationException();
    }

    @Override
    public String method() {
        return method;
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public String query() {
        return query;
    }

    @Override
    public FakeHeaders headers() {
        return headers;
    }

    @Override
    public String remoteAddress() {
        return "127.0.0.1";
    }
}
