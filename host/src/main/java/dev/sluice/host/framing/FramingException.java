package dev.sluice.host.framing;

/** A stream cannot be cut into events: one of them is larger than the limit. The decoder is of no use afterwards. */
public final class FramingException extends RuntimeException {

    FramingException(String message) {
        super(message);
    }

    static FramingException tooLarge(int maxEventBytes) {
        return new FramingException("an event of the stream is larger than the limit of " + maxEventBytes + " bytes");
    }
}
