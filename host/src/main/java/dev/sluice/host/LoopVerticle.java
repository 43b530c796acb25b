package dev.sluice.host;

import dev.sluice.host.config.Config.Listen;
import dev.sluice.host.config.Config.TlsServer;
import dev.sluice.host.exchange.HookWatch;
import dev.sluice.host.exchange.HttpEntry;
import dev.sluice.host.exchange.Loop;
import dev.sluice.host.exchange.Services;
import dev.sluice.host.route.Snapshot;
import dev.sluice.host.upstream.UpstreamPool;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One event loop of the data port: its server, its upstream connections. */
final class LoopVerticle extends VerticleBase {
    private static final int CONNECTIONS_PER_HOST = 2048;

    private final HookWatch watch;
    private final AtomicInteger connections;
    private @Nullable UpstreamPool pool;
    private @Nullable Loop loop;
    private @Nullable HttpServer server;

    LoopVerticle(HookWatch watch, AtomicInteger connections) {
        this.watch = watch;
        this.connections = connections;
    }

    @Override
    public Future<?> start() {
        UpstreamPool own = new UpstreamPool(vertx, CONNECTIONS_PER_HOST);
        pool = own;
        loop = new Loop(vertx, own, watch);
        return Future.succeededFuture();
    }

    Loop loop() {
        return Objects.requireNonNull(loop);
    }

    /** Binds the data port, together with the other loops; gives the port. */
    Future<Integer> listen(Services services, Supplier<@Nullable Snapshot> current, Listen listen) {
        return onLoop(() -> {
                    HttpServer bound = vertx.createHttpServer(options(listen));
                    server = bound;
                    bound.requestHandler(new HttpEntry(services, loop(), current, listen));
                    bound.invalidRequestHandler(InvalidRequests::answer);
                    int limit = listen.limits().connections();
                    bound.connectionHandler(connection -> {
                        if (connections.incrementAndGet() > limit) {
                            connection.close();
                        }
                        connection.closeHandler(closed -> connections.decrementAndGet());
                    });
                    // A negative port is any free one, the same for all loops of this gateway.
                    return bound.listen(listen.port() == 0 ? -1 : listen.port(), listen.host());
                })
                .map(HttpServer::actualPort);
    }

    /** Takes no new connections; completes when what is under way has ended, or the time is up. */
    Future<Void> drain(Duration limit) {
        return onLoop(() -> {
            HttpServer bound = server;
            return bound == null
                    ? Future.succeededFuture()
                    : bound.shutdown(Math.max(1, limit.toMillis()), TimeUnit.MILLISECONDS);
        });
    }

    private <T> Future<T> onLoop(Callable<Future<T>> task) {
        io.vertx.core.Promise<T> promise = io.vertx.core.Promise.promise();
        context.runOnContext(ignored -> {
            try {
                task.call().onComplete(promise);
            } catch (Exception e) {
                promise.fail(e);
            }
        });
        return promise.future();
    }

    @Override
    public Future<?> stop() {
        return pool == null ? Future.succeededFuture() : pool.close();
    }

    private static HttpServerOptions options(Listen listen) {
        HttpServerOptions options = new HttpServerOptions()
                .setMaxHeaderSize(listen.limits().head())
                .setMaxInitialLineLength(listen.limits().head())
                .setMaxChunkSize(64 * 1024)
                .setHandle100ContinueAutomatically(true)
                .setHttp2ClearTextEnabled(listen.http2())
                .setHttp2ConnectionWindowSize(1024 * 1024)
                .setStrictThreadMode(true)
                // WebSockets go through as they are: extensions are their ends' affair, and the handler costs each
                // request.
                .setPerFrameWebSocketCompressionSupported(false)
                .setPerMessageWebSocketCompressionSupported(false)
                .setTcpNoDelay(true);
        TlsServer tls = listen.tls();
        if (tls != null) {
            options.setSsl(true)
                    .setUseAlpn(listen.http2())
                    .setKeyCertOptions(new PemKeyCertOptions()
                            .addCertPath(tls.cert().toString())
                            .addKeyPath(tls.key().toString()));
        }
        return options;
    }
}
