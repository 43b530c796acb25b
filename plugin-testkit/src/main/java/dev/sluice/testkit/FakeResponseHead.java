package dev.sluice.testkit;

import dev.sluice.api.ResponseHead;

/** The head of an answer. Confined to one thread. */
public final class FakeResponseHead implements ResponseHead {
    private final FakeHeaders headers = new FakeHeaders();
    private final boolean stream;
    private int status;
    private String source = "upstream";

    private FakeResponseHead(int status, String contentType, boolean stream) {
        this.status = status;
        this.stream = stream;
        headers.set("content-type", contentType);
    }

    /** An upstream's JSON answer. */
    public static FakeResponseHead json(int status) {
        return new FakeResponseHead(status, "application/json", false);
    }

    /** An upstream's stream of server-sent events, with status 200. */
    public static FakeResponseHead stream() {
        return new FakeResponseHead(200, "text/event-stream", true);
    }

    /** The same, with this header field added. */
    public FakeResponseHead header(String name, String value) {
        headers.add(name, value);
        return this;
    }

    /** The same, as the reply of that filter. */
    public FakeResponseHead from(String filter) {
        source = filter;
        return this;
    }

    @Override
    public int status() {
        return status;
    }

    @Override
    public void status(int status) {
        this.status = status;
    }

    @Override
    public FakeHeaders headers() {
        return headers;
    }

    @Override
    public boolean isStream() {
        return stream;
    }

    @Override
    public String source() {
        return source;
    }
}
