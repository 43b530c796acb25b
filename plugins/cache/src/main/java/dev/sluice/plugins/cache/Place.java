package dev.sluice.plugins.cache;

import java.util.function.LongSupplier;

/**
 * What all requests of one place in one chain share.
 *
 * @param clock in milliseconds
 */
record Place(
        Settings settings, Keys keys, Store store, Flights flights, Prices prices, Meters meters, LongSupplier clock) {}
