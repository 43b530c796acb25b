package dev.sluice.plugins.aiproxy.dialect;

/** A provider's answer that is none in its dialect. */
public final class AnswerException extends RuntimeException {
    private static final long serialVersionUID = 1;

    AnswerException(String message) {
        super(message, null, false, false);
    }
}
