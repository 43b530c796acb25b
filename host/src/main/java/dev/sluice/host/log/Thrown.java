package dev.sluice.host.log;

/** What code of plugins has thrown, which is code of theirs, too. */
public final class Thrown {
    private static final int DEEPEST = 100;

    private Thrown() {}

    /** The same if its text and that of its causes can be read; else one in its place, which can be logged. */
    public static Throwable readable(Throwable thrown) {
        try {
            Throwable cause = thrown;
            for (int i = 0; cause != null && i < DEEPEST; i++) {
                // Logging asks for these, and would fail in its turn.
                String ignored = cause.toString() + cause.getMessage() + cause.getLocalizedMessage();
                for (Throwable suppressed : cause.getSuppressed()) {
                    ignored = suppressed.toString() + suppressed.getMessage();
                }
                cause = cause.getCause();
            }
            return thrown;
        } catch (Throwable unreadable) {
            IllegalStateException instead =
                    new IllegalStateException("a " + thrown.getClass().getName() + " whose own text cannot be read");
            instead.setStackTrace(thrown.getStackTrace());
            return instead;
        }
    }
}
