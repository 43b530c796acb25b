package dev.sluice.host.exchange;

import io.vertx.core.net.NetSocket;

/** Two connections that have been upgraded, tied together: bytes both ways, neither faster than the other takes them. */
final class Tunnel {
    private final Runnable closed;
    private boolean over;

    private Tunnel(Runnable closed) {
        this.closed = closed;
    }

    /**
     * Ties them together.
     *
     * @param upstream paused until now
     * @param closed called once, when either side has closed
     */
    static void open(NetSocket client, NetSocket upstream, Runnable closed) {
        Tunnel tunnel = new Tunnel(closed);
        tunnel.pass(client, upstream);
        tunnel.pass(upstream, client);
        upstream.resume();
    }

    private void pass(NetSocket from, NetSocket to) {
        from.handler(bytes -> {
            var unused = to.write(bytes);
            if (to.writeQueueFull()) {
                from.pause();
                to.drainHandler(drained -> from.resume());
            }
        });
        from.exceptionHandler(broken -> {
            var unused = from.close();
        });
        from.closeHandler(end -> {
            var unused = to.close();
            if (!over) {
                over = true;
                closed.run();
            }
        });
    }
}
