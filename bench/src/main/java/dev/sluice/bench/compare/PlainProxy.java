package dev.sluice.bench.compare;

import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.PoolOptions;
import io.vertx.httpproxy.HttpProxy;
import org.jspecify.annotations.Nullable;

/** A proxy of vertx-http-proxy and nothing else: {@code PlainProxy PORT UPSTREAM_PORT LOOPS}. */
public final class PlainProxy extends VerticleBase {
    private static final int CONNECTIONS = 2048;

    private final int port;
    private final int upstreamPort;

    // Vert.x closes a client that nobody refers to.
    private @Nullable HttpClient client;

    private PlainProxy(int port, int upstreamPort) {
        this.port = port;
        this.upstreamPort = upstreamPort;
    }

    @Override
    public Future<?> start() {
        HttpClient toUpstream = vertx.createHttpClient(
                new HttpClientOptions().setTcpNoDelay(true),
                new PoolOptions().setHttp1MaxSize(CONNECTIONS).setMaxWaitQueueSize(4 * CONNECTIONS));
        client = toUpstream;
        HttpProxy proxy = HttpProxy.reverseProxy(toUpstream).origin(upstreamPort, "127.0.0.1");
        return vertx.createHttpServer(new HttpServerOptions().setTcpNoDelay(true))
                .requestHandler(proxy)
                .listen(port, "127.0.0.1");
    }

    @Override
    public Future<?> stop() {
        return client == null ? Future.succeededFuture() : client.close();
    }

    /** Starts it. */
    public static void main(String[] args) {
        int port = Integer.parseInt(args[0]);
        int upstreamPort = Integer.parseInt(args[1]);
        int loops = Integer.parseInt(args[2]);
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(loops));
        vertx.deployVerticle(() -> new PlainProxy(port, upstreamPort), new DeploymentOptions().setInstances(loops))
                .toCompletionStage()
                .toCompletableFuture()
                .join();
    }
}
