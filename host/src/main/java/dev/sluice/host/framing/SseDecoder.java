package dev.sluice.host.framing;

import dev.sluice.api.Event;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Server-sent events as WHATWG parses them, except that the input's end completes an event. */
final class SseDecoder implements EventDecoder {
    private static final byte[] DATA = ascii("data");
    private static final byte[] EVENT = ascii("event");
    private static final byte[] ID = ascii("id");
    private static final byte[] RETRY = ascii("retry");
    private static final int MAX_RETRY_DIGITS = 15;

    private final Window in = new Window();
    private final int maxEventBytes;
    private final boolean doneEnds;
    private boolean ended;

    /** A CR has ended the last line: an LF that follows belongs to it. */
    private boolean afterCr;

    private int line;
    private int scan;

    // The event being read, which begins at offset 0.
    private int dataLines;
    private int dataFrom;
    private int dataTo;

    /** The data, once it has a second line. */
    private @Nullable ByteArrayOutputStream joined;

    /** Whether its bytes are what we would write: line feeds only, no comment. */
    private boolean asItStands = true;

    private @Nullable String name;
    private @Nullable String id;
    private @Nullable Duration retry;
    private String lastName = "";

    SseDecoder(int maxEventBytes, boolean doneEnds) {
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
            skipLineFeed();
            int end = in.lineEnd(scan);
            scan = end < 0 ? in.length() : end + 1;
            if (scan > maxEventBytes) {
                scan = line;
                throw FramingException.tooLarge(maxEventBytes);
            }
            if (end < 0) {
                return null;
            }
            afterCr = in.at(end) == '\r';
            if (end > line) {
                readLine(end);
                line = scan;
                continue;
            }
            asItStands &= !afterCr;
            Event event = dataLines == 0 ? null : takeEvent(end + 1);
            in.drop(end + 1);
            reset();
            if (ended) {
                in.clear();
                return null;
            }
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
        if (in.length() > line) {
            readLine(in.length());
        }
        asItStands = false;
        event = dataLines == 0 ? null : takeEvent(in.length());
        in.clear();
        reset();
        return event;
    }

    @Override
    public boolean ended() {
        return ended;
    }

    private void skipLineFeed() {
        if (!afterCr || in.length() == line) {
            return;
        }
        afterCr = false;
        if (in.at(line) == '\n') {
            if (line == 0) {
                in.drop(1);
            } else {
                line++;
                scan = line;
            }
        }
    }

    private void readLine(int end) {
        if (in.at(line) == ':') {
            if (line == 0) {
                in.drop(scan);
                scan = 0;
            } else {
                asItStands = false;
            }
            return;
        }
        asItStands &= !afterCr;
        if (isField(DATA, end)) {
            readData(valueOf(DATA, end), end);
        } else if (isField(EVENT, end)) {
            readName(valueOf(EVENT, end), end);
        } else if (isField(ID, end)) {
            int from = valueOf(ID, end);
            if (in.find(0, from, end) == end) {
                id = in.text(from, end);
            }
        } else if (isField(RETRY, end)) {
            readRetry(valueOf(RETRY, end), end);
        }
    }

    private boolean isField(byte[] field, int end) {
        int after = line + field.length;
        return in.startsWith(field, line, end) && (after == end || in.at(after) == ':');
    }

    private int valueOf(byte[] field, int end) {
        int from = Math.min(line + field.length + 1, end);
        return from < end && in.at(from) == ' ' ? from + 1 : from;
    }

    private void readData(int from, int to) {
        if (dataLines++ == 0) {
            dataFrom = from;
            dataTo = to;
            return;
        }
        ByteArrayOutputStream all = joined;
        if (all == null) {
            all = new ByteArrayOutputStream();
            all.writeBytes(in.copy(dataFrom, dataTo));
            joined = all;
        }
        all.write('\n');
        all.writeBytes(in.copy(from, to));
    }

    private void readName(int from, int to) {
        // Streams repeat a handful of names: the one before is most often this one too.
        if (!in.isAscii(lastName, from, to)) {
            lastName = in.text(from, to);
        }
        name = lastName.isEmpty() ? null : lastName;
    }

    private void readRetry(int from, int to) {
        if (from == to || to - from > MAX_RETRY_DIGITS) {
            return;
        }
        long millis = 0;
        for (int i = from; i < to; i++) {
            int digit = in.at(i) - '0';
            if (digit < 0 || digit > 9) {
                return;
            }
            millis = millis * 10 + digit;
        }
        retry = Duration.ofMillis(millis);
    }

    private @Nullable Event takeEvent(int end) {
        if (doneEnds && joined == null && in.isDone(dataFrom, dataTo)) {
            ended = true;
            return null;
        }
        if (joined != null) {
            byte[] data = joined.toByteArray();
            return Event.arrived(Framing.BARE, data, 0, data.length, name, id, retry);
        }
        if (asItStands) {
            return Event.arrived(Sse.MEDIA_TYPE, in.copy(0, end), dataFrom, dataTo, name, id, retry);
        }
        byte[] head = Sse.fields(name, id, retry).concat("data: ").getBytes(StandardCharsets.UTF_8);
        int dataEnd = head.length + dataTo - dataFrom;
        byte[] frame = new byte[dataEnd + 2];
        System.arraycopy(head, 0, frame, 0, head.length);
        in.copyTo(frame, head.length, dataFrom, dataTo);
        frame[dataEnd] = '\n';
        frame[dataEnd + 1] = '\n';
        return Event.arrived(Sse.MEDIA_TYPE, frame, head.length, dataEnd, name, id, retry);
    }

    private void reset() {
        line = 0;
        scan = 0;
        dataLines = 0;
        joined = null;
        asItStands = true;
        name = null;
        id = null;
        retry = null;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
