package dev.sluice.host.exchange;

import dev.sluice.api.Failure.Reason;
import dev.sluice.host.framing.EventDecoder;
import dev.sluice.host.framing.FramingException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads an upstream's answer and feeds it to its try: as events, as one body, or as the raw bytes, whichever is the least
 * that the filters need. Reads no further than they can take.
 */
final class AnswerReader {

    /** How an answer is read. */
    enum Mode {
        /** Event by event. */
        EVENTS,
        /** Whole. */
        BODY,
        /** Whole if it is no larger than the bound, else as raw bytes. */
        BODY_IF_SMALL,
        /** As bytes nobody looks at. */
        RAW
    }

    private final Loop loop;
    private final HttpClientResponse response;
    private final Try owner;
    private final Ascent ascent;
    private final TryDeadlines deadlines;
    private final @Nullable EventDecoder decoder;
    private final @Nullable Inflation inflation;
    private final long maxBody;
    private Mode mode;
    private Chunks collected = new Chunks();
    private boolean paused;
    private boolean pumping;
    private boolean upstreamEnded;
    private boolean done;

    /**
     * A reader.
     *
     * @param decoder for events; null in the other modes
     * @param inflation undoes the content coding; null if there is none, or nobody looks
     * @param maxBody bytes of a body that is read whole
     */
    AnswerReader(
            Loop loop,
            HttpClientResponse response,
            Try owner,
            Ascent ascent,
            TryDeadlines deadlines,
            Mode mode,
            @Nullable EventDecoder decoder,
            @Nullable Inflation inflation,
            long maxBody) {
        this.loop = loop;
        this.response = response;
        this.owner = owner;
        this.ascent = ascent;
        this.deadlines = deadlines;
        this.mode = mode;
        this.decoder = decoder;
        this.inflation = inflation;
        this.maxBody = maxBody;
    }

    /** Takes over the response; in the same task that it arrived in. */
    void start() {
        response.exceptionHandler(this::failed);
        response.handler(this::chunk);
        response.endHandler(end -> upstreamEnd());
        if (ascent.blocked()) {
            pause();
        }
    }

    /** What was blocked is no longer. */
    void ready() {
        if (!done && !pumping) {
            pump();
        }
    }

    /** Reads no more. */
    void stop() {
        done = true;
        if (inflation != null) {
            inflation.close();
        }
    }

    private void chunk(Buffer raw) {
        deadlines.activity();
        if (done) {
            return;
        }
        Buffer chunk = raw;
        if (inflation != null) {
            try {
                chunk = inflation.inflate(raw);
            } catch (RuntimeException e) {
                broken(Reason.BAD_ANSWER, "the provider's answer is not encoded as it says");
                return;
            }
        }
        switch (mode) {
            case EVENTS -> {
                Objects.requireNonNull(decoder).feed(chunk);
                pump();
            }
            case RAW -> {
                ascent.bytes(chunk);
                if (!done && ascent.blocked()) {
                    pause();
                }
            }
            default -> collect(chunk);
        }
    }

    private void collect(Buffer chunk) {
        collected.add(chunk);
        if (collected.size() <= maxBody) {
            return;
        }
        if (mode == Mode.BODY_IF_SMALL) {
            mode = Mode.RAW;
            Buffer sofar = Buffers.wrap(collected.bytes());
            collected = new Chunks();
            ascent.bytes(sofar);
            if (!done && ascent.blocked()) {
                pause();
            }
        } else {
            broken(Reason.BAD_ANSWER, "the provider's answer is larger than " + maxBody + " bytes");
        }
    }

    private void pump() {
        EventDecoder events = decoder;
        if (events == null) {
            if (ascent.blocked()) {
                pause();
            } else {
                resume();
            }
            return;
        }
        pumping = true;
        try {
            while (!done) {
                if (ascent.blocked()) {
                    pause();
                    return;
                }
                var event = events.next();
                if (event == null) {
                    break;
                }
                ascent.event(event);
            }
            if (!done && (events.ended() || upstreamEnded)) {
                finishEvents(events);
            }
        } catch (FramingException e) {
            broken(Reason.BAD_ANSWER, "the provider's stream cannot be read: " + e.getMessage());
        } finally {
            pumping = false;
        }
        resume();
    }

    private void finishEvents(EventDecoder events) {
        while (!events.ended()) {
            var rest = events.finish();
            if (rest == null) {
                break;
            }
            ascent.event(rest);
            if (done) {
                return;
            }
            if (ascent.blocked()) {
                pause();
                return;
            }
        }
        allArrived();
        ascent.end();
    }

    private void upstreamEnd() {
        upstreamEnded = true;
        if (done) {
            return;
        }
        switch (mode) {
            case EVENTS -> {
                if (!pumping) {
                    pump();
                }
            }
            case RAW -> {
                allArrived();
                ascent.rawEnd();
            }
            default -> {
                allArrived();
                owner.bodyRead(collected.bytes());
            }
        }
    }

    /** From here on only the filters can be late, and their stages have a deadline of their own. */
    private void allArrived() {
        stop();
        deadlines.stop();
    }

    private void failed(Throwable cause) {
        if (!done && !upstreamEnded) {
            broken(Reason.BROKEN, "the provider's answer was cut");
        }
    }

    private void broken(Reason reason, String message) {
        stop();
        owner.fail(reason, message);
    }

    private void pause() {
        if (!paused) {
            paused = true;
            response.pause();
            deadlines.pause();
        }
    }

    private void resume() {
        if (paused) {
            paused = false;
            deadlines.resume();
            response.resume();
        }
    }

    /** Whether the upstream has sent everything, so that its connection is free again. */
    boolean isDrained() {
        return upstreamEnded;
    }

    /** Lets go of the connection: what still comes is dropped, but not waited for long. */
    void drain(Runnable reset) {
        stop();
        if (upstreamEnded) {
            return;
        }
        resume();
        loop.setTimer(500, () -> {
            if (!upstreamEnded) {
                reset.run();
            }
        });
    }
}
