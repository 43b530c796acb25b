package dev.sluice.host.state;

import dev.sluice.api.SharedState;

/** Where all filters keep what outlives them; each sees its own part of it. Safe for all threads. */
public interface StateStore extends AutoCloseable {

    /**
     * What one filter sees of the store.
     *
     * @param filter the filter's name
     * @param version its jar's {@code State-Version}: another one sees nothing of what this one keeps
     */
    SharedState of(String filter, int version);

    /** Ends what is under way: it fails. Not from an event loop. */
    @Override
    void close();
}
