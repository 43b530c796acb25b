package dev.sluice.api;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Why a try failed. Confined to the exchange's event loop. */
public interface Failure {

    /** The kind of failure. May grow: switch with a default. */
    enum Reason {
        /** No connection could be made: refused, unresolved, TLS. */
        CONNECT,
        /** No connection in time. */
        CONNECT_TIMEOUT,
        /** No first event in time. */
        FIRST_EVENT_TIMEOUT,
        /** No whole answer in time. */
        ANSWER_TIMEOUT,
        /** Silence in the middle of an answer. */
        IDLE_TIMEOUT,
        /** The try took too long altogether. */
        TOTAL_TIMEOUT,
        /** The connection broke before the answer was whole. */
        BROKEN,
        /** The upstream answered with an error status. */
        STATUS,
        /** An error inside an answer that had begun well. */
        IN_BAND,
        /** The answer cannot be understood, or is larger than the limits. */
        BAD_ANSWER,
        /** No endpoint of the provider may be used. */
        NO_ENDPOINT,
        /** A filter of the try threw or ran out of time. */
        FILTER
    }

    /** The try. */
    Attempt attempt();

    /**
     * The error status that the upstream sent, as the try's filters edited it; a {@link Reply} in its place is what the
     * client is told and changes nothing here, unless the upstream's status was a good one. 0 if there was no answer.
     */
    int status();

    /** The stable code, as a client would see it: {@code upstream_timeout}, or a reply's own. */
    String code();

    /** The kind. */
    Reason reason();

    /** Whether the same target may well answer if asked again: transport, timeouts, 408, 429, 5xx. */
    boolean isTransient();

    /** How long the upstream asked to wait ({@code Retry-After}); null if it did not. */
    @Nullable
    Duration retryAfter();

    /** The body of an error answer, in the client's dialect where a filter translated it; null if there is none. */
    @Nullable
    Body body();

    /** Whether another try is possible: the request's body is still there and tries are left. */
    boolean canRetry();

    /** Whether the client already has a part of the answer: then only {@link Recovery#resume} can help. */
    boolean accepted();

    /** What the client gets if nobody recovers. */
    Reply asReply();
}
