package dev.sluice.host.exchange;

import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;

/** Buffers over arrays without a copy. */
final class Buffers {
    private Buffers() {}

    /** A buffer over these bytes, which nobody may change afterwards. */
    static Buffer wrap(byte[] bytes) {
        return BufferInternal.buffer(Unpooled.wrappedBuffer(bytes));
    }
}
