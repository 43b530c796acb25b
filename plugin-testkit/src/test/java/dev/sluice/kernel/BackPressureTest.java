package dev.sluice.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Filter;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.Received;
import dev.sluice.testkit.TestGateway;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Invariant 10: what a hook or a client does not take, the upstream cannot write. */
class BackPressureTest extends Kernel {
    private static final int EVENTS = 512;
    private static final String BIG = Streams.delta("x".repeat(64 * 1024));

    private final CompletableFuture<Void> go = new CompletableFuture<>();
    private final AtomicInteger seen = new AtomicInteger();

    private Events hold(Event event) {
        return seen.incrementAndGet() == 2 ? Events.when(go.thenApply(ignored -> event)) : event;
    }

    private void flood() {
        Answer answer = Streams.parts(Streams.role());
        for (int i = 0; i < EVENTS; i++) {
            answer = answer.chunk(BIG);
        }
        upstream.next(answer.chunk(Streams.finish()).end());
    }

    /** Waits until the upstream's writes block, far from the end of what it has to say. */
    private void assertBlocked() throws InterruptedException {
        Received request = upstream.awaitRequest(1, PATIENCE);
        AtomicLong last = new AtomicLong(-1);
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(200))
                .until(() ->
                        last.getAndSet(request.written()) == request.written() && request.written() > BIG.length());
        assertThat(request.ending()).isNull();
        assertThat(request.written()).isLessThan((long) EVENTS * BIG.length() / 2);
    }

    @Test
    void aPendingWhenOfAFilterHoldsTheUpstreamBack() throws InterruptedException {
        flood();
        route(
                TestGateway.with().filter("holds", exchange -> new Filter() {
                    @Override
                    public Events onEvent(Event event) {
                        return hold(event);
                    }
                }),
                "holds");
        Client client = stream();

        assertBlocked();
        assertThat(seen).hasValue(2);
        go.complete(null);

        client.awaitBytes(EVENTS * BIG.length());
    }

    @Test
    void soDoesAPendingWhenInATry() throws InterruptedException {
        flood();
        route(
                TestGateway.with().filter("holds", exchange -> new Filter() {
                    @Override
                    public AttemptFilter onAttempt(Attempt attempt) {
                        return new AttemptFilter() {
                            @Override
                            public Events onEvent(Event event) {
                                return hold(event);
                            }
                        };
                    }
                }),
                "holds");
        Client client = stream();

        assertBlocked();
        assertThat(seen).hasValue(2);
        assertThat(client.received()).isZero();
        go.complete(null);

        client.awaitBytes(EVENTS * BIG.length());
    }

    @Test
    void soDoesAClientThatDoesNotRead() throws InterruptedException {
        flood();
        route(
                TestGateway.with().filter("looks", exchange -> new Filter() {
                    @Override
                    public Events onEvent(Event event) {
                        seen.incrementAndGet();
                        return event;
                    }
                }),
                "looks");
        Client client = closed(Client.unread(uri(Streams.OPENAI_PATH), Streams.OPENAI_STREAM));

        assertBlocked();
        client.read().awaitBytes(EVENTS * BIG.length());

        // The framing's bytes count as well, so the last event may still be on its way.
        await().untilAsserted(() -> assertThat(seen).hasValue(EVENTS + 2));
    }
}
