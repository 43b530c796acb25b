package dev.sluice.plugins.aiproxy;

import dev.sluice.api.ResponseHead;

/** An answer's head. */
final class FakeHead implements ResponseHead {
    final FakeHeaders headers = new FakeHeaders();
    private int status;

    FakeHead(int status, String contentType) {
        this.status = status;
        headers.set("content-type", contentType);
    }

    @Override
    public int status() {
        return status;
    }

    @Override
    public void status(int other) {
        status = other;
    }

    @Override
    public FakeHeaders headers() {
        return headers;
    }

    @Override
    public boolean isStream() {
        return "text/event-stream".equals(headers.get("content-type"));
    }

    @Override
    public String source() {
        return "upstream";
    }
}
