package dev.sluice.api;

/**
 * The hooks that see an answer on its way up, last filter first.
 *
 * <p>All run on the exchange's event loop, never two at once, and must not block. A stream gives {@link #onResponse},
 * then {@link #onEvent} for each event, then {@link #onEnd}; a JSON answer gives {@link #onResponse}, then
 * {@link #onResponseBody}. Other media types stream past {@link #onResponse} alone, unless the filter's descriptor asks
 * for their bodies.
 */
public interface ResponseHooks {

    /** Status and headers have arrived; both may be changed here. No event or body has been seen yet. */
    default Step onResponse(ResponseHead head) {
        return Step.next();
    }

    /**
     * One event of a stream; returns what flows on in its place.
     *
     * <p>An {@code Event} is an {@code Events}: returning the argument passes it on untouched, as the bytes that
     * arrived. Terminators such as {@code [DONE]} are framing and never seen here.
     */
    default Events onEvent(Event event) {
        return event;
    }

    /** The stream has come to its proper end; what is returned goes out before it. Not called for a cut stream. */
    default Events onEnd() {
        return Events.none();
    }

    /** The whole body of a JSON answer, up to {@code limits.body}. */
    default Step onResponseBody(Body body) {
        return Step.next();
    }
}
