package dev.sluice.plugins.websearch.engine;

/** An engine's answer cannot be used; the message says why, without keys and addresses. */
public final class EngineException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** With a sentence for the log. */
    public EngineException(String message) {
        super(message);
    }
}
