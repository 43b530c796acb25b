package dev.sluice.api;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * State that outlives filters, config reloads and plugin swaps; of one node, or shared by all of them on Redis. Keys are
 * the filter's own: those of other filters, or of another {@code State-Version} of its jar, cannot be seen. Values are
 * strings and numbers only, so that no class of a plugin is held.
 *
 * <p>A key that begins with {@code {…}} is kept together with all others of the filter that begin with the same; all
 * others are kept together, too. On a Redis Cluster each such group is on one node, so a filter with much to keep groups by
 * subject: {@code {alice}minute}.
 *
 * <p>Usable from any thread; stages complete on the caller's event loop, or on any thread for a caller without one.
 */
public interface SharedState {

    /** Whether other nodes see it too; if not, it is this process's memory, and bounded as such. */
    default boolean isShared() {
        return false;
    }

    /**
     * Adds to a number, atomically, and returns the sum. A missing one counts as 0.
     *
     * @param ttl from the moment the number is made; adding to it does not prolong it, so a window always ends
     */
    CompletionStage<Long> add(String key, long delta, Duration ttl);

    /** The value, if there is one. */
    CompletionStage<Optional<String>> get(String key);

    /** Sets the value and its time to live. */
    CompletionStage<Void> put(String key, String value, Duration ttl);

    /**
     * Sets the value only if it is the expected one, atomically.
     *
     * @param expected empty: only if there is none
     * @return whether it was set
     */
    CompletionStage<Boolean> replace(String key, Optional<String> expected, String value, Duration ttl);

    /** Removes the value; whether there was one. */
    CompletionStage<Boolean> remove(String key);

    /**
     * Runs a script as one atomic step.
     *
     * @param keys all of one group: all beginning with the same {@code {…}}, or none with any; else the stage fails
     */
    CompletionStage<List<String>> run(Script script, List<String> keys, List<String> args);
}
