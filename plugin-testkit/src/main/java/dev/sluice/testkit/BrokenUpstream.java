package dev.sluice.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * An HTTP/1.1 server on the loopback address that answers as told, down to single bytes, and breaks as told: for the
 * tests of what a gateway does when upstreams misbehave. It also watches its peers: what they sent, when they left.
 *
 * <p>At most {@value #MAX_CONNECTIONS} connections at a time; more wait to be accepted. All threads are daemons and gone
 * after {@link #close}. Safe for all threads.
 */
public final class BrokenUpstream implements AutoCloseable {
    private static final int MAX_CONNECTIONS = 256;

    private final ServerSocket server;
    private final ExecutorService threads;
    private final Semaphore room = new Semaphore(MAX_CONNECTIONS);
    private final Deque<Answer> queue = new ArrayDeque<>();
    private final List<Received> requests = new ArrayList<>();
    private final Set<UpstreamConnection> open = new HashSet<>();
    private Function<Received, Answer> fallback = BrokenUpstream::unexpected;
    private int accepted;
    private boolean closed;

    private BrokenUpstream(ServerSocket server) {
        this.server = server;
        this.threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "broken-upstream-" + server.getLocalPort());
            thread.setDaemon(true);
            return thread;
        });
        threads.execute(this::accept);
    }

    /** Starts one on a free port. */
    public static BrokenUpstream start() throws IOException {
        return new BrokenUpstream(new ServerSocket(0, MAX_CONNECTIONS, InetAddress.getLoopbackAddress()));
    }

    /** Its base URL, without a path. */
    public URI uri() {
        return URI.create("http://127.0.0.1:" + server.getLocalPort());
    }

    /** Answers the next requests so, one each, in the order in which they are read. */
    public synchronized BrokenUpstream next(Answer... answers) {
        queue.addAll(List.of(answers));
        return this;
    }

    /** Answers every request so for which the queue of {@link #next} is empty; without it, by status 500. */
    public synchronized BrokenUpstream always(Function<Received, Answer> answers) {
        fallback = answers;
        return this;
    }

    /** What was read so far, in order. */
    public synchronized List<Received> requests() {
        return List.copyOf(requests);
    }

    /**
     * Waits until so many requests have been read, and gives the last of them.
     *
     * @throws AssertionError if they have not by then
     */
    public synchronized Received awaitRequest(int count, Duration limit) throws InterruptedException {
        if (!await(() -> requests.size() >= count, limit)) {
            throw new AssertionError("only " + requests.size() + " of " + count + " requests within " + limit);
        }
        return requests.get(count - 1);
    }

    /** How many connections are open. */
    public synchronized int openConnections() {
        return open.size();
    }

    /** How many connections were accepted in all. */
    public synchronized int acceptedConnections() {
        return accepted;
    }

    /** Waits until no connection is open; whether it came to that. */
    public synchronized boolean awaitPeerClosed(Duration limit) throws InterruptedException {
        return await(open::isEmpty, limit);
    }

    private boolean await(BooleanSupplier condition, Duration limit) throws InterruptedException {
        long until = System.nanoTime() + limit.toNanos();
        for (long left = limit.toNanos(); !condition.getAsBoolean(); left = until - System.nanoTime()) {
            if (left <= 0) {
                return false;
            }
            wait(left / 1_000_000, (int) (left % 1_000_000));
        }
        return true;
    }

    private void accept() {
        try {
            while (true) {
                room.acquire();
                serve(server.accept());
            }
        } catch (IOException e) {
            // The server socket was closed.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void serve(Socket socket) throws IOException {
        UpstreamConnection connection = new UpstreamConnection(socket);
        synchronized (this) {
            if (closed) {
                socket.close();
                return;
            }
            open.add(connection);
            accepted++;
            threads.execute(() -> connection.read(this::record));
            threads.execute(() -> {
                try {
                    connection.play(this::answer);
                } finally {
                    over(connection);
                }
            });
        }
    }

    private synchronized void over(UpstreamConnection connection) {
        open.remove(connection);
        room.release();
        notifyAll();
    }

    private synchronized void record(Received request) {
        requests.add(request);
        notifyAll();
    }

    private Answer answer(Received request) {
        Function<Received, Answer> function;
        synchronized (this) {
            Answer scripted = queue.poll();
            if (scripted != null) {
                return scripted;
            }
            function = fallback;
        }
        return function.apply(request);
    }

    private static Answer unexpected(Received request) {
        return Answer.json(500, "{\"error\":\"the test has scripted no answer\"}");
    }

    /** Closes the server and all its connections. */
    @Override
    public void close() throws IOException {
        List<UpstreamConnection> all;
        synchronized (this) {
            closed = true;
            all = List.copyOf(open);
        }
        server.close();
        all.forEach(UpstreamConnection::close);
        threads.shutdownNow();
    }
}
