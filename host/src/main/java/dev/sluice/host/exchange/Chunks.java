package dev.sluice.host.exchange;

import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/** A body as it comes; most come in one piece, which is not copied. */
final class Chunks {
    private @Nullable Buffer first;
    private @Nullable Buffer all;
    private long size;

    /** One more, which nobody changes afterwards. */
    void add(Buffer chunk) {
        size += chunk.length();
        if (first == null) {
            first = chunk;
            return;
        }
        if (all == null) {
            all = Buffer.buffer(2 * (first.length() + chunk.length())).appendBuffer(first);
        }
        all.appendBuffer(chunk);
    }

    long size() {
        return size;
    }

    /** All of it, in an array that is the caller's from here on. */
    byte[] bytes() {
        if (first == null) {
            return new byte[0];
        }
        return Buffers.bytes(all == null ? first : all);
    }
}
