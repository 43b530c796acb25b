package dev.sluice.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.Headers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** One request that a {@link BrokenUpstream} has read, and what became of it. Safe for all threads. */
public final class Received {

    /** How the exchange on the connection ended. */
    public enum Ending {
        /** The answer was written to its end. */
        ANSWERED,
        /** The peer closed or reset the connection before that. */
        PEER_LEFT,
        /** The script reset the connection. */
        CUT,
        /** The script closed the connection before the answer's end. */
        CLOSED
    }

    private final String method;
    private final String target;
    private final FakeHeaders headers;
    private final byte[] body;
    private final Instant at = Instant.now();
    private final AtomicLong written = new AtomicLong();
    private final CountDownLatch over = new CountDownLatch(1);
    private volatile @Nullable Ending ending;
    private volatile @Nullable Instant endedAt;

    Received(String method, String target, FakeHeaders headers, byte[] body) {
        this.method = method;
        this.target = target;
        this.headers = headers;
        this.body = body;
    }

    /** The method. */
    public String method() {
        return method;
    }

    /** The path with its query, as it came. */
    public String target() {
        return target;
    }

    /** The path without its query. */
    public String path() {
        int query = target.indexOf('?');
        return query < 0 ? target : target.substring(0, query);
    }

    /** The header fields. */
    public Headers headers() {
        return new FakeHeaders(headers);
    }

    /** The body, unchunked. */
    public byte[] body() {
        return body.clone();
    }

    /** The body as UTF-8. */
    public String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    /**
     * The body as JSON.
     *
     * @throws IllegalStateException if it is none
     */
    public JsonNode json() {
        return FakeBody.json(text()).json();
    }

    /** When it had been read. */
    public Instant at() {
        return at;
    }

    /** How many bytes of the answer the connection has taken so far, head included. */
    public long written() {
        return written.get();
    }

    /** How it ended; null if it has not yet. */
    public @Nullable Ending ending() {
        return ending;
    }

    /** When it ended; null if it has not yet. */
    public @Nullable Instant endedAt() {
        return endedAt;
    }

    /**
     * Waits for the end.
     *
     * @throws AssertionError if it has not come by then
     */
    public Ending awaitEnding(Duration limit) throws InterruptedException {
        boolean ended = over.await(limit.toNanos(), TimeUnit.NANOSECONDS);
        Ending how = ending;
        if (!ended || how == null) {
            throw new AssertionError(this + " has not ended within " + limit);
        }
        return how;
    }

    void wrote(long bytes) {
        written.addAndGet(bytes);
    }

    synchronized void ended(Ending how) {
        if (ending == null) {
            endedAt = Instant.now();
            ending = how;
            over.countDown();
        }
    }

    @Override
    public String toString() {
        return method + " " + target;
    }
}
