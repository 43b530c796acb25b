package dev.sluice.host.framing;

import dev.sluice.api.Event;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Decodes whole streams for tests, cut where the test says. */
final class Streams {
    static final int ROOMY = 1 << 20;

    private Streams() {}

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static List<Event> decode(Framing framing, byte[] stream, int... cuts) {
        return decode(framing.decoder(ROOMY, true), stream, cuts);
    }

    static List<Event> decode(EventDecoder decoder, byte[] stream, int... cuts) {
        List<Event> events = new ArrayList<>();
        int from = 0;
        for (int cut : cuts) {
            decoder.feed(Buffer.buffer(Arrays.copyOfRange(stream, from, cut)));
            pull(decoder, events);
            from = cut;
        }
        decoder.feed(Buffer.buffer(Arrays.copyOfRange(stream, from, stream.length)));
        pull(decoder, events);
        for (Event e = decoder.finish(); e != null; e = decoder.finish()) {
            events.add(e);
        }
        return events;
    }

    private static void pull(EventDecoder decoder, List<Event> into) {
        for (Event e = decoder.next(); e != null; e = decoder.next()) {
            into.add(e);
        }
    }

    static String encode(Framing framing, List<Event> events) {
        Buffer out = Buffer.buffer();
        events.forEach(e -> framing.encode(e, out));
        return out.toString();
    }
}
