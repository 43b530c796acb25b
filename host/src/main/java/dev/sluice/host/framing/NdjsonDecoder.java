package dev.sluice.host.framing;

import dev.sluice.api.Event;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/** A JSON text per line: LF or CRLF ends it, blank lines are skipped, a lone CR is white space. */
final class NdjsonDecoder implements EventDecoder {
    private final Window in = new Window();
    private final int maxEventBytes;
    private final boolean doneEnds;
    private boolean ended;
    private int scan;

    NdjsonDecoder(int maxEventBytes, boolean doneEnds) {
        this.maxEventBytes = maxEventBytes;
        this.doneEnds = doneEnds;
    }

    @Override
    public void feed(Buffer chunk) {
        if (!ended) {
            in.append(chunk);
        }
    }

    @Override
    public @Nullable Event next() {
        if (ended || !in.skipByteOrderMark()) {
            return null;
        }
        while (true) {
            int end = in.lineFeed(scan);
            int seen = end < 0 ? in.length() : end + 1;
            if (seen > maxEventBytes) {
                throw FramingException.tooLarge(maxEventBytes);
            }
            if (end < 0) {
                scan = seen;
                return null;
            }
            Event event = takeEvent(end, seen);
            scan = 0;
            if (ended) {
                in.clear();
                return null;
            }
            in.drop(seen);
            if (event != null) {
                return event;
            }
        }
    }

    @Override
    public @Nullable Event finish() {
        Event event = next();
        if (event != null || ended) {
            return event;
        }
        event = takeEvent(in.length(), in.length());
        in.clear();
        scan = 0;
        return event;
    }

    @Override
    public boolean ended() {
        return ended;
    }

    private @Nullable Event takeEvent(int lineEnd, int end) {
        if (in.isBlank(0, lineEnd)) {
            return null;
        }
        if (doneEnds && in.isDone(0, lineEnd)) {
            ended = true;
            return null;
        }
        int dataTo = in.at(lineEnd - 1) == '\r' ? lineEnd - 1 : lineEnd;
        byte[] frame;
        if (end == dataTo + 1) {
            frame = in.copy(0, end);
        } else {
            frame = new byte[dataTo + 1];
            in.copyTo(frame, 0, 0, dataTo);
        }
        frame[dataTo] = '\n';
        return Event.arrived(Ndjson.MEDIA_TYPE, frame, 0, dataTo, null, null, null);
    }
}
