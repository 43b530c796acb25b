package dev.sluice.host.exchange;

import dev.sluice.api.Headers;
import dev.sluice.api.RequestHead;
import org.jspecify.annotations.Nullable;

/** The head of a client's request, its path normalised. */
record HostRequestHead(
        String method, String path, @Nullable String query, HostHeaders fields, String remoteAddress, String scheme)
        implements RequestHead {

    @Override
    public Headers headers() {
        return fields;
    }
}
