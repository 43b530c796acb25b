package dev.sluice.testkit;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads HTTP/1.1 requests off a connection, as strictly as a test needs. */
final class RequestReader {
    private final InputStream in;

    RequestReader(InputStream in) {
        this.in = in;
    }

    /** The next request; null if the peer has closed the connection between two. */
    @Nullable
    Received next() throws IOException {
        String start = line();
        if (start == null) {
            return null;
        }
        String[] parts = start.split(" ", 3);
        if (parts.length != 3) {
            throw new IOException("not a request line: " + start);
        }
        FakeHeaders headers = new FakeHeaders();
        for (String field = need(line()); !field.isEmpty(); field = need(line())) {
            int colon = field.indexOf(':');
            if (colon < 1) {
                throw new IOException("not a header field: " + field);
            }
            headers.add(field.substring(0, colon), field.substring(colon + 1).strip());
        }
        return new Received(parts[0], parts[1], headers, body(headers));
    }

    private byte[] body(FakeHeaders headers) throws IOException {
        if ("chunked".equalsIgnoreCase(headers.get("transfer-encoding"))) {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            for (int size = chunkSize(); size > 0; size = chunkSize()) {
                body.writeBytes(exactly(size));
                need(line());
            }
            while (!need(line()).isEmpty()) {
                // A trailer field: nobody asks for it.
            }
            return body.toByteArray();
        }
        String length = headers.get("content-length");
        return length == null ? new byte[0] : exactly(Integer.parseInt(length));
    }

    private int chunkSize() throws IOException {
        return Integer.parseInt(need(line()).split(";", 2)[0].strip(), 16);
    }

    private byte[] exactly(int size) throws IOException {
        byte[] bytes = in.readNBytes(size);
        if (bytes.length < size) {
            throw new EOFException("the request was cut");
        }
        return bytes;
    }

    /** A line without its end; null at the end of the input. */
    private @Nullable String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                if (line.size() > 0) {
                    throw new EOFException("the request was cut");
                }
                return null;
            }
            line.write(b);
        }
        String text = line.toString(StandardCharsets.ISO_8859_1);
        return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
    }

    private static String need(@Nullable String line) throws IOException {
        if (line == null) {
            throw new EOFException("the request was cut");
        }
        return line;
    }
}
