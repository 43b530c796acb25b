package dev.sluice.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
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
import dev.sluice.api.Step;
import dev.sluice.api.UpstreamRequest;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.TestGateway;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Invariant 8: no two hooks of one exchange overlap, and all run on its event loop. */
class OneAtATimeTest extends Kernel {
    private final Set<String> overlaps = ConcurrentHashMap.newKeySet();
    private final Set<Integer> threadsOfAnExchange = ConcurrentHashMap.newKeySet();
    private final CountDownLatch complete = new CountDownLatch(20);

    /** Decides everything on foreign threads; its plain fields tell whether each hook sees what the one before it did. */
    private final class Foreign implements Filter {
        private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
        private boolean inside;
        private int hooks;
        private int seen;

        private <T> CompletionStage<T> hook(T verdict) {
            if (inside || hooks != seen) {
                overlaps.add("hook " + hooks);
            }
            inside = true;
            threads.add(Thread.currentThread());
            hooks++;
            seen = hooks;
            inside = false;
            return CompletableFuture.supplyAsync(() -> verdict);
        }

        @Override
        public Step onRequest(RequestHead head) {
            return Step.when(hook(Step.next()));
        }

        @Override
        public Step onRequestBody(Body body) {
            return Step.when(hook(Step.next()));
        }

        @Override
        public AttemptFilter onAttempt(Attempt attempt) {
            return new AttemptFilter() {
                @Override
                public Step onSend(UpstreamRequest request) {
                    return Step.when(hook(Step.next()));
                }

                @Override
                public Events onEvent(Event event) {
                    return Events.when(hook(event));
                }
            };
        }

        @Override
        public Recovery onFailure(Failure failure) {
            return Recovery.when(hook(Recovery.retry(elsewhere())));
        }

        @Override
        public Step onResponse(ResponseHead head) {
            return Step.when(hook(Step.next()));
        }

        @Override
        public Events onEvent(Event event) {
            return Events.meanwhile(hook(event));
        }

        @Override
        public Events onEnd() {
            return Events.when(hook(Events.none()));
        }

        @Override
        public void onComplete(Outcome outcome) {
            var unused = hook("");
            threadsOfAnExchange.add(threads.size());
            complete.countDown();
        }
    }

    @Test
    void hooksOfAnExchangeRunOneAfterTheOtherOnOneThreadWhoeverCompletesTheirStages() throws InterruptedException {
        upstream.always(received -> Answer.json(500, "{}"));
        other.always(received -> Streams.whole(Streams.openAi("a", "b", "c", "d")));
        route(TestGateway.with().filter("foreign", exchange -> new Foreign()), "foreign");

        var clients = IntStream.range(0, 20).mapToObj(i -> stream()).toList();

        assertThat(clients)
                .allSatisfy(client ->
                        assertThat(client.finish().text(Dialect.OPENAI)).isEqualTo("abcd"));
        assertThat(complete.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(overlaps).isEmpty();
        assertThat(threadsOfAnExchange).containsExactly(1);
    }

    private CompletionStage<?> future(String kind, Exchange exchange) {
        return switch (kind) {
            case "after" -> exchange.after(Duration.ofMillis(10));
            case "blocking" -> exchange.blocking(() -> "done");
            default -> exchange.call(HttpRequest.get(other.uri().resolve("/side")));
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"after", "blocking", "call"})
    void futuresOfTheExchangeCompleteOnItsLoop(String kind) {
        other.next(Answer.json(200, "{}"));
        upstream.next(Answer.json(200, "{}"));
        route(
                TestGateway.with().filter("a", exchange -> new Filter() {
                    @Override
                    public Step onRequest(RequestHead head) {
                        Thread loop = Thread.currentThread();
                        return Step.when(future(kind, exchange).thenApply(ignored -> {
                            journal.add("on the loop: " + (Thread.currentThread() == loop));
                            return Step.next();
                        }));
                    }
                }),
                "a");

        assertThat(json().finish().status()).isEqualTo(200);
        assertThat(journal.all()).containsExactly("on the loop: true");
    }

    private Client withBody(Function<Body, Step> hook) {
        upstream.next(Answer.json(200, "{}"));
        route(
                TestGateway.with().filter("a", exchange -> new Filter() {
                    @Override
                    public Step onRequestBody(Body body) {
                        return hook.apply(body);
                    }
                }),
                "a");
        return json().finish();
    }

    @Test
    void aBodyIsEditedOnTheLoopAlone() {
        Client client = withBody(body -> Step.when(CompletableFuture.supplyAsync(() -> {
            try {
                body.edit(root -> root.put("off", "the loop"));
            } catch (IllegalStateException e) {
                journal.add(String.valueOf(e.getMessage()));
            }
            return Step.next();
        })));

        assertThat(client.status()).isEqualTo(200);
        assertThat(journal.all())
                .singleElement()
                .asString()
                .startsWith("a body is edited on its exchange's event loop");
        assertThat(upstream.requests().get(0).json().has("off")).isFalse();
    }

    @Test
    void anEditAfterAForeignStageIsMadeInAContinuationOnTheLoop() {
        upstream.next(Answer.json(200, "{}"));
        route(
                TestGateway.with().filter("a", exchange -> new Filter() {
                    @Override
                    public Step onRequestBody(Body body) {
                        return Step.when(exchange.blocking(() -> "found").thenApply(found -> {
                            body.edit(root -> root.put("what", found));
                            return Step.next();
                        }));
                    }
                }),
                "a");

        assertThat(json().finish().status()).isEqualTo(200);
        assertThat(upstream.requests().get(0).json().path("what").asText()).isEqualTo("found");
    }

    @Test
    void aBigBodyArrivesAtItsHookParsed() {
        String big =
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + "x".repeat(600 * 1024) + "\"}]}";
        upstream.next(Answer.json(200, "{}"));
        route(
                TestGateway.with().filter("a", exchange -> new Filter() {
                    @Override
                    public Step onRequestBody(Body body) {
                        journal.add(""
                                + body.json().at("/messages/0/content").asText().length());
                        return Step.next();
                    }
                }),
                "a");

        assertThat(closed(Client.post(uri(Streams.OPENAI_PATH), big)).finish().status())
                .isEqualTo(200);
        assertThat(journal.all()).containsExactly("" + 600 * 1024);
    }
}
