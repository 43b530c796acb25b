package dev.sluice.plugins.tokenratelimit;

import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import java.util.concurrent.TimeUnit;

/** Stands before a server, passes on all that clients send, and loses the answers when it is told to. */
final class LossyProxy implements AutoCloseable {
    private final Vertx vertx = Vertx.vertx();
    private final NetServer server = vertx.createNetServer();
    private volatile boolean loses;

    LossyProxy(int port) throws Exception {
        NetClient client = vertx.createNetClient();
        server.connectHandler(caller -> {
            caller.pause();
            client.connect(port, "127.0.0.1").onFailure(error -> caller.close()).onSuccess(called -> {
                caller.handler(called::write);
                caller.closeHandler(gone -> called.close());
                called.handler(answer -> {
                    if (!loses) {
                        var unused = caller.write(answer);
                    }
                });
                called.closeHandler(gone -> caller.close());
                caller.resume();
            });
        });
        server.listen(0, "127.0.0.1").toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    int port() {
        return server.actualPort();
    }

    void loses(boolean answers) {
        loses = answers;
    }

    @Override
    public void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
}
