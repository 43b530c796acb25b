package dev.sluice.api;

/**
 * What one plugin does to one try of one upstream, made by {@link Filter#onAttempt}.
 *
 * <p>Its response hooks run below, and so before, those of every {@link Filter}; whatever it changes is gone with the
 * try. An exception out of a hook fails the try, not the exchange. One class never implements both this and
 * {@link Filter}: its response hooks would run twice.
 */
public interface AttemptFilter extends ResponseHooks {

    /** An attempt filter that overrides nothing and costs nothing. */
    AttemptFilter PASS = new AttemptFilter() {};

    /**
     * The try's own copy of the request, about to be sent; in list order. Nothing is changed after the last filter's.
     *
     * <p>A {@link Reply} is this try's answer, as if the upstream had sent it: it passes the attempt filters before
     * this one, and with a status of 400 or above the try has failed.
     */
    default Step onSend(UpstreamRequest request) {
        return Step.next();
    }
}
