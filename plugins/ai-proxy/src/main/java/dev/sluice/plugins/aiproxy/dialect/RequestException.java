package dev.sluice.plugins.aiproxy.dialect;

/** A client's request that cannot be sent on: malformed, or asking for what the provider's dialect cannot say. */
public final class RequestException extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final String code;

    private RequestException(String code, String message) {
        super(message, null, false, false);
        this.code = code;
    }

    static RequestException malformed(String path, String problem) {
        return new RequestException("bad_request", (path.isEmpty() ? "the request's body" : path) + " " + problem);
    }

    static RequestException unsupported(String path, String problem) {
        return new RequestException("unsupported", path + " " + problem);
    }

    /** {@code bad_request} or {@code unsupported}; both go with status 400. */
    public String code() {
        return code;
    }
}
