package dev.sluice.api;

/** Makes the filter of one exchange. Called once per exchange, on its event loop, in list order; must not block. */
@FunctionalInterface
public interface FilterFactory {

    /**
     * Makes this exchange's filter, or returns {@link Filter#PASS} where it has nothing to do.
     *
     * @param exchange the exchange that has just been matched to a route; its head may be read, its body has not arrived
     */
    Filter newFilter(Exchange exchange);
}
