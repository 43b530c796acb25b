package dev.sluice.host.exchange;

import dev.sluice.api.Headers;
import dev.sluice.api.ResponseHead;

/** The head of an answer on its way up. */
final class HostResponseHead implements ResponseHead {
    static final String UPSTREAM = "upstream";

    private final HostHeaders headers;
    private final boolean stream;
    private final String source;
    private int status;
    private int changes;

    HostResponseHead(int status, HostHeaders headers, boolean stream, String source) {
        this.status = status;
        this.headers = headers;
        this.stream = stream;
        this.source = source;
    }

    HostHeaders fields() {
        return headers;
    }

    int changes() {
        return changes + headers.changes();
    }

    @Override
    public int status() {
        return status;
    }

    @Override
    public void status(int status) {
        if (status < 200 || status > 599 || this.status == 101) {
            throw new IllegalArgumentException(
                    this.status == 101
                            ? "a switch of protocols keeps its status"
                            : "an answer's status is 200 to 599, not " + status);
        }
        this.status = status;
        changes++;
    }

    @Override
    public Headers headers() {
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
