package dev.sluice.host.exchange;

import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/** A body as it comes; most come in one piece, which is copied once. */
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

    /** All of it, in an array of its own. */
    byte[] bytes() {
        if (first == null) {
            return new byte[0];
        }
        return all == null ? first.getBytes() : all.getBytes();
    }
}
