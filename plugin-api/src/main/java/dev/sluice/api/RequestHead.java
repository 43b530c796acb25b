package dev.sluice.api;

import org.jspecify.annotations.Nullable;

/** The head of a request: what is known before its body. */
public interface RequestHead {

    /** The method, in upper case. */
    String method();

    /** The path, normalised ({@code //}, {@code .}, {@code ..} resolved), still percent-encoded, without the query. */
    String path();

    /** The query without its question mark, still percent-encoded; null if there is none. */
    @Nullable
    String query();

    /** The header fields; may be changed by filters, and is sent upstream as left by the last of them. */
    Headers headers();

    /** The address of the peer on the socket, without port. */
    String remoteAddress();
}
