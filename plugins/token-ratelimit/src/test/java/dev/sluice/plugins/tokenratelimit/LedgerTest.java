package dev.sluice.plugins.tokenratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.Key;
import dev.sluice.api.Outcome;
import dev.sluice.api.Reply;
import dev.sluice.api.RequestHead;
import dev.sluice.api.Step;
import dev.sluice.api.Usage;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.Received;
import dev.sluice.testkit.TestRedis;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is charged is what upstreams have reported, to the token, whatever becomes of the requests. */
@Timeout(120)
final class LedgerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int REQUESTS = 120;
    private static final String CHAIN = """
            book: {}, token-ratelimit: { storeTimeout: 60s, rules: [
              { name: all, tokens: 1000000, window: 1h }, { name: per-model, by: [model], tokens: 1000000, window: 1h } ] },
            hit: {}, model-fallback: { retries: 0, health: { consecutive: 0, minRequests: 100000 },
              targets: [ { provider: p }, { provider: q, model: small } ] }""";

    /** Of whole answers, as the upstream sent them. */
    private final AtomicLong reported = new AtomicLong();

    private final AtomicLong booked = new AtomicLong();
    private final AtomicLong bookedAsReported = new AtomicLong();
    private final AtomicInteger over = new AtomicInteger();

    /** Writes down what the exchange says was used. */
    private Filter book(Exchange exchange) {
        return new Filter() {
            @Override
            public void onComplete(Outcome outcome) {
                booked.addAndGet(outcome.usage().total());
                for (Outcome.Try one : outcome.attempts()) {
                    Usage usage = one.usage();
                    bookedAsReported.addAndGet(usage == null || usage.estimated() ? 0 : usage.total());
                }
                over.incrementAndGet();
            }
        };
    }

    /** Answers in place of the upstream, as a cache does. */
    private static Filter hit(Exchange exchange) {
        return new Filter() {
            @Override
            public Step onRequest(RequestHead head) {
                if (head.headers().get("x-hit") == null) {
                    return Step.next();
                }
                exchange.put(Key.CACHE, "hit");
                return Reply.chat("a long answer that was paid for when it was first given");
            }
        };
    }

    private Answer answer(Received request) {
        boolean second = request.path().startsWith("/q/");
        String text = request.text();
        if (text.contains("refused")) {
            return Answer.json(400, "{\"error\":{\"message\":\"no\"}}");
        }
        if (text.contains("broken") || (text.contains("failing") && !second)) {
            return Answer.json(500, "{\"error\":{\"message\":\"broken\"}}");
        }
        if (text.contains("left")) {
            return words(Answer.stream()).silence();
        }
        if (text.contains("cut") && !second) {
            return words(Answer.stream()).cut();
        }
        if (text.contains("\"stream\":true")) {
            reported.addAndGet(11);
            return words(Answer.stream())
                    .event("{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}")
                    .event("{\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":4}}")
                    .event("[DONE]")
                    .end();
        }
        reported.addAndGet(15);
        return Fleet.answer(10, 5);
    }

    private static Answer words(Answer stream) {
        return stream.event(
                        "{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"One\"}}]}")
                .event("{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" two three\"}}]}");
    }

    @Test
    void inMemory() throws Exception {
        try (Fleet fleet = fleet(null)) {
            play(fleet);
            await().atMost(PATIENCE).untilAsserted(() -> {
                assertThat(fleet.shown("all", "reserved")).isZero();
                assertThat(fleet.shown("per-model", "reserved")).isZero();
            });
            assertThat(fleet.shown("all", "used")).isEqualTo(booked.get());
            assertThat(fleet.shown("per-model", "used")).isEqualTo(booked.get());
        }
    }

    @Test
    @Tag("long")
    void onRedis() throws Exception {
        try (TestRedis redis = TestRedis.single();
                Fleet fleet = fleet(redis.config())) {
            play(fleet);
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(Kept.of(redis.state("token-ratelimit"), "all", ""))
                            .isEqualTo(new Kept(booked.get(), 0)));
            await().atMost(PATIENCE).untilAsserted(() -> {
                Kept first = Kept.of(redis.state("token-ratelimit"), "per-model", "m");
                Kept second = Kept.of(redis.state("token-ratelimit"), "per-model", "small");
                assertThat(second.used()).isPositive();
                assertThat(first.used() + second.used()).isEqualTo(booked.get());
                assertThat(first.reserved() + second.reserved()).isZero();
            });
        }
    }

    private Fleet fleet(@Nullable String state) {
        Fleet fleet = new Fleet().filter("book", this::book).filter("hit", LedgerTest::hit);
        fleet.upstream().always(this::answer);
        return fleet.start(1, state, CHAIN);
    }

    private void play(Fleet fleet) {
        Random random = new Random(5);
        List<String> kinds = List.of("whole", "failing", "broken", "refused", "left", "cut", "streamed", "hit");
        List<CompletableFuture<?>> all = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
            String kind = i < kinds.size() ? kinds.get(i) : kinds.get(random.nextInt(kinds.size()));
            boolean streams = List.of("left", "cut", "streamed").contains(kind) || random.nextInt(4) == 0;
            String body = Fleet.CHAT.replace("\"x\"", "\"" + kind + "\"");
            HttpRequest.Builder request = fleet.request(
                    0,
                    "/v1/chat/completions",
                    streams ? body.replace("{\"model\"", "{\"stream\":true,\"model\"") : body);
            if (kind.equals("hit")) {
                request.header("x-hit", "1");
            }
            all.add(
                    kind.equals("left")
                            ? fleet.client()
                                    .sendAsync(request.build(), BodyHandlers.ofInputStream())
                                    .thenAccept(LedgerTest::leave)
                            : fleet.client().sendAsync(request.build(), BodyHandlers.ofString()));
        }
        all.forEach(one -> {
            var unused = one.handle((answer, error) -> true).join();
        });
        await().atMost(PATIENCE).until(() -> over.get() == REQUESTS);
        assertThat(bookedAsReported.get())
                .as("nothing whole is lost or counted twice")
                .isEqualTo(reported.get());
        assertThat(booked.get()).as("cut streams count as estimated").isGreaterThan(reported.get());
        assertThat(fleet.metric("sluice_token_ratelimit_tokens_total")).isEqualTo(2.0 * booked.get());
    }

    private static void leave(HttpResponse<InputStream> answer) {
        try (InputStream body = answer.body()) {
            assertThat(body.read()).isPositive();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
