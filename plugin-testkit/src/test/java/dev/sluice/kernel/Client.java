package dev.sluice.kernel;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.llm.ChatReply;
import dev.sluice.api.llm.Chats;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;

/**
 * A client on a plain socket: sees what of an answer has arrived so far and how it ended, reads when it is told to, and
 * may leave at any moment.
 */
final class Client implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Socket socket = new Socket();
    private final ByteArrayOutputStream raw = new ByteArrayOutputStream();
    private boolean over;

    private Client(URI uri) {
        try {
            socket.setReceiveBufferSize(16 * 1024);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), uri.getPort()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Posts JSON and reads what comes. */
    static Client post(URI uri, String json) {
        return unread(uri, json).read();
    }

    /** Posts JSON and reads nothing yet. */
    static Client unread(URI uri, String json) {
        byte[] body = json.getBytes(UTF_8);
        return open(uri, "POST", "content-type: application/json\r\ncontent-length: " + body.length)
                .write(body);
    }

    /** Sends a request's head and reads nothing yet. */
    static Client open(URI uri, String method, String headers) {
        String head = method + " " + uri.getPath() + " HTTP/1.1\r\nhost: test\r\n" + headers + "\r\n\r\n";
        return new Client(uri).write(head.getBytes(ISO_8859_1));
    }

    Client write(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Begins to read. */
    Client read() {
        Thread reader = new Thread(this::readAll, "client");
        reader.setDaemon(true);
        reader.start();
        return this;
    }

    private void readAll() {
        byte[] chunk = new byte[64 * 1024];
        try {
            InputStream in = socket.getInputStream();
            for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                synchronized (this) {
                    raw.write(chunk, 0, n);
                    notifyAll();
                }
            }
        } catch (IOException e) {
            // Reset, or closed by the test: in each case nothing more comes.
        }
        synchronized (this) {
            over = true;
            notifyAll();
        }
    }

    private synchronized void until(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0 || (over && !what.isEmpty())) {
                throw new AssertionError("no " + (what.isEmpty() ? "end" : what) + " but: " + raw.toString(UTF_8));
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }
    }

    /** How many bytes have arrived. */
    synchronized int received() {
        return raw.size();
    }

    /** Waits until the answer has ended, well or not. */
    Client finish() {
        until("", () -> over || answer().whole());
        return this;
    }

    /** Waits until so many bytes have arrived. */
    Client awaitBytes(int count) {
        until(count + " bytes", () -> received() >= count);
        return this;
    }

    /** Waits until this text has arrived. */
    Client awaitText(String text) {
        until("'" + text + "'", () -> body().contains(text));
        return this;
    }

    /** Whether the answer ended as an answer should. */
    boolean whole() {
        return answer().whole();
    }

    int status() {
        String line = answer().head().lines().findFirst().orElse("HTTP/1.1 0");
        return Integer.parseInt(line.split(" ")[1]);
    }

    /** The values of a header field, joined by commas; empty if there is none. */
    String header(String name) {
        List<String> values = answer().head()
                .lines()
                .skip(1)
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1).trim())
                .toList();
        return String.join(",", values);
    }

    String body() {
        return answer().body();
    }

    JsonNode json() {
        try {
            return MAPPER.readTree(body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The events that have arrived whole, the terminator included. */
    List<Event> events() {
        List<Event> events = new ArrayList<>();
        String body = body();
        int end = body.lastIndexOf("\n\n");
        for (String frame : end < 0 ? new String[0] : body.substring(0, end).split("\n\n")) {
            String name = null;
            String data = null;
            for (String line : frame.split("\n")) {
                if (line.startsWith("event: ")) {
                    name = line.substring(7);
                } else if (line.startsWith("data: ")) {
                    data = line.substring(6);
                }
            }
            if (data != null) {
                Event event = Event.data(data);
                events.add(name == null ? event : event.name(name));
            }
        }
        return events;
    }

    /** The whole answer, read as its mode demands. */
    ChatReply reply(Dialect dialect) {
        JsonNode tree =
                header("content-type").startsWith("text/event-stream") ? Chats.aggregate(dialect, events()) : json();
        return ChatReply.of(dialect, tree);
    }

    /** The text of the answer. */
    String text(Dialect dialect) {
        return reply(dialect).text();
    }

    private record Parsed(String head, String body, boolean whole) {}

    private synchronized Parsed answer() {
        byte[] bytes = raw.toByteArray();
        String latin = new String(bytes, ISO_8859_1);
        int headEnd = latin.indexOf("\r\n\r\n");
        if (headEnd < 0) {
            return new Parsed("", "", false);
        }
        String head = latin.substring(0, headEnd);
        int at = headEnd + 4;
        String lower = head.toLowerCase(Locale.ROOT);
        if (!lower.contains("transfer-encoding: chunked")) {
            String length = lower.replaceAll("(?s).*content-length: (\\d+).*", "$1");
            boolean given = !length.equals(lower);
            boolean whole = given && bytes.length - at >= Integer.parseInt(length);
            return new Parsed(head, new String(bytes, at, bytes.length - at, UTF_8), whole);
        }
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        while (true) {
            int line = latin.indexOf("\r\n", at);
            if (line < 0) {
                return new Parsed(head, body.toString(UTF_8), false);
            }
            int size = Integer.parseInt(latin.substring(at, line), 16);
            int from = line + 2;
            if (size == 0) {
                return new Parsed(head, body.toString(UTF_8), bytes.length >= from + 2);
            }
            body.write(bytes, Math.min(from, bytes.length), Math.max(0, Math.min(size, bytes.length - from)));
            at = from + size + 2;
            if (at > bytes.length) {
                return new Parsed(head, body.toString(UTF_8), false);
            }
        }
    }

    /** Leaves. */
    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Leaves without ceremony: the gateway's kernel gets a reset. */
    void reset() {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        close();
    }
}
