package dev.sluice.host.exchange;

import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.NetSocket;
import java.util.function.Consumer;

/** A client's request body, paused until somebody wants it: whole, or passed on as it comes. */
final class RequestSource {
    private final HttpServerRequest request;
    private final boolean empty;
    private boolean taken;
    private boolean passedOn;

    RequestSource(HttpServerRequest request) {
        this.request = request;
        this.empty = saysNoBody(request);
        // Without a body nothing comes that would have to wait; and a request that is held back at its end when its
        // connection switches protocols loses that connection.
        if (!empty) {
            request.pause();
        }
    }

    /** Whether it was already read or passed on. */
    boolean taken() {
        return taken;
    }

    /** Whether the client asks to switch to WebSocket. */
    boolean isUpgrade() {
        return request.version() == HttpVersion.HTTP_1_1
                && request.method().equals(HttpMethod.GET)
                && "websocket".equalsIgnoreCase(request.getHeader("upgrade"))
                && HostHeaders.listHas(request.getHeader("connection"), "upgrade");
    }

    /**
     * Switches the client's connection over, and ties it to the upstream's.
     *
     * @param closed called when both have come to their end
     * @param failed called instead if the client's connection cannot be switched
     */
    void upgrade(HostResponseHead head, NetSocket upstream, Runnable closed, Runnable failed) {
        taken = true;
        // From here on the tunnel knows when the client leaves; the response as such is about to end.
        request.response().closeHandler(null).exceptionHandler(null);
        request.response().headers().addAll(head.fields().fields());
        request.toNetSocket().onComplete(client -> Tunnel.open(client, upstream, closed), cause -> {
            var unused = upstream.close();
            failed.run();
        });
    }

    /** Whether the request has no body: it says so, or has come to its end without any of it being passed on. */
    boolean isEmpty() {
        return empty || (!passedOn && request.isEnded());
    }

    private static boolean saysNoBody(HttpServerRequest request) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length != null) {
            return length.equals("0");
        }
        return request.version() != HttpVersion.HTTP_2 && request.getHeader(HttpHeaders.TRANSFER_ENCODING) == null;
    }

    /**
     * Reads it whole.
     *
     * @param whole gets the bytes
     * @param tooLarge called instead if it is larger than the limit
     */
    void readWhole(long limit, Consumer<byte[]> whole, Runnable tooLarge) {
        taken = true;
        if (empty) {
            whole.accept(new byte[0]);
            return;
        }
        String length = request.getHeader("content-length");
        if (length != null && tooLong(length, limit)) {
            tooLarge.run();
            return;
        }
        Chunks body = new Chunks();
        boolean[] over = new boolean[1];
        request.handler(chunk -> {
            if (over[0]) {
                return;
            }
            if (body.size() + chunk.length() > limit) {
                over[0] = true;
                tooLarge.run();
            } else {
                body.add(chunk);
            }
        });
        request.endHandler(end -> {
            if (!over[0]) {
                over[0] = true;
                whole.accept(body.bytes());
            }
        });
        request.resume();
    }

    private static boolean tooLong(String contentLength, long limit) {
        try {
            return Long.parseLong(contentLength.trim()) > limit;
        } catch (NumberFormatException e) {
            return true;
        }
    }

    /** Passes it on as it comes, no faster than it is taken. */
    void pumpTo(HttpClientRequest upstream) {
        taken = true;
        if (request.getHeader("content-length") == null) {
            upstream.setChunked(true);
        }
        request.handler(chunk -> {
            passedOn = true;
            var unused = upstream.write(chunk);
            if (upstream.writeQueueFull()) {
                request.pause();
                upstream.drainHandler(drained -> request.resume());
            }
        });
        request.endHandler(end -> {
            var unused = upstream.end();
        });
        upstream.exceptionHandler(broken -> discard());
        request.resume();
    }

    /** Drops what is left of it. */
    void discard() {
        taken = true;
        if (!empty && !request.isEnded()) {
            request.handler(chunk -> {});
            request.resume();
        }
    }
}
