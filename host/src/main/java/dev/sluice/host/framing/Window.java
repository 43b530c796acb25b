package dev.sluice.host.framing;

import io.netty.buffer.ByteBuf;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The bytes of a stream that are fed but not consumed, contiguous. A chunk that meets an empty window is read where it
 * lies; one that continues an event is appended to an array of the window's own. Offsets count from the first byte kept.
 */
final class Window {
    private static final byte[] NOTHING = {};
    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
    private static final byte[] DONE = "[DONE]".getBytes(StandardCharsets.US_ASCII);

    private byte[] bytes = NOTHING;
    private int from;
    private int to;
    private boolean owned;
    private boolean started;

    void append(Buffer chunk) {
        ByteBuf in = ((BufferInternal) chunk).getByteBuf();
        int more = in.readableBytes();
        if (more == 0) {
            return;
        }
        if (from == to) {
            if (in.hasArray()) {
                // May be kept until the next chunk: what Vert.x hands out is on the heap and never pooled.
                bytes = in.array();
                from = in.arrayOffset() + in.readerIndex();
                owned = false;
            } else {
                bytes = new byte[more];
                in.getBytes(in.readerIndex(), bytes);
                from = 0;
                owned = true;
            }
            to = from + more;
            return;
        }
        makeRoom(more);
        in.getBytes(in.readerIndex(), bytes, to, more);
        to += more;
    }

    private void makeRoom(int more) {
        int kept = to - from;
        if (owned && to + more <= bytes.length) {
            return;
        }
        int needed = Math.addExact(kept, more);
        byte[] roomy = owned && needed <= bytes.length
                ? bytes
                : new byte[Math.max(needed, (int) Math.min(2L * kept, Integer.MAX_VALUE - 8))];
        System.arraycopy(bytes, from, roomy, 0, kept);
        bytes = roomy;
        owned = true;
        from = 0;
        to = kept;
    }

    /**
     * Drops the byte order mark that a stream may begin with.
     *
     * @return whether enough has arrived to tell; always true after the first time
     */
    boolean skipByteOrderMark() {
        if (started) {
            return true;
        }
        int seen = Math.min(length(), BYTE_ORDER_MARK.length);
        if (Arrays.equals(bytes, from, from + seen, BYTE_ORDER_MARK, 0, seen)) {
            if (seen < BYTE_ORDER_MARK.length) {
                return false;
            }
            drop(seen);
        }
        started = true;
        return true;
    }

    int length() {
        return to - from;
    }

    byte at(int offset) {
        return bytes[from + offset];
    }

    /** The offset of the first LF at or after that offset, or -1. */
    int lineFeed(int offset) {
        byte[] b = bytes;
        for (int i = from + offset; i < to; i++) {
            if (b[i] == '\n') {
                return i - from;
            }
        }
        return -1;
    }

    /** The offset of the first CR or LF at or after that offset, or -1. */
    int lineEnd(int offset) {
        byte[] b = bytes;
        for (int i = from + offset; i < to; i++) {
            if (b[i] == '\n' || b[i] == '\r') {
                return i - from;
            }
        }
        return -1;
    }

    /** The offset of that byte in a range, or the range's end. */
    int find(int b, int begin, int end) {
        for (int i = begin; i < end; i++) {
            if (bytes[from + i] == b) {
                return i;
            }
        }
        return end;
    }

    boolean startsWith(byte[] prefix, int begin, int end) {
        return end - begin >= prefix.length
                && Arrays.equals(bytes, from + begin, from + begin + prefix.length, prefix, 0, prefix.length);
    }

    boolean isBlank(int begin, int end) {
        for (int i = begin; i < end; i++) {
            if (!isSpace(at(i))) {
                return false;
            }
        }
        return true;
    }

    /** Whether the range holds the terminator {@code [DONE]}, with or without space around it. */
    boolean isDone(int begin, int end) {
        int b = begin;
        int e = end;
        while (b < e && isSpace(at(b))) {
            b++;
        }
        while (e > b && isSpace(at(e - 1))) {
            e--;
        }
        return e - b == DONE.length && startsWith(DONE, b, e);
    }

    byte[] copy(int begin, int end) {
        return Arrays.copyOfRange(bytes, from + begin, from + end);
    }

    void copyTo(byte[] target, int at, int begin, int end) {
        System.arraycopy(bytes, from + begin, target, at, end - begin);
    }

    String text(int begin, int end) {
        return new String(bytes, from + begin, end - begin, StandardCharsets.UTF_8);
    }

    /** Whether the range holds these ASCII characters and nothing else. */
    boolean isAscii(String text, int begin, int end) {
        if (text.length() != end - begin) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (bytes[from + begin + i] != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    void drop(int count) {
        from += count;
    }

    void clear() {
        bytes = NOTHING;
        from = 0;
        to = 0;
        owned = false;
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || b == '\t' || b == '\r' || b == '\n';
    }
}
