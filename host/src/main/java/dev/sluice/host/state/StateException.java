package dev.sluice.host.state;

/** Why the shared state cannot answer; the message names the store and what happened, and holds no secret. */
public final class StateException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Without a stack: it would show the host's own loop, and cost the most just when many operations fail. */
    StateException(String message) {
        super(message, null, false, false);
    }
}
