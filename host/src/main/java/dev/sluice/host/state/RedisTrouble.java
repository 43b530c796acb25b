package dev.sluice.host.state;

import io.vertx.redis.client.impl.types.ErrorType;
import java.util.Set;

/** What went wrong with Redis, in words. */
final class RedisTrouble {
    private static final int LONGEST = 200;

    /** After these, a connection is of no use until something else has changed. */
    private static final Set<String> USELESS =
            Set.of("LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "NOAUTH", "WRONGPASS", "MOVED", "ASK");

    static final String NONSENSE = "what answers there does not speak Redis's protocol";

    private RedisTrouble() {}

    /** Whether Redis itself says so, and the connection is whole. */
    static boolean isAnswer(Throwable error) {
        return error instanceof ErrorType
                && !text(error).startsWith("ILLEGAL_STATE")
                && !text(error).startsWith("CONNECTION_CLOSED");
    }

    /** Whether this is the error of that name. */
    static boolean is(Throwable error, String name) {
        return isAnswer(error) && text(error).startsWith(name);
    }

    /** Whether another connection may be of more use. */
    static boolean breaks(Throwable error) {
        return !isAnswer(error) || USELESS.contains(text(error).split(" ", 2)[0]);
    }

    /** One line of it. */
    static String of(Throwable error) {
        String message = text(error);
        if (message.startsWith("CONNECTION_CLOSED")) {
            return "the connection was closed";
        }
        if (message.startsWith("ILLEGAL_STATE")) {
            return NONSENSE;
        }
        String line = message.replaceAll("\\s*\\R\\s*", "; ").replaceAll("\\p{Cntrl}", "?");
        return line.length() > LONGEST ? line.substring(0, LONGEST) + "…" : line;
    }

    private static String text(Throwable error) {
        String message = error.getMessage();
        return message == null ? error.getClass().getSimpleName() : message;
    }
}
