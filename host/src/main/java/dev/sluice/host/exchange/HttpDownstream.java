package dev.sluice.host.exchange;

import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Operation;
import dev.sluice.host.config.Config.Listen;
import dev.sluice.host.framing.Framing;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection. Frames events by the head's content type, and writes what gathers in one turn of the event loop
 * at once: a lone event goes out at the end of the turn it came in, a flood does not cost a write each.
 */
final class HttpDownstream implements Downstream {
    private static final int FLUSH_AT = 32 * 1024;
    private static final long HTTP2_INTERNAL_ERROR = 2;

    /** Time for a client that still sends to read why it should not have. */
    private static final int LINGER_MILLIS = 500;

    private static final byte[] DONE = "data: [DONE]\n\n".getBytes(StandardCharsets.US_ASCII);
    private static final Buffer KEEP_ALIVE = Buffer.buffer(": keep-alive\n\n");

    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final HttpVersion version;
    private final boolean headRequest;
    private final String id;
    private final Loop loop;
    private final Duration keepAlive;
    private final boolean sluiceHeaders;
    private final @Nullable CorsPolicy cors;
    private final @Nullable String origin;
    private @Nullable HostExchange exchange;
    private @Nullable HostResponseHead head;
    private Framing framing = Framing.SSE;
    private @Nullable Buffer gathered;
    private boolean gatheredIsOurs;
    private boolean gatheredIsRaw;
    private boolean betweenEvents;
    private boolean flushScheduled;
    private boolean headWritten;
    private boolean closed;
    private boolean full;
    private long bytes;
    private long lastWrite;
    private long keepAliveTimer = -1;

    HttpDownstream(HttpServerRequest request, String id, Loop loop, Listen listen, @Nullable CorsPolicy cors) {
        this.request = request;
        this.response = request.response();
        this.version = request.version();
        this.headRequest = request.method().equals(HttpMethod.HEAD);
        this.id = id;
        this.loop = loop;
        this.keepAlive = listen.keepAlive();
        this.sluiceHeaders = listen.responseHeaders();
        this.cors = cors;
        this.origin = cors == null ? null : request.getHeader("origin");
    }

    /** Ties it to its exchange, which learns of the client's leaving from now on. */
    void serve(HostExchange served) {
        exchange = served;
        response.exceptionHandler(broken -> gone());
        response.closeHandler(end -> gone());
    }

    private void gone() {
        if (!closed) {
            closed = true;
            stopKeepAlive();
            Objects.requireNonNull(exchange).clientGone();
        }
    }

    @Override
    public void head(HostResponseHead answer) {
        head = answer;
        if (answer.isStream()) {
            Framing byType = Framing.of(answer.fields().get("content-type"));
            framing = byType == null ? Framing.SSE : byType;
        }
    }

    private void writeHead(boolean stream, long length) {
        headWritten = true;
        HostResponseHead answer = Objects.requireNonNull(head);
        response.setStatusCode(answer.status());
        var fields = answer.fields().fields();
        fields.remove("x-request-id");
        if (stream) {
            fields.remove("content-length");
            if (fields.get("cache-control") == null) {
                fields.set("cache-control", "no-cache");
            }
            // Proxies in front of us that buffer answers are told not to hold a stream back.
            fields.set("x-accel-buffering", "no");
            // In an encoded answer a comment of ours would be none.
            if (framing == Framing.SSE && fields.get("content-encoding") == null) {
                startKeepAlive();
            }
        } else if (length >= 0) {
            fields.set("content-length", Long.toString(length));
        }
        if (!sluiceHeaders) {
            for (String name : answer.fields().names()) {
                if (name.startsWith("x-sluice-")) {
                    fields.remove(name);
                }
            }
        }
        if (cors != null) {
            cors.allow(origin, fields);
        }
        if (leavesBodyUnread()) {
            fields.set("connection", "close");
        }
        answer.fields().copyTo(response.headers());
        response.headers().set("x-request-id", id);
        if (fields.get("content-length") == null && version != HttpVersion.HTTP_2) {
            response.setChunked(true);
        }
    }

    @Override
    public void event(Event event) {
        if (closed) {
            return;
        }
        if (!headWritten) {
            writeHead(true, -1);
        }
        framing.encode(event, gather());
        gatheredIsRaw = false;
        scheduleFlush();
    }

    @Override
    public void bytes(Buffer chunk) {
        if (closed) {
            return;
        }
        if (!headWritten) {
            writeHead(Objects.requireNonNull(head).isStream(), -1);
        }
        if (gathered == null) {
            gathered = chunk;
            gatheredIsOurs = false;
        } else {
            gather().appendBuffer(chunk);
        }
        gatheredIsRaw = true;
        scheduleFlush();
    }

    /** The buffer that gathers this turn's output. */
    private Buffer gather() {
        Buffer sofar = gathered;
        if (sofar == null) {
            sofar = Buffer.buffer(512);
        } else if (!gatheredIsOurs) {
            sofar = Buffer.buffer(sofar.length() + 512).appendBuffer(sofar);
        }
        gathered = sofar;
        gatheredIsOurs = true;
        return sofar;
    }

    private void scheduleFlush() {
        if (gathered != null && gathered.length() >= FLUSH_AT) {
            flush();
        } else if (!flushScheduled) {
            flushScheduled = true;
            loop.execute(() -> {
                flushScheduled = false;
                flush();
            });
        }
    }

    private void flush() {
        Buffer out = gathered;
        if (out == null || closed) {
            return;
        }
        gathered = null;
        bytes += out.length();
        lastWrite = System.nanoTime();
        betweenEvents = !gatheredIsRaw || endsWithBlankLine(out);
        var unused = response.write(out);
        if (!full && response.writeQueueFull()) {
            full = true;
            response.drainHandler(drained -> {
                full = false;
                if (!closed) {
                    Objects.requireNonNull(exchange).ready();
                }
            });
        }
    }

    @Override
    public void body(HostBody body) {
        if (closed) {
            return;
        }
        byte[] whole = body.bytes();
        writeHead(false, whole.length);
        finish(headRequest ? null : Buffers.wrap(whole));
    }

    @Override
    public void end(boolean stream) {
        if (closed) {
            return;
        }
        HostResponseHead answer = Objects.requireNonNull(head);
        if (!headWritten) {
            writeHead(answer.isStream(), -1);
            if (!answer.isStream() && response.isChunked() && (headRequest || gathered == null)) {
                response.setChunked(false);
            }
        }
        if (stream && framing == Framing.SSE && endsWithDone()) {
            gather().appendBytes(DONE);
        }
        Buffer rest = gathered;
        gathered = null;
        finish(headRequest ? null : rest);
    }

    private boolean endsWithDone() {
        Dialect dialect = Objects.requireNonNull(exchange).dialect();
        return exchange.operation() == Operation.CHAT
                && (dialect == Dialect.OPENAI || dialect == Dialect.OPENAI_COMPLETIONS);
    }

    private void finish(@Nullable Buffer last) {
        closed = true;
        stopKeepAlive();
        if (last == null) {
            var unused = response.end();
        } else {
            bytes += last.length();
            var unused = response.end(last);
        }
        if (leavesBodyUnread()) {
            loop.setTimer(LINGER_MILLIS, () -> {
                var unused = request.connection().close();
            });
        }
    }

    /** Whether what is left of the request is not worth reading to its end. */
    private boolean leavesBodyUnread() {
        return head != null && head.status() == 413 && version != HttpVersion.HTTP_2;
    }

    @Override
    public void abort(@Nullable Event error) {
        if (closed) {
            return;
        }
        HostResponseHead answer = head;
        if (error != null && answer != null && answer.isStream()) {
            framing.encode(error, gather());
        }
        Buffer rest = gathered;
        gathered = null;
        closed = true;
        stopKeepAlive();
        if (rest == null) {
            var unused = response.reset(HTTP2_INTERNAL_ERROR);
        } else {
            bytes += rest.length();
            response.write(rest).onComplete(written -> {
                var unused = response.reset(HTTP2_INTERNAL_ERROR);
            });
        }
    }

    /** A stream that passes as its bytes may rest in the middle of an event, where a comment would be a part of it. */
    private static boolean endsWithBlankLine(Buffer out) {
        int end = out.length();
        if (end < 2 || out.getByte(end - 1) != '\n') {
            return false;
        }
        byte before = out.getByte(end - 2);
        return before == '\n' || (before == '\r' && end > 2 && out.getByte(end - 3) == '\n');
    }

    private void startKeepAlive() {
        lastWrite = System.nanoTime();
        keepAliveTimer = loop.setTimer(keepAlive.toMillis(), this::keepAlive);
    }

    private void keepAlive() {
        if (closed) {
            return;
        }
        long silent = (System.nanoTime() - lastWrite) / 1_000_000;
        long left = keepAlive.toMillis() - silent;
        if (left <= 0) {
            lastWrite = System.nanoTime();
            left = keepAlive.toMillis();
            if (betweenEvents && !response.writeQueueFull()) {
                var unused = response.write(KEEP_ALIVE);
            }
        }
        keepAliveTimer = loop.setTimer(left, this::keepAlive);
    }

    private void stopKeepAlive() {
        if (keepAliveTimer >= 0) {
            loop.cancelTimer(keepAliveTimer);
            keepAliveTimer = -1;
        }
    }

    @Override
    public boolean headWritten() {
        return headWritten;
    }

    @Override
    public long bytesSent() {
        return bytes;
    }

    @Override
    public int status() {
        return headWritten && head != null ? head.status() : 0;
    }

    @Override
    public boolean full() {
        return full;
    }
}
