package dev.sluice.api;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The header fields of a request or an answer; names compare without regard to case (RFC 9110, section 5.1).
 *
 * <p>Confined to the exchange's event loop. Values with CR, LF or NUL are refused with an
 * {@link IllegalArgumentException}.
 */
public interface Headers {

    /** The first value of that name, or null. */
    @Nullable
    String get(String name);

    /** All values of that name, in order; unmodifiable, empty if there is none. */
    List<String> all(String name);

    /** Replaces all values of that name by this one. */
    void set(String name, String value);

    /** Adds a value beside those that are there. */
    void add(String name, String value);

    /** Removes all values of that name. */
    void remove(String name);

    /** The names, in lower case, each once; unmodifiable, and as they are now: fields may be removed on the way through. */
    Set<String> names();
}
