package dev.sluice.host.upstream;

import dev.sluice.host.config.Config.TlsClient;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Connections to upstreams, kept alive and reused; one pool per event loop, so that an exchange and its upstream's
 * connection share a thread. Confined to that loop but for {@link #close}.
 */
public final class UpstreamPool {

    /** Connections that differ in more than host and port cannot share a client. */
    private record Kind(@Nullable TlsClient tls, boolean http2, boolean secure) {}

    /** Below the usual keep-alive of servers, so that a reused connection is rarely one the server is closing. */
    private static final int KEEP_ALIVE_SECONDS = 30;

    private static final int MAX_HEADER_BYTES = 256 * 1024;

    private final Vertx vertx;
    private final int connectionsPerHost;

    // The strong reference keeps the clients open: Vert.x closes one that is collected.
    private final Map<Kind, HttpClient> clients = new HashMap<>();

    /**
     * An empty pool.
     *
     * @param connectionsPerHost open connections to one host and port at most; further calls wait
     */
    public UpstreamPool(Vertx vertx, int connectionsPerHost) {
        this.vertx = vertx;
        this.connectionsPerHost = connectionsPerHost;
    }

    /**
     * Opens a request; it is not sent yet.
     *
     * @param requestUri path and query as they go over the wire
     * @param connectMillis for waiting in the pool and connecting, together
     */
    public Future<HttpClientRequest> open(Destination to, String method, String requestUri, long connectMillis) {
        boolean http2 = to.http2().equals("true") || (to.http2().equals("auto") && to.secure());
        HttpClient client = clients.computeIfAbsent(new Kind(to.tls(), http2, to.secure()), this::newClient);
        return client.request(new RequestOptions()
                .setMethod(HttpMethod.valueOf(method))
                .setHost(to.host())
                .setPort(to.port())
                .setSsl(to.secure())
                .setURI(requestUri)
                .setConnectTimeout(connectMillis));
    }

    private HttpClient newClient(Kind kind) {
        HttpClientOptions options = new HttpClientOptions()
                .setProtocolVersion(kind.http2 ? HttpVersion.HTTP_2 : HttpVersion.HTTP_1_1)
                .setUseAlpn(kind.http2 && kind.secure)
                .setHttp2ClearTextUpgrade(false)
                .setHttp2ConnectionWindowSize(16 * 1024 * 1024)
                .setKeepAliveTimeout(KEEP_ALIVE_SECONDS)
                .setHttp2KeepAliveTimeout(KEEP_ALIVE_SECONDS)
                .setMaxHeaderSize(MAX_HEADER_BYTES)
                .setMaxInitialLineLength(64 * 1024)
                .setMaxChunkSize(64 * 1024)
                .setTcpNoDelay(true)
                .setSsl(false);
        TlsClient tls = kind.tls;
        if (tls != null) {
            if (tls.insecure()) {
                options.setTrustAll(true).setVerifyHost(false);
            }
            if (tls.ca() != null) {
                options.setTrustOptions(
                        new PemTrustOptions().addCertPath(tls.ca().toString()));
            }
            if (tls.cert() != null && tls.key() != null) {
                options.setKeyCertOptions(new PemKeyCertOptions()
                        .addCertPath(tls.cert().toString())
                        .addKeyPath(tls.key().toString()));
            }
        }
        return vertx.createHttpClient(
                options,
                new PoolOptions()
                        .setHttp1MaxSize(connectionsPerHost)
                        .setHttp2MaxSize(8)
                        .setMaxWaitQueueSize(connectionsPerHost * 4)
                        .setCleanerPeriod((int) TimeUnit.SECONDS.toMillis(1)));
    }

    /** Closes all connections; from any thread, once no call is under way. */
    public Future<?> close() {
        List<Future<?>> closing = new ArrayList<>();
        clients.values().forEach(client -> closing.add(client.close()));
        return Future.join(closing);
    }
}
