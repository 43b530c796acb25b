package dev.sluice.api;

/**
 * What one plugin does to one exchange; its fields are the state of that exchange.
 *
 * <p>Override the hooks you need; one that is not overridden costs nothing. A hook takes what arrived and returns what
 * flows on. Hooks of one exchange never overlap, each happens-before the next, and all run on the exchange's event
 * loop, so fields need no locks. Request hooks go down the list, the others come up it. Each hook runs at most once
 * per exchange, however many tries it takes, except {@link #onAttempt} and {@link #onFailure}, which run per try, and
 * {@link ResponseHooks#onEvent}, per event.
 *
 * <p>An exception out of a hook fails the exchange with a 500 that names the plugin and the hook.
 */
public interface Filter extends ResponseHooks {

    /** A filter that overrides nothing and costs nothing. */
    Filter PASS = new Filter() {};

    /** The request's head; in list order, before any of the body is read. */
    default Step onRequest(RequestHead head) {
        return Step.next();
    }

    /** The request's whole body, if it is JSON (or a media type that the descriptor asks for); in list order. */
    default Step onRequestBody(Body body) {
        return Step.next();
    }

    /**
     * A try of an upstream begins, its target resolved; in list order, once per try.
     *
     * @return what this filter does to this try alone
     */
    default AttemptFilter onAttempt(Attempt attempt) {
        return AttemptFilter.PASS;
    }

    /** A try has failed; asked from the last filter up until one does not {@linkplain Recovery#pass pass}. */
    default Recovery onFailure(Failure failure) {
        return Recovery.pass();
    }

    /**
     * The exchange is over: answered, failed or cancelled. Exactly once for every filter that was made, last filter
     * first. The client is gone or served: only calls made through the {@link Scope} still work. Exceptions are logged.
     */
    default void onComplete(Outcome outcome) {}
}
