package dev.sluice.plugins.cache;

import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What all requests of one place in one chain share.
 *
 * @param semantics null if only equal requests count
 * @param clock in milliseconds
 */
record Place(
        Settings settings,
        Keys keys,
        Store store,
        @Nullable Semantics semantics,
        Flights flights,
        Prices prices,
        Meters meters,
        LongSupplier clock) {}
