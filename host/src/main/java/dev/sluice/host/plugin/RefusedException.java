package dev.sluice.host.plugin;

import java.lang.reflect.InvocationTargetException;
import org.jspecify.annotations.Nullable;

/** A plugin cannot be installed; the message is a sentence that says why and what to do. */
final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    RefusedException(String message) {
        super(message);
    }

    RefusedException(String message, Throwable cause) {
        super(message, cause);
    }

    /** The sentence. */
    String reason() {
        return String.valueOf(getMessage());
    }

    /** What a plugin's own code threw, as part of a sentence. */
    static String what(Throwable thrown) {
        Throwable cause = thrown;
        while (cause instanceof InvocationTargetException || cause instanceof ExceptionInInitializerError) {
            if (cause.getCause() == null) {
                break;
            }
            cause = cause.getCause();
        }
        String name = cause.getClass().getName();
        String message = message(cause);
        return message == null ? name : name + ": " + message;
    }

    /** This, too, is code of the plugin, and may fail. */
    private static @Nullable String message(Throwable thrown) {
        try {
            return thrown.getMessage();
        } catch (Throwable alsoThrown) {
            return null;
        }
    }
}
