package dev.sluice.host.exchange;

import io.netty.buffer.ByteBuf;
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

    /** Its bytes; its own array where that holds nothing else, so nobody may change either afterwards. */
    static byte[] bytes(Buffer buffer) {
        ByteBuf held = ((BufferInternal) buffer).getByteBuf();
        boolean alone = held.hasArray() && held.arrayOffset() == 0 && held.array().length == held.readableBytes();
        return alone ? held.array() : buffer.getBytes();
    }
}
