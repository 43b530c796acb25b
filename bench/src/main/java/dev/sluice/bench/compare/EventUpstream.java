package dev.sluice.bench.compare;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An upstream that streams chat deltas, each an HTTP chunk of its own: {@code EventUpstream PORT}. Asked {@code ?events=N}
 * it sends them as fast as they are taken, many to a write, so that it is never what limits a proxy; asked {@code
 * ?events=N&millis=M} one every M milliseconds. Each event says which it is and when it was sent.
 *
 * <p>Speaks just enough HTTP for that: requests without a body, one after the other.
 */
public final class EventUpstream {
    private static final Pattern EVENTS = Pattern.compile("[?&]events=(\\d+)");
    private static final Pattern MILLIS = Pattern.compile("[?&]millis=(\\d+)");
    private static final int WRITE_BYTES = 64 * 1024;

    private final Vertx vertx;
    private final NetSocket socket;
    private Buffer request = Buffer.buffer();
    private int events;
    private int sent;
    private boolean gone;

    private EventUpstream(Vertx vertx, NetSocket socket) {
        this.vertx = vertx;
        this.socket = socket;
    }

    /** Starts it. */
    public static void main(String[] args) {
        int port = Integer.parseInt(args[0]);
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
        vertx.createNetServer(new NetServerOptions().setTcpNoDelay(true))
                .connectHandler(socket -> new EventUpstream(vertx, socket).serve())
                .listen(port, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join();
    }

    private void serve() {
        socket.exceptionHandler(broken -> gone = true);
        socket.closeHandler(closed -> gone = true);
        socket.handler(bytes -> {
            request.appendBuffer(bytes);
            String head = request.toString(StandardCharsets.ISO_8859_1);
            if (head.contains("\r\n\r\n")) {
                request = Buffer.buffer();
                answer(head.substring(0, head.indexOf('\r')));
            }
        });
    }

    private void answer(String requestLine) {
        events = parameter(EVENTS, requestLine, 1);
        sent = 0;
        var unused = socket.write(
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n");
        int millis = parameter(MILLIS, requestLine, 0);
        if (millis == 0) {
            burst();
        } else {
            pace(millis);
        }
    }

    private static int parameter(Pattern pattern, String requestLine, int otherwise) {
        Matcher matcher = pattern.matcher(requestLine);
        return matcher.find() ? Integer.parseInt(matcher.group(1)) : otherwise;
    }

    private void burst() {
        while (!gone && sent < events) {
            if (socket.writeQueueFull()) {
                socket.drainHandler(drained -> burst());
                return;
            }
            Buffer many = Buffer.buffer(WRITE_BYTES + 512);
            while (sent < events && many.length() < WRITE_BYTES) {
                next(many);
            }
            var unused = socket.write(many);
        }
        end();
    }

    private void pace(long millis) {
        vertx.setPeriodic(1, millis, timer -> {
            if (!gone && sent < events) {
                Buffer one = Buffer.buffer(256);
                next(one);
                var unused = socket.write(one);
            }
            if (gone || sent == events) {
                vertx.cancelTimer(timer);
                end();
            }
        });
    }

    private void next(Buffer out) {
        byte[] event = ("data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"i\":" + sent + ",\"t\":"
                        + System.nanoTime()
                        + ",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"token\"},\"finish_reason\":null}]}\n\n")
                .getBytes(StandardCharsets.US_ASCII);
        out.appendString(Integer.toHexString(event.length)).appendString("\r\n");
        out.appendBytes(event).appendString("\r\n");
        sent++;
    }

    private void end() {
        if (!gone) {
            var unused = socket.write("0\r\n\r\n");
        }
    }
}
