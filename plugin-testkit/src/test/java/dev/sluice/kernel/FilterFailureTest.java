package dev.sluice.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Failure;
import dev.sluice.api.Filter;
import dev.sluice.api.Key;
import dev.sluice.api.Outcome;
import dev.sluice.api.Recovery;
import dev.sluice.api.RequestHead;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Step;
import dev.sluice.api.UpstreamRequest;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.TestGateway;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Invariant 11: a filter that fails fails its exchange, by name, and holds nothing else up. */
class FilterFailureTest extends Kernel {

    /** The hooks that may fail an exchange. */
    enum Hook {
        onRequest,
        onRequestBody,
        onAttempt,
        onSend,
        onFailure,
        onResponse,
        onResponseBody,
        onEvent,
        onEnd
    }

    /** A filter that in one hook returns what it is told to. */
    private record In(Hook hook, Supplier<Step> step, Supplier<Events> events, Supplier<Recovery> recovery)
            implements Filter {

        private Step step(Hook here) {
            return here == hook ? step.get() : Step.next();
        }

        @Override
        public Step onRequest(RequestHead head) {
            return step(Hook.onRequest);
        }

        @Override
        public Step onRequestBody(Body body) {
            return step(Hook.onRequestBody);
        }

        @Override
        public AttemptFilter onAttempt(Attempt attempt) {
            var unused = step(Hook.onAttempt);
            return new AttemptFilter() {
                @Override
                public Step onSend(UpstreamRequest request) {
                    return step(Hook.onSend);
                }
            };
        }

        @Override
        public Recovery onFailure(Failure failure) {
            return hook == Hook.onFailure ? recovery.get() : Recovery.pass();
        }

        @Override
        public Step onResponse(ResponseHead head) {
            return step(Hook.onResponse);
        }

        @Override
        public Step onResponseBody(Body body) {
            return step(Hook.onResponseBody);
        }

        @Override
        public Events onEvent(Event event) {
            return hook == Hook.onEvent ? events.get() : event;
        }

        @Override
        public Events onEnd() {
            return hook == Hook.onEnd ? events.get() : Events.none();
        }
    }

    private static <T> T broken() {
        throw new IllegalStateException("broken on purpose");
    }

    private static In throwing(Hook hook) {
        return new In(hook, FilterFailureTest::broken, FilterFailureTest::broken, FilterFailureTest::broken);
    }

    private static In forgetting(Hook hook) {
        return new In(
                hook,
                () -> Step.when(new CompletableFuture<>()),
                () -> Events.when(new CompletableFuture<>()),
                () -> Recovery.when(new CompletableFuture<>()));
    }

    private static In failingLater(Hook hook) {
        return new In(
                hook,
                () -> Step.when(CompletableFuture.supplyAsync(FilterFailureTest::broken)),
                () -> Events.when(CompletableFuture.supplyAsync(FilterFailureTest::broken)),
                () -> Recovery.when(CompletableFuture.supplyAsync(FilterFailureTest::broken)));
    }

    private static In decidingNothing(Hook hook) {
        return new In(
                hook,
                () -> Step.when(CompletableFuture.completedFuture(null)),
                () -> Events.when(CompletableFuture.completedFuture(null)),
                () -> Recovery.when(CompletableFuture.completedFuture(null)));
    }

    private static List<In> failures() {
        return Stream.<Function<Hook, In>>of(
                        FilterFailureTest::throwing,
                        FilterFailureTest::forgetting,
                        FilterFailureTest::failingLater,
                        FilterFailureTest::decidingNothing,
                        hook -> new In(hook, () -> null, () -> null, () -> null))
                .flatMap(how -> Arrays.stream(Hook.values()).map(how))
                .filter(filter -> filter.hook != Hook.onAttempt)
                .toList();
    }

    private Client answered(TestGateway with, Hook hook, String... filters) {
        routeWith(with, "timeouts: { hook: 200ms }", filters);
        return answered(hook);
    }

    /** An answer of the kind that the hook sees. */
    private Client answered(Hook hook) {
        boolean streamed = hook == Hook.onEvent || hook == Hook.onEnd;
        upstream.always(received -> hook == Hook.onFailure
                ? Answer.json(500, "{}")
                : streamed ? Streams.whole(Streams.openAi("x")) : Answer.json(200, Streams.openAiJson("x")));
        return (streamed ? stream() : json()).finish();
    }

    private void assertBlamed(Client client, String hook) {
        assertThat(client.body())
                .contains("filter_failed", "the filter bad of plugin", "failed in " + hook)
                .doesNotContain("[DONE]", "on purpose", "Exception");
        if (client.status() == 200) {
            assertThat(client.whole()).isFalse();
        } else {
            assertThat(client.status()).isEqualTo(500);
        }
    }

    @Test
    void aHookThatFailsFailsItsExchangeNamingPluginAndHook() {
        AtomicReference<Filter> bad = new AtomicReference<>(Filter.PASS);
        routeWith(TestGateway.with().filter("bad", exchange -> bad.get()), "timeouts: { hook: 200ms }", "bad");

        assertThat(failures()).hasSize(40).allSatisfy(filter -> {
            bad.set(filter);
            assertBlamed(answered(filter.hook), filter.hook.name());
        });
    }

    @Test
    void soDoesAnOnAttemptThatThrows() {
        Client client =
                answered(TestGateway.with().filter("bad", exchange -> throwing(Hook.onAttempt)), Hook.onAttempt, "bad");

        assertBlamed(client, "onAttempt");
    }

    @Test
    void soDoesAFactoryThatThrows() {
        assertBlamed(
                answered(TestGateway.with().filter("bad", exchange -> broken()), Hook.onRequest, "bad"), "newFilter");
    }

    @Test
    void onceAPartOfTheAnswerIsOutTheClientGetsAnErrorEventAndABrokenConnection() {
        upstream.next(Streams.whole(Streams.openAi("x")));
        route(TestGateway.with().filter("bad", exchange -> throwing(Hook.onEnd)), "bad");

        Client client = stream().finish();

        assertThat(client.status()).isEqualTo(200);
        assertThat(client.body()).contains("\"x\"");
        assertBlamed(client, "onEnd");
    }

    @Test
    void aFilterThatMayBeSkippedIsWhileItHasChangedAndHeldNothing() {
        AtomicReference<Hook> bad = new AtomicReference<>();
        route(TestGateway.with().filter("bad", exchange -> throwing(bad.get())), "{ use: bad, onError: skip }");

        // An exception in a try fails the try: there is nothing to skip.
        assertThat(EnumSet.complementOf(EnumSet.of(Hook.onSend))).allSatisfy(hook -> {
            bad.set(hook);
            Client client = answered(hook);
            assertThat(client.whole()).isTrue();
            if (hook == Hook.onFailure) {
                assertThat(client.body()).isEqualTo("{}");
            } else {
                assertThat(client.text(Dialect.OPENAI)).isEqualTo("x");
            }
        });
    }

    @Test
    void aFilterThatMayBeSkippedIsWhenItsStageRunsOutOfTimeToo() {
        Client client = answered(
                TestGateway.with().filter("bad", exchange -> forgetting(Hook.onRequest)),
                Hook.onRequest,
                "{ use: bad, onError: skip }");

        assertThat(client.text(Dialect.OPENAI)).isEqualTo("x");
    }

    static Stream<Filter> changedOrHeld() {
        return Stream.of(
                new Filter() {
                    @Override
                    public Step onRequest(RequestHead head) {
                        head.headers().set("x-changed", "1");
                        return broken();
                    }
                },
                new Filter() {
                    @Override
                    public Step onRequestBody(Body body) {
                        body.edit(root -> root.put("changed", true));
                        return Step.next();
                    }

                    @Override
                    public Events onEvent(Event event) {
                        return broken();
                    }
                },
                new Filter() {
                    private int events;

                    @Override
                    public Events onEvent(Event event) {
                        return events++ == 0 ? Events.held() : broken();
                    }
                },
                new Filter() {
                    @Override
                    public Step onResponse(ResponseHead head) {
                        head.status(201);
                        return broken();
                    }
                },
                new Filter() {
                    @Override
                    public Events onEvent(Event event) {
                        return Events.when(CompletableFuture.supplyAsync(FilterFailureTest::broken));
                    }
                });
    }

    @ParameterizedTest
    @MethodSource("changedOrHeld")
    void aFilterThatHasChangedOrHeldSomethingIsNeverSkipped(Filter filter) {
        Client client = answered(
                TestGateway.with().filter("bad", exchange -> filter), Hook.onEvent, "{ use: bad, onError: skip }");

        assertThat(client.body()).contains("filter_failed", "the filter bad");
        assertThat(client.status()).isEqualTo(500);
    }

    @Test
    void aValueThatIsPutForOthersIsAChange() {
        Client client = answered(
                TestGateway.with().filter("bad", exchange -> new Filter() {
                    @Override
                    public Step onRequest(RequestHead head) {
                        exchange.put(Key.CONSUMER, "alice");
                        return broken();
                    }
                }),
                Hook.onRequest,
                "{ use: bad, onError: skip }");

        assertBlamed(client, "onRequest");
    }

    @Test
    void aSkippedFilterIsStillToldOfTheEnd() throws InterruptedException {
        LinkedBlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();
        Client client = answered(
                TestGateway.with().filter("bad", exchange -> new Filter() {
                    @Override
                    public Step onRequest(RequestHead head) {
                        return broken();
                    }

                    @Override
                    public void onComplete(Outcome outcome) {
                        outcomes.add(outcome);
                    }
                }),
                Hook.onRequest,
                "{ use: bad, onError: skip }");

        assertThat(client.status()).isEqualTo(200);
        assertThat(outcomes.poll(30, TimeUnit.SECONDS)).isNotNull();
    }

    @Test
    void waitingOnTheLoopForAFutureOfTheExchangeIsRefused() {
        route(
                TestGateway.with().filter("bad", exchange -> new Filter() {
                    @Override
                    public Step onRequest(RequestHead head) {
                        try {
                            exchange.after(Duration.ofHours(1))
                                    .toCompletableFuture()
                                    .join();
                        } catch (IllegalStateException e) {
                            journal.add(String.valueOf(e.getMessage()));
                            throw e;
                        }
                        return Step.next();
                    }
                }),
                "bad");

        assertBlamed(json().finish(), "onRequest");
        assertThat(journal.all()).singleElement().asString().startsWith("join() would block the event loop");
    }

    @Test
    void aHookThatHoldsItsLoopIsInterruptedAndOtherLoopsGoOn() {
        upstream.always(received -> Answer.json(200, "{}"));
        CountDownLatch never = new CountDownLatch(1);
        route(
                TestGateway.with().loops(2).filter("bad", exchange -> new Filter() {
                    @Override
                    public Step onRequest(RequestHead head) {
                        if (head.headers().get("x-block") != null) {
                            journal.add("holding");
                            try {
                                never.await();
                            } catch (InterruptedException e) {
                                throw new IllegalStateException(e);
                            }
                        }
                        return Step.next();
                    }
                }),
                "bad");
        Client holding = closed(Client.open(uri("/x"), "GET", "x-block: 1")).read();
        journal.await("holding");

        // New connections go to the loops in turn: of two at least one finds a loop that is free.
        Client one = closed(Client.open(uri("/x"), "GET", "x-go: 1")).read();
        Client two = closed(Client.open(uri("/x"), "GET", "x-go: 1")).read();
        org.awaitility.Awaitility.await().atMost(PATIENCE).until(() -> one.whole() || two.whole());
        assertThat(holding.received()).isZero();

        assertBlamed(holding.finish(), "onRequest");
        assertThat(one.finish().status()).isEqualTo(200);
        assertThat(two.finish().status()).isEqualTo(200);
        assertThat(gateway.gateway().scrape()).contains("sluice_hook_held_loop_total{filter=\"bad");
    }

    /** To log it is to call it. */
    private static final class Mute extends RuntimeException {
        private static final long serialVersionUID = 1L;

        @Override
        public String getMessage() {
            throw new IllegalStateException("no text either");
        }
    }

    @Test
    void anExceptionThatCannotBeLoggedFailsItsExchangeAlone() throws Exception {
        route(
                TestGateway.with().filter("mute", exchange -> new Filter() {
                    @Override
                    public Step onRequest(RequestHead head) {
                        if (head.path().equals("/mute")) {
                            throw new Mute();
                        }
                        return Step.next();
                    }

                    @Override
                    public void onComplete(Outcome outcome) {
                        throw new Mute();
                    }
                }),
                "mute: {}");
        upstream.always(request -> Answer.json(200, "{}"));
        assertThat(gateway.get("/mute").body()).contains("filter_failed", "onRequest");
        assertThat(gateway.get("/other").statusCode()).isEqualTo(200);
    }
}
