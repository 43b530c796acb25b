package dev.sluice.host.exchange;

import dev.sluice.api.Event;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/** Whoever gets the answer: a client's connection, or a filter that asked a model. On the exchange's event loop. */
interface Downstream {

    /** The head; written with the first byte that follows. */
    void head(HostResponseHead head);

    void event(Event event);

    void bytes(Buffer bytes);

    /** A whole body; the answer ends with it. */
    void body(HostBody body);

    /** The answer is whole; {@code stream}: it came as events, else as raw bytes. */
    void end(boolean stream);

    /**
     * The answer cannot be completed: never ends as if it were whole.
     *
     * @param error an event that says so, for a stream; or null
     */
    void abort(@Nullable Event error);

    /** Whether a byte of the head has been written. */
    boolean headWritten();

    /** Bytes of the answer handed over so far, framing included. */
    long bytesSent();

    /** The status written, or 0. */
    int status();

    /** Whether more output would only pile up; {@link HostExchange#ready} is called when it no longer would. */
    boolean full();
}
