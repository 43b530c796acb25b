package dev.sluice.kernel;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client that writes what it is told, byte for byte, and reads only when told. */
final class RawClient implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 30_000;

    private final Socket socket;
    private final BufferedReader in;

    RawClient(int port) throws IOException {
        socket = new Socket();
        // Small, so that a reader who does not read is noticed soon.
        socket.setReceiveBufferSize(16 * 1024);
        socket.connect(new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), port), PATIENCE_MILLIS);
        socket.setSoTimeout(PATIENCE_MILLIS);
        in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
    }

    RawClient send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
        return this;
    }

    /** A JSON post with its length. */
    RawClient post(String path, String json) throws IOException {
        return send(
                "POST " + path + " HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: "
                        + json.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + json);
    }

    /** The next line; null at the end of the connection. */
    String line() throws IOException {
        return in.readLine();
    }

    /** Reads until a line that begins so. */
    String lineThatBegins(String prefix) throws IOException {
        for (String line = line(); line != null; line = line()) {
            if (line.startsWith(prefix)) {
                return line;
            }
        }
        throw new IOException("the connection ended before a line beginning with '" + prefix + "'");
    }

    /** Everything up to the end of the connection. */
    String rest() throws IOException {
        StringBuilder rest = new StringBuilder();
        for (int c = in.read(); c >= 0; c = in.read()) {
            rest.append((char) c);
        }
        return rest.toString();
    }

    /** Leaves at once, with a reset. */
    void leave() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
