package dev.sluice.host.upstream;

/** A call of a filter's own that brought no whole answer; the message names the host, never a credential. */
public final class CallException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** With that message. */
    public CallException(String message, Throwable cause) {
        super(message, cause);
    }

    /** With that message. */
    public CallException(String message) {
        super(message);
    }
}
