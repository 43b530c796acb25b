package dev.sluice.host.framing;

import dev.sluice.api.Event;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * Cuts one stream of bytes into events, wherever the network cut it before. Pulled, so that the reader can stop between
 * two events of one chunk: feed a chunk, call {@link #next} until it gives null, feed the next chunk; after the last one
 * call {@link #finish} until it gives null.
 *
 * <p>For one stream and one thread at a time.
 */
public interface EventDecoder {

    /**
     * Takes the next bytes of the stream; copies them only if they continue what is still unread.
     *
     * @param chunk of any size, even empty; must not be changed afterwards
     */
    void feed(Buffer chunk);

    /**
     * The next whole event; null if it takes more bytes, or if the stream has {@linkplain #ended ended}.
     *
     * @throws FramingException if the event, whole or not, is larger than the limit; so does every later call
     */
    @Nullable
    Event next();

    /**
     * What is left when the input has come to its end: whole events that were not pulled yet, then the last one if only
     * its terminator is missing, then null. Not for a stream that was cut: its last event may be half an event.
     *
     * @throws FramingException as {@link #next}
     */
    @Nullable
    Event finish();

    /** Whether the terminator {@code [DONE]} has been read, where it ends the stream; what follows it is ignored. */
    boolean ended();
}
