package dev.sluice.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Exchange;
import dev.sluice.api.Failure;
import dev.sluice.api.Filter;
import dev.sluice.api.HttpRequest;
import dev.sluice.api.Outcome;
import dev.sluice.api.Recovery;
import dev.sluice.api.RequestHead;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Scope;
import dev.sluice.api.Step;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.Received.Ending;
import dev.sluice.testkit.TestGateway;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/** Invariant 12: with the client goes all that was done for it, and with a scope all that was acquired through it. */
class CancellationTest extends Kernel {
    private final LinkedBlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();

    /** Waits in onRequest for what it is given, and writes down whether it came. */
    private TestGateway waiting(BiFunction<Scope, Exchange, CompletionStage<?>> stage) {
        return TestGateway.with()
                .openedFilter(
                        "waits",
                        scope -> exchange -> new Filter() {
                            @Override
                            public Step onRequest(RequestHead head) {
                                CompletionStage<Step> then = stage.apply(scope, exchange)
                                        .thenApply(value -> {
                                            journal.add("completed");
                                            return Step.next();
                                        });
                                journal.add("waiting");
                                return Step.when(then);
                            }

                            @Override
                            public Step onResponse(ResponseHead head) {
                                journal.add("onResponse");
                                return Step.next();
                            }

                            @Override
                            public void onComplete(Outcome outcome) {
                                outcomes.add(outcome);
                            }
                        });
    }

    private Outcome leave() throws InterruptedException {
        Client client = json();
        journal.await("waiting");
        client.close();
        return over();
    }

    private Outcome over() throws InterruptedException {
        Outcome outcome = outcomes.poll(30, TimeUnit.SECONDS);
        assertThat(outcome).isNotNull();
        return outcome;
    }

    @Test
    void aCallOfTheExchangeIsCancelled() throws InterruptedException {
        other.next(Answer.status(200).silence());
        route(
                waiting((scope, exchange) ->
                        exchange.call(HttpRequest.get(other.uri().resolve("/side")))),
                "waits");
        Client client = json();
        other.awaitRequest(1, PATIENCE);

        client.close();

        Outcome outcome = over();
        assertThat(outcome.cancelled()).isTrue();
        assertThat(outcome.succeeded()).isFalse();
        assertThat(outcome.status()).isZero();
        assertThat(outcome.attempts()).isEmpty();
        assertThat(other.requests().get(0).awaitEnding(PATIENCE)).isEqualTo(Ending.PEER_LEFT);
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void aCallOfTheScopeIsNot() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        CompletableFuture<String> answer = new CompletableFuture<>();
        other.next(Answer.status(200).await(go).chunk("token").end());
        route(
                waiting((scope, exchange) -> {
                    CompletionStage<?> call = scope.call(
                                    HttpRequest.get(other.uri().resolve("/token")))
                            .thenApply(response -> {
                                answer.complete(response.text());
                                return response;
                            });
                    return call;
                }),
                "waits");
        Client client = json();
        other.awaitRequest(1, PATIENCE);

        client.close();
        over();
        go.complete(null);

        assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo("token");
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void blockingWorkIsInterrupted() throws InterruptedException {
        CountDownLatch interrupted = new CountDownLatch(1);
        route(
                waiting((scope, exchange) -> exchange.blocking(() -> {
                    journal.add("working");
                    try {
                        return new CountDownLatch(1).await(1, TimeUnit.HOURS);
                    } catch (InterruptedException e) {
                        interrupted.countDown();
                        throw e;
                    }
                })),
                "waits");

        Client client = json();
        journal.await("working");
        client.close();

        assertThat(over().cancelled()).isTrue();
        assertThat(interrupted.await(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aDelayNeverCompletes() throws Exception {
        CompletableFuture<Void> later = new CompletableFuture<>();
        route(
                waiting((scope, exchange) -> {
                    var unused = exchange.after(Duration.ofMillis(900)).thenRun(() -> journal.add("delay over"));
                    later.completeOnTimeout(null, 1500, TimeUnit.MILLISECONDS);
                    return exchange.after(Duration.ofMillis(900));
                }),
                "waits");

        assertThat(leave().cancelled()).isTrue();
        later.get(30, TimeUnit.SECONDS);
        assertThat(journal.all()).containsExactly("waiting");
    }

    @Test
    void aForeignStageThatCompletesTooLateMovesNothing() throws Exception {
        CompletableFuture<Step> foreign = new CompletableFuture<>();
        upstream.always(received -> Answer.json(200, "{}"));
        route(waiting((scope, exchange) -> foreign), "waits");
        Outcome outcome = leave();

        foreign.complete(Step.next());
        assertThat(json().finish().status()).isEqualTo(200);

        assertThat(outcome.cancelled()).isTrue();
        assertThat(upstream.requests()).hasSize(1);
        assertThat(journal.count("onResponse")).isEqualTo(1);
    }

    @Test
    void aTryIsCancelledInTheMiddleOfItsAnswer() throws InterruptedException {
        upstream.next(Streams.parts(Streams.role(), Streams.delta("x")).silence());
        route(waiting((scope, exchange) -> CompletableFuture.completedFuture("")), "waits");
        Client client = stream().awaitText("\"x\"");

        client.close();

        Outcome outcome = over();
        assertThat(outcome.cancelled()).isTrue();
        assertThat(outcome.status()).isEqualTo(200);
        assertThat(outcome.attempts()).hasSize(1);
        assertThat(upstream.requests().get(0).awaitEnding(PATIENCE)).isEqualTo(Ending.PEER_LEFT);
    }

    @Test
    void aTryIsCancelledBeforeItsAnswerAndByAResetToo() throws InterruptedException {
        upstream.next(Answer.status(200).silence());
        route(waiting((scope, exchange) -> CompletableFuture.completedFuture("")), "waits");
        Client client = stream();
        upstream.awaitRequest(1, PATIENCE);

        client.reset();

        assertThat(over().cancelled()).isTrue();
        assertThat(upstream.requests().get(0).awaitEnding(PATIENCE)).isEqualTo(Ending.PEER_LEFT);
    }

    @Test
    void aRetryThatWaitsForItsDelayNeverStarts() throws Exception {
        CompletableFuture<Void> later = new CompletableFuture<>();
        upstream.next(Answer.json(500, "{}"));
        route(
                TestGateway.with().filter("retries", exchange -> new Filter() {
                    @Override
                    public Recovery onFailure(Failure failure) {
                        journal.add("waiting");
                        later.completeOnTimeout(null, 1500, TimeUnit.MILLISECONDS);
                        return Recovery.retry(elsewhere(), Duration.ofMillis(900));
                    }

                    @Override
                    public void onComplete(Outcome outcome) {
                        outcomes.add(outcome);
                    }
                }),
                "retries");

        assertThat(leave().attempts()).hasSize(1);
        later.get(30, TimeUnit.SECONDS);
        assertThat(other.requests()).isEmpty();
    }

    @Test
    void aClientThatLeavesInTheMiddleOfItsRequestIsGoneToo() throws InterruptedException {
        route(waiting((scope, exchange) -> CompletableFuture.completedFuture("")), "waits");
        Client client =
                Client.open(uri(Streams.OPENAI_PATH), "POST", "content-type: application/json\r\ncontent-length: 1000");
        journal.await("completed");

        client.write(Streams.bytes("{\"half\":")).close();

        assertThat(over().cancelled()).isTrue();
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void aScopeClosesWhatItOwnsLastFirstAndInterruptsItsThreads() throws InterruptedException {
        CountDownLatch interrupted = new CountDownLatch(1);
        CountDownLatch running = new CountDownLatch(1);
        route(
                TestGateway.with().openedFilter("owns", scope -> {
                    var first = scope.own((AutoCloseable) () -> journal.add("close first"));
                    var second = scope.own((AutoCloseable) () -> journal.add("close second"));
                    var task = scope.every(Duration.ofMillis(20), () -> {
                        running.countDown();
                        try {
                            new CountDownLatch(1).await();
                        } catch (InterruptedException e) {
                            interrupted.countDown();
                            Thread.currentThread().interrupt();
                        }
                    });
                    journal.add("opened " + (first != second) + (task != null));
                    return exchange -> Filter.PASS;
                }),
                "owns");
        assertThat(running.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(journal.all()).hasSize(1);

        gateway.close();

        journal.await("close first");
        assertThat(journal.all().subList(1, 3)).containsExactly("close second", "close first");
        assertThat(interrupted.await(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aScopeClosesOnlyAfterItsLastExchange() throws InterruptedException {
        upstream.next(Streams.parts(Streams.role(), Streams.delta("x")).silence());
        route(
                TestGateway.with().openedFilter("owns", scope -> {
                    scope.own((AutoCloseable) () -> journal.add("scope closed"));
                    return exchange -> new Filter() {
                        @Override
                        public void onComplete(Outcome outcome) {
                            journal.add("exchange complete");
                        }
                    };
                }),
                "owns");
        stream().awaitText("\"x\"");

        gateway.close();

        journal.await("scope closed");
        assertThat(journal.all()).containsExactly("exchange complete", "scope closed");
    }

    @Test
    void aModelThatWasAskedIsCancelledToo() throws InterruptedException {
        ObjectNode chat = (ObjectNode) Event.data(Streams.OPENAI_JSON).json();
        other.next(Answer.status(200).silence());
        route(waiting((scope, exchange) -> exchange.ask(elsewhere(), chat, Map.of(), Duration.ofHours(1))), "waits");
        Client client = json();
        other.awaitRequest(1, PATIENCE);

        client.close();

        assertThat(over().cancelled()).isTrue();
        assertThat(other.requests().get(0).awaitEnding(PATIENCE)).isEqualTo(Ending.PEER_LEFT);
    }

    @Test
    void aPendingEventIsDropped() throws InterruptedException {
        CompletableFuture<Events> pending = new CompletableFuture<>();
        upstream.always(received ->
                Streams.parts(Streams.delta("x"), Streams.delta("y")).silence());
        route(
                TestGateway.with().filter("waits", exchange -> new Filter() {
                    @Override
                    public Events onEvent(Event event) {
                        journal.add("waiting");
                        return Events.when(pending);
                    }

                    @Override
                    public void onComplete(Outcome outcome) {
                        outcomes.add(outcome);
                    }
                }),
                "waits");
        Client client = stream();
        journal.await("waiting");

        client.close();
        assertThat(over().cancelled()).isTrue();
        pending.complete(Events.none());

        assertThat(upstream.requests().get(0).awaitEnding(PATIENCE)).isEqualTo(Ending.PEER_LEFT);
        assertThat(journal.all()).containsExactly("waiting");
    }
}
