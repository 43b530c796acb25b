package dev.sluice.testkit;

import dev.sluice.api.RequestHead;
import org.jspecify.annotations.Nullable;

/** The head of a request, from 192.0.2.1 unless told. Confined to one thread. */
public final class FakeRequestHead implements RequestHead {
    private final String method;
    private final String path;
    private final @Nullable String query;
    private final FakeHeaders headers = new FakeHeaders();
    private String remoteAddress = "192.0.2.1";

    private FakeRequestHead(String method, String path, @Nullable String query) {
        this.method = method;
        this.path = path;
        this.query = query;
    }

    /** A request of that method and target, with or without a query. */
    public static FakeRequestHead of(String method, String target) {
        int mark = target.indexOf('?');
        return mark < 0
                ? new FakeRequestHead(method, target, null)
                : new FakeRequestHead(method, target.substring(0, mark), target.substring(mark + 1));
    }

    /** The same, with this header field added. */
    public FakeRequestHead header(String name, String value) {
        headers.add(name, value);
        return this;
    }

    /** The same, from this address. */
    public FakeRequestHead from(String address) {
        remoteAddress = address;
        return this;
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
    public @Nullable String query() {
        return query;
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
    public String toString() {
        return method + " " + path + (query == null ? "" : "?" + query);
    }
}
