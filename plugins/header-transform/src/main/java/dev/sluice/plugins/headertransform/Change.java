package dev.sluice.plugins.headertransform;

import dev.sluice.api.Headers;
import dev.sluice.api.RequestHead;

/** One change of header fields. Immutable. */
@FunctionalInterface
interface Change {

    /**
     * Makes the change.
     *
     * @param fields the fields that are changed
     * @param request the request that they belong to, or answer
     */
    void apply(Headers fields, RequestHead request);
}
