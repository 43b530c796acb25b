package dev.sluice.host.framing;

import dev.sluice.api.Event;
import io.vertx.core.buffer.Buffer;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A way to put events into a stream of bytes, chosen by media type. May grow: switch with a default. */
public enum Framing {

    /**
     * Server-sent events. An event that arrived so is written as its bytes. Else its name, id and retry time are written
     * if it has them, then a {@code data} line for each line of its data; CR and CRLF in it are line ends, and read back
     * as LF. A name or id with a line end is refused.
     */
    SSE(Sse.MEDIA_TYPE) {
        @Override
        public EventDecoder decoder(int maxEventBytes, boolean doneEnds) {
            return new SseDecoder(maxEventBytes, doneEnds);
        }

        @Override
        void spell(Event event, Buffer out) {
            Sse.encode(event, out);
        }
    },

    /**
     * One JSON text per line. An event that arrived so is written as its bytes. Else its data is written as a line:
     * as it is if it is one, in one line if it is JSON in several, as a JSON string if it is other text in several. Name,
     * id and retry time have no place here; an event without data has none either and is dropped.
     */
    NDJSON(Ndjson.MEDIA_TYPE) {
        @Override
        public EventDecoder decoder(int maxEventBytes, boolean doneEnds) {
            return new NdjsonDecoder(maxEventBytes, doneEnds);
        }

        @Override
        void spell(Event event, Buffer out) {
            Ndjson.encode(event, out);
        }
    };

    /** The "framing" of an event that arrived but whose frame is nothing but its data, line ends and all. */
    static final String BARE = "";

    private final String mediaType;

    Framing(String mediaType) {
        this.mediaType = mediaType;
    }

    /**
     * The framing of a media type; null if it is none of a stream of events.
     *
     * @param contentType as in the header: parameters and case do not matter; null if there is no such header
     */
    public static @Nullable Framing of(@Nullable String contentType) {
        if (contentType == null) {
            return null;
        }
        int parameters = contentType.indexOf(';');
        String mediaType = (parameters < 0 ? contentType : contentType.substring(0, parameters))
                .strip()
                .toLowerCase(Locale.ROOT);
        return switch (mediaType) {
            case Sse.MEDIA_TYPE -> SSE;
            case Ndjson.MEDIA_TYPE, "application/ndjson", "application/jsonl" -> NDJSON;
            default -> null;
        };
    }

    /** The media type under which it is written, without parameters. */
    public String mediaType() {
        return mediaType;
    }

    /**
     * A decoder for one stream.
     *
     * @param maxEventBytes how large an event may be on the wire, line ends and comments included
     * @param doneEnds whether an event whose data is {@code [DONE]} ends the stream; if not, it is an event like others
     */
    public abstract EventDecoder decoder(int maxEventBytes, boolean doneEnds);

    /**
     * Appends the event to what is to be written.
     *
     * @throws IllegalArgumentException if the event cannot be framed so
     */
    public void encode(Event event, Buffer out) {
        byte[] frame = event.frame(mediaType());
        if (frame != null) {
            out.appendBytes(frame);
        } else {
            spell(event, out);
        }
    }

    abstract void spell(Event event, Buffer out);
}
