package dev.sluice.bench.faults;

import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.Received;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A model that takes the longer for its first token the more it has to do, and dies if it has to do too much: it then
 * refuses whatever comes, for ten seconds. Safe for all threads.
 */
final class OverloadedModel implements AutoCloseable {
    /** With more requests than that it dies. */
    static final int MOST = 64;

    private static final Duration DEAD = Duration.ofSeconds(10);
    private static final long IDLE_MILLIS = 30;
    private static final double KNEE = 10;
    private static final Duration SPEAKING = Duration.ofMillis(300);

    private final BrokenUpstream server = BrokenUpstream.start();
    private final List<Received> open = new ArrayList<>();
    private long deadUntil = System.nanoTime();
    private int deaths;

    OverloadedModel() throws IOException {
        server.always(this::answer);
    }

    URI uri() {
        return server.uri();
    }

    private synchronized Answer answer(Received request) {
        if (isDead()) {
            return Answer.resetBeforeHeaders();
        }
        open.add(request);
        int now = running();
        if (now > MOST) {
            deaths++;
            deadUntil = System.nanoTime() + DEAD.toNanos();
            open.clear();
            return Answer.resetBeforeHeaders();
        }
        long first = Math.round(IDLE_MILLIS * (1 + Math.pow(now / KNEE, 3)));
        Answer answer = Answer.stream().head().pause(Duration.ofMillis(first));
        List<String> frames = Voice.OPENAI.stream("m", "a short answer ", true);
        answer = answer.chunk(Voice.joined(frames.subList(0, 2))).pause(SPEAKING);
        return answer.chunk(Voice.joined(frames.subList(2, frames.size()))).end();
    }

    /** How many requests it is at work on; a caller that has left is one no longer. */
    synchronized int running() {
        open.removeIf(request -> request.ending() != null);
        return open.size();
    }

    synchronized boolean isDead() {
        return System.nanoTime() < deadUntil;
    }

    synchronized int deaths() {
        return deaths;
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
