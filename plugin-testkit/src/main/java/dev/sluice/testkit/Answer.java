package dev.sluice.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link BrokenUpstream} does with one request, step by step: {@code
 * Answer.stream().event("{…}").pause(ofSeconds(1)).cut()}. Immutable: each method gives a longer answer.
 *
 * <p>The head is written with the first part of the body, or by {@link #head()}: steps before that come before the head.
 * The body is chunked unless a {@code content-length} is given. An answer whose steps run out without an ending stays
 * open like one that ends with {@link #silence()}.
 */
public final class Answer {
    private static final byte[] LAST_CHUNK = ascii("0\r\n\r\n");

    private final int status;
    private final List<Map.Entry<String, String>> headers;
    private final List<Step> steps;
    private final boolean byteByByte;
    private final boolean gzip;

    private Answer(
            int status, List<Map.Entry<String, String>> headers, List<Step> steps, boolean byteByByte, boolean gzip) {
        this.status = status;
        this.headers = headers;
        this.steps = steps;
        this.byteByByte = byteByByte;
        this.gzip = gzip;
    }

    /** An answer with that status, without header fields or steps so far. */
    public static Answer status(int status) {
        return new Answer(status, List.of(), List.of(), false, false);
    }

    /** A stream of server-sent events with status 200, still without events. */
    public static Answer stream() {
        return status(200).header("content-type", "text/event-stream");
    }

    /** A whole JSON answer. */
    public static Answer json(int status, String json) {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        return status(status)
                .header("content-type", "application/json")
                .header("content-length", Integer.toString(bytes.length))
                .chunk(bytes)
                .end();
    }

    /** No answer at all: the connection is reset once the request is read. */
    public static Answer resetBeforeHeaders() {
        return status(200).cut();
    }

    /** Adds a header field. */
    public Answer header(String name, String value) {
        List<Map.Entry<String, String>> more = new ArrayList<>(headers);
        more.add(Map.entry(name.toLowerCase(Locale.ROOT), value));
        return new Answer(status, List.copyOf(more), steps, byteByByte, gzip);
    }

    /** Compresses the body, each part so that it can be read as soon as it is there. */
    public Answer gzip() {
        return new Answer(status, headers, steps, byteByByte, true).header("content-encoding", "gzip");
    }

    /** Writes every byte by itself. */
    public Answer byteByByte() {
        return new Answer(status, headers, steps, true, gzip);
    }

    /** Writes the head now. */
    public Answer head() {
        return step(Play::head);
    }

    /** Writes a part of the body, as a chunk of its own. */
    public Answer chunk(byte[] part) {
        return step(play -> play.body(part));
    }

    /** Writes a part of the body, as a chunk of its own. */
    public Answer chunk(String part) {
        return chunk(part.getBytes(StandardCharsets.UTF_8));
    }

    /** Writes one server-sent event with that data, as a chunk of its own. */
    public Answer event(String data) {
        return chunk("data: " + data + "\n\n");
    }

    /** Writes that many parts of that size as fast as the peer reads; see {@link Received#written}. */
    public Answer firehose(int bytes, int count) {
        byte[] part = new byte[bytes];
        Arrays.fill(part, (byte) 'x');
        return step(play -> {
            for (int i = 0; i < count; i++) {
                play.body(part);
            }
        });
    }

    /** Writes these bytes on the connection as they are; neither head nor chunk is made for them. */
    public Answer raw(byte[] bytes) {
        return step(play -> play.write(bytes));
    }

    /** Writes this text on the connection as it is. */
    public Answer raw(String text) {
        return raw(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Waits; not beyond the moment when the peer leaves. */
    public Answer pause(Duration time) {
        return step(play -> play.connection.await(time));
    }

    /** Waits for the test; not beyond the moment when the peer leaves. */
    public Answer await(CompletionStage<?> signal) {
        return step(play -> play.connection.await(signal));
    }

    /** Ends the answer as it should be; the connection is kept for the next request unless a header says other. */
    public Answer end() {
        return step(Play::end);
    }

    /** Resets the connection (RST). */
    public Answer cut() {
        return step(play -> play.connection.cut());
    }

    /** Closes the connection (FIN) without an end of the answer: in the middle of the body if there is one. */
    public Answer close() {
        return step(play -> play.connection.close());
    }

    /** Says nothing more, the connection open, until the peer leaves. */
    public Answer silence() {
        return step(play -> play.connection.awaitPeer());
    }

    private Answer step(Step step) {
        List<Step> more = new ArrayList<>(steps);
        more.add(step);
        return new Answer(status, headers, List.copyOf(more), byteByByte, gzip);
    }

    /** Does all this on the connection; an exception means that the peer has left. */
    void play(UpstreamConnection connection, Received received) throws IOException, InterruptedException {
        Play play = new Play(connection, received);
        for (Step step : steps) {
            step.run(play);
        }
        if (received.ending() == null) {
            connection.awaitPeer();
        }
    }

    @FunctionalInterface
    private interface Step {
        void run(Play play) throws IOException, InterruptedException;
    }

    /** This answer as it is being given. */
    private final class Play {
        private final UpstreamConnection connection;
        private final Received received;
        private final boolean chunked =
                headers.stream().noneMatch(h -> h.getKey().equals("content-length"));
        private final ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        private final @Nullable GZIPOutputStream zip;
        private boolean headWritten;

        Play(UpstreamConnection connection, Received received) {
            this.connection = connection;
            this.received = received;
            try {
                this.zip = gzip ? new GZIPOutputStream(zipped, true) : null;
            } catch (IOException e) {
                throw new UncheckedIOException("no I/O in memory", e);
            }
        }

        void head() throws IOException {
            if (headWritten) {
                return;
            }
            headWritten = true;
            StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " Scripted\r\n");
            headers.forEach(h ->
                    head.append(h.getKey()).append(": ").append(h.getValue()).append("\r\n"));
            if (chunked) {
                head.append("transfer-encoding: chunked\r\n");
            }
            write(ascii(head.append("\r\n").toString()));
        }

        void body(byte[] part) throws IOException {
            head();
            if (zip != null) {
                zip.write(part);
                zip.flush();
                framed(zippedSoFar());
            } else {
                framed(part);
            }
        }

        void end() throws IOException {
            head();
            if (zip != null) {
                zip.finish();
                framed(zippedSoFar());
            }
            if (chunked) {
                write(LAST_CHUNK);
            }
            boolean last = headers.stream()
                    .anyMatch(
                            h -> h.getKey().equals("connection") && h.getValue().equals("close"));
            connection.answered(last);
        }

        private byte[] zippedSoFar() {
            byte[] bytes = zipped.toByteArray();
            zipped.reset();
            return bytes;
        }

        private void framed(byte[] part) throws IOException {
            if (!chunked || part.length == 0) {
                write(part);
                return;
            }
            ByteArrayOutputStream chunk = new ByteArrayOutputStream(part.length + 16);
            chunk.writeBytes(ascii(Integer.toHexString(part.length) + "\r\n"));
            chunk.writeBytes(part);
            chunk.writeBytes(ascii("\r\n"));
            write(chunk.toByteArray());
        }

        void write(byte[] bytes) throws IOException {
            int step = byteByByte ? 1 : Math.max(1, bytes.length);
            for (int i = 0; i < bytes.length; i += step) {
                connection.write(bytes, i, step);
                received.wrote(step);
            }
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
