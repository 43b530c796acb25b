package dev.sluice.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Body;
import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.Outcome;
import dev.sluice.api.Reply;
import dev.sluice.api.Scope;
import dev.sluice.api.Script;
import dev.sluice.api.SharedState;
import dev.sluice.api.Step;
import dev.sluice.api.Usage;
import dev.sluice.api.llm.ChatReply;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.TestGateway;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** First proof: a limiter that reserves what a request may cost and settles for what it has cost. */
class LimitProofTest extends Kernel {
    private static final int LIMIT = 3000;
    private static final int RESERVED = 30;
    private static final int COST = 10;
    private static final String PAID =
            "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"x\"},"
                    + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":6,\"total_tokens\":10}}";

    /** Takes tokens out of a budget if they are there: {@code KEYS: budget; ARGV: tokens, limit, window in ms}. */
    private static final Script RESERVE = Script.of("reserve", 1, """
            local used = tonumber(redis.call('GET', KEYS[1]) or '0')
            if used + tonumber(ARGV[1]) > tonumber(ARGV[2]) then return {'0', tostring(used)} end
            used = redis.call('INCRBY', KEYS[1], ARGV[1])
            if used == tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
            return {ARGV[1], tostring(used)}
            """, (store, keys, args) -> {
        String there = store.get(keys.get(0));
        long used = there == null ? 0 : Long.parseLong(there);
        long tokens = Long.parseLong(args.get(0));
        if (used + tokens > Long.parseLong(args.get(1))) {
            return List.of("0", Long.toString(used));
        }
        used = store.incrBy(keys.get(0), tokens);
        if (used == tokens) {
            store.expire(keys.get(0), Duration.ofMillis(Long.parseLong(args.get(2))));
        }
        return List.of(args.get(0), Long.toString(used));
    });

    /** Reserves before the request goes on, settles when all is over. */
    private static final class Limit implements Filter {
        private static final Duration WINDOW = Duration.ofHours(1);

        private final SharedState shared;
        private CompletionStage<Long> reservation = CompletableFuture.completedFuture(0L);

        Limit(Scope scope) {
            this.shared = scope.shared();
        }

        @Override
        public Step onRequestBody(Body body) {
            reservation = shared.run(
                            RESERVE, List.of("budget"), List.of("" + RESERVED, "" + LIMIT, "" + WINDOW.toMillis()))
                    .thenApply(result -> Long.parseLong(result.get(0)));
            return Step.when(reservation.thenApply(granted ->
                    granted > 0 ? Step.next() : Reply.error(429, "rate_limited", "the budget of this hour is used")));
        }

        @Override
        public void onComplete(Outcome outcome) {
            // Waits for the reservation: a client may leave before it is made.
            reservation.thenAccept(
                    granted -> shared.add("budget", outcome.usage().total() - granted, WINDOW));
        }
    }

    /** Stands in for the filter that counts. */
    private record Count(Exchange exchange) implements Filter {
        @Override
        public AttemptFilter onAttempt(Attempt attempt) {
            return new AttemptFilter() {
                @Override
                public Step onResponseBody(Body body) {
                    Usage usage = ChatReply.of(exchange, body).usage();
                    if (usage != null) {
                        attempt.usage(usage);
                    }
                    return Step.next();
                }
            };
        }
    }

    private SharedState shared;

    private void start() {
        route(
                TestGateway.with()
                        .openedFilter("limit", scope -> {
                            shared = scope.shared();
                            return exchange -> new Limit(scope);
                        })
                        .filter("count", Count::new),
                "limit",
                "count");
    }

    private long used() {
        return shared.get("budget")
                .toCompletableFuture()
                .join()
                .map(Long::parseLong)
                .orElse(0L);
    }

    @Test
    void aThousandRequestsAtOnceNeverOvershoot() {
        CompletableFuture<Void> allDecided = new CompletableFuture<>();
        upstream.always(received -> Answer.status(200)
                .header("content-type", "application/json")
                .await(allDecided)
                .chunk(PAID)
                .end());
        start();
        AtomicInteger refused = new AtomicInteger();
        AtomicLong most = new AtomicLong();
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        HttpRequest request = HttpRequest.newBuilder(uri(Streams.OPENAI_PATH))
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofString(Streams.OPENAI_JSON))
                .build();

        List<CompletableFuture<Integer>> statuses = IntStream.range(0, 1000)
                .mapToObj(i -> client.sendAsync(request, BodyHandlers.ofString())
                        .thenApply(response -> {
                            if (response.statusCode() == 429) {
                                refused.incrementAndGet();
                                most.accumulateAndGet(used(), Math::max);
                            }
                            return response.statusCode();
                        }))
                .toList();
        await().atMost(PATIENCE).until(() -> refused.get() == 1000 - LIMIT / RESERVED);
        assertThat(used()).isEqualTo(LIMIT);
        allDecided.complete(null);

        assertThat(statuses.stream().map(CompletableFuture::join).filter(status -> status == 200))
                .hasSize(LIMIT / RESERVED);
        await().atMost(PATIENCE).until(() -> used() == (long) LIMIT / RESERVED * COST);
        assertThat(most.get()).isEqualTo(LIMIT);
    }

    @Test
    void aClientThatLeavesGetsItsReservationBack() throws InterruptedException {
        upstream.next(Answer.status(200).silence());
        start();
        Client client = json();
        upstream.awaitRequest(1, PATIENCE);
        assertThat(used()).isEqualTo(RESERVED);

        client.close();

        await().atMost(PATIENCE).until(() -> used() == 0);
    }

    @Test
    void aFailedRequestGetsItsReservationBack() {
        upstream.next(Answer.json(500, "{\"error\":{}}"));
        start();

        assertThat(json().finish().status()).isEqualTo(500);

        await().atMost(PATIENCE).until(() -> used() == 0);
    }
}
