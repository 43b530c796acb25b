package dev.sluice.testkit;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a {@link BrokenUpstream}, on two threads: one reads, and so learns at once when the peer leaves, the
 * other plays the answers. Waits are on this object's monitor.
 */
final class UpstreamConnection {
    private final Socket socket;
    private final OutputStream out;
    private final Deque<Received> unanswered = new ArrayDeque<>();
    private @Nullable Received current;
    private boolean peerLeft;
    private boolean done;

    UpstreamConnection(Socket socket) throws IOException {
        this.socket = socket;
        this.out = socket.getOutputStream();
        socket.setTcpNoDelay(true);
    }

    /** Reads requests until the peer leaves or the connection is closed from here. */
    void read(Consumer<Received> record) {
        try {
            RequestReader reader = new RequestReader(new BufferedInputStream(socket.getInputStream()));
            for (Received request = reader.next(); request != null; request = reader.next()) {
                record.accept(request);
                synchronized (this) {
                    unanswered.add(request);
                    notifyAll();
                }
            }
        } catch (IOException | RuntimeException e) {
            // Reset, cut in the middle of a request, or no HTTP: in each case this peer is of no more use.
        } finally {
            peerLeft();
        }
    }

    /** Answers requests, one after the other, until the connection is over. */
    void play(Function<Received, Answer> answers) {
        try {
            for (Received request = nextRequest(); request != null; request = nextRequest()) {
                answers.apply(request).play(this, request);
            }
        } catch (IOException e) {
            end(Received.Ending.PEER_LEFT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            close();
        }
    }

    private synchronized @Nullable Received nextRequest() throws InterruptedException {
        while (unanswered.isEmpty() && !over()) {
            wait();
        }
        current = over() ? null : unanswered.poll();
        return current;
    }

    void write(byte[] bytes, int from, int length) throws IOException {
        out.write(bytes, from, length);
        out.flush();
    }

    /**
     * Waits.
     *
     * @throws IOException if the connection is over before that
     */
    synchronized void await(Duration time) throws IOException, InterruptedException {
        long until = System.nanoTime() + time.toNanos();
        for (long left = time.toNanos(); left > 0; left = until - System.nanoTime()) {
            checkPeer();
            wait(left / 1_000_000, (int) (left % 1_000_000));
        }
        checkPeer();
    }

    /**
     * Waits for the stage.
     *
     * @throws IOException if the connection is over before that
     */
    void await(CompletionStage<?> signal) throws IOException, InterruptedException {
        var future = signal.toCompletableFuture();
        var unused = future.whenComplete((value, error) -> {
            synchronized (this) {
                notifyAll();
            }
        });
        synchronized (this) {
            while (!future.isDone()) {
                checkPeer();
                wait();
            }
        }
    }

    /**
     * Waits until the connection is over.
     *
     * @throws IOException then
     */
    synchronized void awaitPeer() throws IOException, InterruptedException {
        while (true) {
            checkPeer();
            wait();
        }
    }

    private void checkPeer() throws IOException {
        if (over()) {
            throw new IOException("the peer has left");
        }
    }

    private synchronized boolean over() {
        return peerLeft || done;
    }

    /** The current answer has come to its end; the connection goes on unless it was the last. */
    void answered(boolean last) {
        end(Received.Ending.ANSWERED);
        if (last) {
            close();
        }
    }

    /** Resets the connection. */
    void cut() throws IOException {
        end(Received.Ending.CUT);
        socket.setSoLinger(true, 0);
        close();
    }

    /** Closes the connection. */
    void close() {
        end(Received.Ending.CLOSED);
        synchronized (this) {
            done = true;
            notifyAll();
        }
        try {
            socket.close();
        } catch (IOException e) {
            // Closed it is.
        }
    }

    /** The answer under way is not ended here: its player may just have written the last of it. */
    private synchronized void peerLeft() {
        peerLeft = true;
        unanswered.forEach(request -> request.ended(Received.Ending.PEER_LEFT));
        notifyAll();
    }

    private void end(Received.Ending how) {
        Received request;
        synchronized (this) {
            request = current;
        }
        if (request != null) {
            request.ended(how);
        }
    }
}
