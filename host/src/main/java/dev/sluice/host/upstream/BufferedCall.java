package dev.sluice.host.upstream;

import dev.sluice.api.HttpRequest;
import dev.sluice.api.HttpResponse;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A call that a filter makes on its own account: sent, answered whole within a bound and a time, or failed. */
public final class BufferedCall {
    private static final long MAX_ANSWER_BYTES = 16L * 1024 * 1024;

    private final Vertx vertx;
    private final HttpRequest request;
    private final CompletableFuture<HttpResponse> result;
    private final long timer;
    private @Nullable HttpClientRequest sent;
    private boolean over;

    /** Starts the call on the calling event loop. */
    public BufferedCall(Vertx vertx, UpstreamPool pool, HttpRequest request, CompletableFuture<HttpResponse> result) {
        this(vertx, pool, Destination.of(request.uri()), request, result);
    }

    /** Starts the call on the calling event loop, over connections as that destination wants them. */
    public BufferedCall(
            Vertx vertx,
            UpstreamPool pool,
            Destination to,
            HttpRequest request,
            CompletableFuture<HttpResponse> result) {
        this.vertx = vertx;
        this.request = request;
        this.result = result;
        long millis = Math.max(1, request.timeout().toMillis());
        timer = vertx.setTimer(
                millis, id -> fail(new CallException(where() + " did not answer within " + millis + " ms")));
        try {
            String path = request.uri().getRawPath();
            String query = request.uri().getRawQuery();
            String target = (path == null || path.isEmpty() ? "/" : path) + (query == null ? "" : "?" + query);
            pool.open(to, request.method(), target, millis)
                    .onSuccess(this::send)
                    .onFailure(this::failed);
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    /** Gives up: what arrives later is dropped, the connection is freed. */
    public void cancel() {
        fail(new CallException("the call to " + where() + " was cancelled"));
    }

    private void send(HttpClientRequest open) {
        if (over) {
            var unused = open.reset();
            return;
        }
        sent = open;
        for (Map.Entry<String, String> header : request.headers()) {
            open.headers().add(header.getKey(), header.getValue());
        }
        open.response().onSuccess(this::answered).onFailure(this::failed);
        byte[] body = request.body();
        var unused = body.length == 0 ? open.end() : open.end(Buffer.buffer(body));
    }

    private void answered(HttpClientResponse response) {
        Buffer whole = Buffer.buffer();
        response.handler(chunk -> {
            if (whole.length() + chunk.length() > MAX_ANSWER_BYTES) {
                fail(new CallException(where() + " answered with more than " + MAX_ANSWER_BYTES + " bytes"));
            } else {
                whole.appendBuffer(chunk);
            }
        });
        response.exceptionHandler(this::failed);
        response.endHandler(end -> {
            if (!over) {
                over = true;
                vertx.cancelTimer(timer);
                Map<String, List<String>> headers = new HashMap<>();
                for (String name : response.headers().names()) {
                    headers.put(
                            name.toLowerCase(Locale.ROOT), response.headers().getAll(name));
                }
                result.complete(HttpResponse.of(response.statusCode(), headers, whole.getBytes()));
            }
        });
    }

    private void failed(Throwable cause) {
        fail(new CallException(
                where() + " cannot be reached: " + cause.getClass().getSimpleName(), cause));
    }

    private void fail(CallException cause) {
        if (over) {
            return;
        }
        over = true;
        vertx.cancelTimer(timer);
        if (sent != null) {
            var unused = sent.reset();
        }
        result.completeExceptionally(cause);
    }

    private String where() {
        return String.valueOf(request.uri().getHost());
    }
}
