package dev.sluice.api;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One try of one upstream. Confined to the exchange's event loop. */
public interface Attempt {

    /** 1 for the first try of the exchange. */
    int number();

    /** Where it goes, resolved: the provider, the model's name on the wire, the endpoint (null if built in). */
    Target target();

    /** The credential that a filter chose for this try; null: the provider's own will do. */
    default @Nullable Credential credential() {
        return get(CREDENTIAL);
    }

    /** Chooses the credential for this try. */
    default void credential(Credential credential) {
        put(CREDENTIAL, credential);
    }

    /** Whether this try continues an answer that the client has already begun to receive. */
    boolean isResume();

    /**
     * What the tries before this one have said and the client was given; empty unless this one is a resume. In a
     * {@link Failure}: this try's words included. Kept where a filter overrides {@link Filter#onFailure}.
     */
    Said said();

    /** Reports the tokens used by this try; the last call wins. */
    void usage(Usage usage);

    /** The tokens reported so far; null if none were. */
    @Nullable
    Usage usage();

    /** What a filter put under that key for this try alone, or null. */
    <T> @Nullable T get(Key<T> key);

    /** Puts a value for this try alone. */
    <T> void put(Key<T> key, T value);

    /**
     * Fails the try if a stream's first event has not been accepted (or {@linkplain Events#held held}) this long after
     * dispatch. The strictest of all callers and the route wins. An event counts if it carries content.
     */
    void firstEventWithin(Duration limit);

    /** Fails the try if a whole JSON answer has not arrived this long after dispatch. The strictest wins. */
    void answerWithin(Duration limit);

    /** Fails the try after that much silence between events, pings included. The strictest wins. */
    void idleWithin(Duration limit);

    /** Fails the try this long after dispatch, whatever it is doing. The strictest wins. */
    void totalWithin(Duration limit);

    /** The key under which the try's credential is kept; may be given to {@code ask}. */
    Key<Credential> CREDENTIAL = Key.of("credential", Credential.class);
}
