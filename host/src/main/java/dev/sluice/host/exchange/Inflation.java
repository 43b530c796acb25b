package dev.sluice.host.exchange;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.compression.ZlibCodecFactory;
import io.netty.handler.codec.compression.ZlibWrapper;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Undoes an answer's content coding, as it arrives. */
final class Inflation {
    private static final int MAX_ALLOCATION = 64 * 1024 * 1024;
    private final EmbeddedChannel zlib;

    private Inflation(ZlibWrapper wrapper) {
        zlib = new EmbeddedChannel(ZlibCodecFactory.newZlibDecoder(wrapper, MAX_ALLOCATION));
    }

    /** The inflation for that content coding; null for one that is none, or not known. */
    static @Nullable Inflation of(@Nullable String contentEncoding) {
        if (contentEncoding == null) {
            return null;
        }
        return switch (contentEncoding.trim().toLowerCase(Locale.ROOT)) {
            case "gzip", "x-gzip" -> new Inflation(ZlibWrapper.GZIP);
            case "deflate" -> new Inflation(ZlibWrapper.ZLIB_OR_NONE);
            default -> null;
        };
    }

    Buffer inflate(Buffer chunk) {
        zlib.writeInbound(Unpooled.wrappedBuffer(((BufferInternal) chunk).getByteBuf()));
        Buffer out = Buffer.buffer();
        for (ByteBuf part = zlib.readInbound(); part != null; part = zlib.readInbound()) {
            byte[] bytes = new byte[part.readableBytes()];
            part.readBytes(bytes);
            part.release();
            out.appendBytes(bytes);
        }
        return out;
    }

    void close() {
        zlib.finishAndReleaseAll();
    }
}
