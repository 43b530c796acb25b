package dev.sluice.testkit;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An HTTP/2 server on the loopback address, without TLS, that breaks its answers in the ways that only HTTP/2 has. Its
 * sibling {@link BrokenUpstream} is for HTTP/1.1. Safe for all threads.
 */
public final class BrokenHttp2Upstream implements AutoCloseable {
    private static final long INTERNAL_ERROR = 2;
    private static final long REFUSED_STREAM = 7;

    /** How an answer ends. */
    public enum Ending {
        /** As it should. */
        WELL,
        /** By RST_STREAM; the connection stays. */
        RST_STREAM,
        /** By a GOAWAY that gives an error, and the connection's end. */
        GOAWAY,
        /** As it should, after a GOAWAY that asks to send nothing more on this connection. */
        WELL_AFTER_GOAWAY,
        /** By RST_STREAM in place of a head, which says that nothing was done. */
        REFUSED
    }

    private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    private final AtomicInteger requests = new AtomicInteger();
    private final HttpServer server;

    private BrokenHttp2Upstream(List<String> parts, String contentType, Ending ending) {
        server = vertx.createHttpServer(new HttpServerOptions().setHttp2ClearTextEnabled(true))
                .requestHandler(request -> {
                    requests.incrementAndGet();
                    request.end().onSuccess(read -> answer(request, parts, contentType, ending));
                })
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join();
    }

    /** Starts one that answers every request by these parts, each a DATA frame of its own, and ends it so. */
    public static BrokenHttp2Upstream start(List<String> parts, String contentType, Ending ending) {
        return new BrokenHttp2Upstream(List.copyOf(parts), contentType, ending);
    }

    /** Its base URL, without a path. */
    public URI uri() {
        return URI.create("http://127.0.0.1:" + server.actualPort());
    }

    /** How many requests were read. */
    public int requests() {
        return requests.get();
    }

    private void answer(HttpServerRequest request, List<String> parts, String contentType, Ending ending) {
        HttpServerResponse response = request.response();
        if (ending == Ending.REFUSED) {
            response.reset(REFUSED_STREAM);
            return;
        }
        response.putHeader("content-type", contentType);
        if (ending == Ending.WELL_AFTER_GOAWAY) {
            request.connection().goAway(0);
        }
        for (String part : parts) {
            response.write(part, StandardCharsets.UTF_8.name());
        }
        // What was written is on its way before the break.
        vertx.setTimer(100, late -> {
            switch (ending) {
                case RST_STREAM -> response.reset(INTERNAL_ERROR);
                case GOAWAY -> {
                    request.connection().goAway(INTERNAL_ERROR);
                    request.connection().close();
                }
                default -> response.end();
            }
        });
    }

    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
