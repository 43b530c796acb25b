package dev.sluice.host.state;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Takes connections and answers what it is told to. For tests, also of other modules. */
public final class FakeRedis implements AutoCloseable {
    private final Vertx vertx = Vertx.vertx();
    private final NetServer server;

    /**
     * A server.
     *
     * @param answers by what came, in lower case; null says nothing, and what is empty closes the connection
     */
    public FakeRedis(Function<String, @Nullable String> answers) throws Exception {
        server = vertx.createNetServer(new NetServerOptions().setHost("127.0.0.1"));
        server.connectHandler(socket -> socket.handler(came -> {
            String answer = answers.apply(came.toString().toLowerCase(Locale.ROOT));
            if (answer != null && answer.isEmpty()) {
                var unused = socket.close();
            } else if (answer != null) {
                var unused = socket.write(Buffer.buffer(answer, "ISO-8859-1"));
            }
        }));
        server.listen(0).toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    /** Its port on loopback. */
    public int port() {
        return server.actualPort();
    }

    @Override
    public void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
}
