package dev.sluice.plugins.tokenratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.Key;
import dev.sluice.api.Reply;
import dev.sluice.api.Step;
import dev.sluice.api.Target;
import dev.sluice.api.Usage;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.OnStoreFailure;
import dev.sluice.testkit.FakeAttempt;
import dev.sluice.testkit.FakeClock;
import dev.sluice.testkit.FakeExchange;
import dev.sluice.testkit.FakeFailure;
import dev.sluice.testkit.FakeOutcome;
import dev.sluice.testkit.FakeResponseHead;
import dev.sluice.testkit.FakeScope;
import dev.sluice.testkit.FakeUpstreamRequest;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One place of the filter on fakes: what it takes, gives back and tells. */
final class LimiterTest {
    private final FakeClock clock = new FakeClock();
    private final FailingScope scope = new FailingScope(new FakeScope(clock));

    private FilterFactory open(TokenRatelimitConfig config) {
        return new TokenRatelimit()
                .open(config, scope.scope(), () -> clock.instant().toEpochMilli());
    }

    private FakeExchange exchange(@Nullable String consumer) {
        FakeExchange exchange = FakeExchange.openAi()
                .clock(clock)
                .header("content-type", "application/json")
                .body("{\"model\":\"m\",\"max_tokens\":90,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
        if (consumer != null) {
            exchange.put(Key.CONSUMER, consumer);
        }
        return exchange;
    }

    /** Refused or let through, once that is known. */
    private static @Nullable Step ask(Filter filter, FakeExchange exchange) {
        assertThat(filter.onRequest(exchange.request())).isEqualTo(Step.next());
        return done(filter.onRequestBody(exchange.body()));
    }

    private static @Nullable Step done(Step step) {
        if (!(step instanceof Step.When when)) {
            return step;
        }
        CompletionStage<? extends Step> stage = when.stage();
        return stage.toCompletableFuture().isDone()
                ? stage.toCompletableFuture().join()
                : null;
    }

    private @Nullable Step ask(FilterFactory factory, @Nullable String consumer) {
        FakeExchange exchange = exchange(consumer);
        return ask(factory.newFilter(exchange), exchange);
    }

    private static Reply refused(@Nullable Step step) {
        assertThat(step).isInstanceOf(Reply.class);
        return (Reply) java.util.Objects.requireNonNull(step);
    }

    private JsonNode shown() {
        return scope.real().shown("limits");
    }

    @Test
    void aReservationIsSettledForWhatWasUsed() {
        FilterFactory factory = open(Config.rules(Config.tokens("per-user", "consumer", 200)));
        FakeExchange exchange = exchange("alice");
        Filter filter = factory.newFilter(exchange);
        assertThat(ask(filter, exchange)).isEqualTo(Step.next());
        assertThat(shown().at("/0/subject").asText()).isEqualTo("consumer=alice");
        assertThat(shown().at("/0/reserved").asLong()).isBetween(91L, 110L);

        filter.onComplete(FakeOutcome.success().usage(Usage.of(10, 20)));
        assertThat(shown().at("/0/used").asLong()).isEqualTo(30);
        assertThat(shown().at("/0/reserved").asLong()).isZero();
        assertThat(shown().at("/0/remaining").asLong()).isEqualTo(170);

        clock.advance(Duration.ofSeconds(67));
        assertThat(shown()).isEmpty();
    }

    @Test
    void aCallerWhoIsRefusedIsToldByWhatAndUntilWhen() {
        FilterFactory factory = open(Config.rules(Config.tokens("per-user", "consumer", 150)));
        FakeExchange first = exchange("alice");
        Filter filter = factory.newFilter(first);
        ask(filter, first);
        filter.onComplete(FakeOutcome.success().usage(Usage.of(60, 60)));

        FakeExchange exchange = exchange("alice");
        Reply reply = refused(ask(factory.newFilter(exchange), exchange));
        assertThat(reply.status()).isEqualTo(429);
        assertThat(reply.code()).isEqualTo("rate_limited");
        assertThat(reply.text()).isEqualTo("the limit 'per-user' of 150 tokens in 1m is used up: try again in 66 s");
        assertThat(reply.headers())
                .extracting(Object::toString)
                .containsExactly(
                        "ratelimit-policy=\"per-user\";q=150;w=60",
                        "ratelimit=\"per-user\";r=30;t=66",
                        "x-ratelimit-limit-tokens=150",
                        "x-ratelimit-remaining-tokens=30",
                        "x-ratelimit-reset-tokens=1m6s",
                        "retry-after=66");
        assertThat(exchange.get(Key.LIMIT)).isEqualTo("per-user");
        assertThat(exchange.notes())
                .containsEntry("limit", "per-user")
                .containsEntry("limit_subject", "consumer=alice");
        assertThat(ask(factory, "bob")).isEqualTo(Step.next());
        assertThat(scope.meters()
                        .counter(
                                "sluice_token_ratelimit_total",
                                "route",
                                "test",
                                "rule",
                                "per-user",
                                "result",
                                "refused")
                        .count())
                .isEqualTo(1);
    }

    @Test
    void aCallerWhoIsRefusedForWhatOthersHoldMayComeBackAtOnce() {
        FilterFactory factory = open(Config.rules(Config.tokens("all", "", 300)));
        assertThat(ask(factory, null)).isEqualTo(Step.next());
        FakeExchange second = exchange(null).body("{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
        assertThat(ask(factory.newFilter(second), second)).isEqualTo(Step.next());
        Reply reply = refused(ask(factory, null));
        assertThat(reply.text())
                .isEqualTo("what is left of the limit 'all' of 300 tokens in 1m is held by requests under way:"
                        + " try again in 1 s");
        assertThat(reply.headers()).extracting(Object::toString).contains("retry-after=1");
    }

    @Test
    void aRefusalGivesBackWhatEarlierRulesTook() {
        FilterFactory factory = open(Config.rules(
                Config.requests("calls", "consumer", 5),
                Config.tokens("per-user", "consumer", 1000),
                Config.tokens("all", "", 150)));
        assertThat(ask(factory, "alice")).isEqualTo(Step.next());
        JsonNode before = shown().deepCopy();
        for (int i = 0; i < 20; i++) {
            assertThat(refused(ask(factory, "alice")).text()).contains("the limit 'all'");
        }
        assertThat(shown()).containsExactlyInAnyOrderElementsOf(before);
    }

    @Test
    void anAnswerTellsTheTightestRule() {
        FilterFactory factory = open(
                Config.rules(Config.tokens("wide", "consumer", 100_000), Config.tokens("tight", "consumer", 1000)));
        FakeExchange exchange = exchange("alice");
        Filter filter = factory.newFilter(exchange);
        ask(filter, exchange);
        FakeResponseHead head = FakeResponseHead.json(200);
        filter.onResponse(head);
        assertThat(head.headers().get("ratelimit")).startsWith("\"tight\";r=");
        assertThat(head.headers().get("ratelimit-policy")).isEqualTo("\"wide\";q=100000;w=60, \"tight\";q=1000;w=60");
        assertThat(head.headers().get("x-ratelimit-limit-tokens")).isEqualTo("1000");
    }

    @Test
    void aRuleByModelJudgesEachTryByItsOwn() {
        FilterFactory factory = open(Config.rules(Config.tokens("per-model", "model", 150)));
        FakeExchange exchange = exchange("alice");
        Filter filter = factory.newFilter(exchange);
        ask(filter, exchange);
        Attempt first = FakeAttempt.of("p", "big");
        assertThat(send(filter, first, exchange)).isEqualTo(Step.next());
        Attempt second = FakeAttempt.of("p", "small").number(2);
        assertThat(send(filter, second, exchange)).isEqualTo(Step.next());
        assertThat(shown()).hasSize(1);
        assertThat(shown().at("/0/subject").asText()).isEqualTo("model=small");
        filter.onComplete(FakeOutcome.success()
                .attempt(Target.of("p").model("big"), null, FakeFailure.status(first, 500))
                .attempt(Target.of("p").model("small"), Usage.of(50, 60), null));
        assertThat(shown().at("/0/used").asLong()).isEqualTo(110);

        FakeExchange next = exchange("alice");
        Filter limited = factory.newFilter(next);
        ask(limited, next);
        Reply reply = refused(send(limited, FakeAttempt.of("p", "small"), next));
        assertThat(reply.code()).isEqualTo("rate_limited");
        assertThat(send(limited, FakeAttempt.of("p", "big").number(2), next)).isEqualTo(Step.next());
    }

    private static @Nullable Step send(Filter filter, Attempt attempt, FakeExchange exchange) {
        AttemptFilter of = filter.onAttempt(attempt);
        return done(of.onSend(FakeUpstreamRequest.of(attempt, exchange)));
    }

    @Test
    void aStoreThatIsAwayIsStoodInForByTheNodesShare() {
        FilterFactory factory = open(Config.rules(OnStoreFailure.LOCAL, 100, Config.tokens("all", "", 400)));
        scope.fail();
        FakeExchange exchange = exchange(null);
        Filter filter = factory.newFilter(exchange);
        assertThat(ask(filter, exchange)).isEqualTo(Step.next());
        // Half of 400: the second reservation finds no room for itself beside two of about 100.
        assertThat(ask(factory, null))
                .satisfiesAnyOf(
                        step -> assertThat(step).isEqualTo(Step.next()),
                        step -> assertThat(step).isInstanceOf(Reply.class));
        refused(ask(factory, null));

        filter.onComplete(FakeOutcome.success().usage(Usage.of(10, 20)));
        assertThat(queued()).isEqualTo(1);
        scope.heal();
        clock.advance(Duration.ofSeconds(2));
        assertThat(queued()).isZero();
        assertThat(shown().findValuesAsText("used")).contains("30");
    }

    private double queued() {
        return scope.meters()
                .get("sluice_token_ratelimit_settles_queued")
                .gauge()
                .value();
    }

    @Test
    void aStoreThatIsAwayOpensOrClosesIfSoConfigured() {
        FilterFactory open = open(Config.rules(OnStoreFailure.ALLOW, 100, Config.tokens("all", "", 1)));
        FilterFactory closed = open(Config.rules(OnStoreFailure.DENY, 100, Config.tokens("none", "", 1000)));
        scope.fail();
        for (int i = 0; i < 5; i++) {
            assertThat(ask(open, null)).isEqualTo(Step.next());
            Reply reply = refused(ask(closed, null));
            assertThat(reply.status()).isEqualTo(503);
            assertThat(reply.code()).isEqualTo("overloaded");
        }
        scope.heal();
        clock.advance(Ledger.REST);
        assertThat(ask(closed, null)).isEqualTo(Step.next());
    }

    @Test
    void nobodyWaitsLongerThanTheirTime() {
        FilterFactory factory = open(
                Config.rules(OnStoreFailure.LOCAL, 100, Config.tokens("a", "", 1000), Config.tokens("b", "", 1000)));
        scope.hang();
        FakeExchange exchange = exchange(null);
        Step step = factory.newFilter(exchange).onRequestBody(exchange.body());
        assertThat(done(step)).isNull();
        clock.advance(Duration.ofMillis(199));
        assertThat(done(step)).isNull();
        clock.advance(Duration.ofMillis(1));
        assertThat(done(step)).isEqualTo(Step.next());
        // The next does not wait at all.
        assertThat(ask(factory, null)).isEqualTo(Step.next());
    }

    @Test
    void whatCannotBeQueuedIsCounted() {
        FilterFactory factory = open(Config.rules(OnStoreFailure.ALLOW, 2, Config.tokens("all", "", 1000)));
        scope.fail();
        for (int i = 0; i < 5; i++) {
            FakeExchange exchange = exchange(null);
            Filter filter = factory.newFilter(exchange);
            ask(filter, exchange);
            filter.onComplete(FakeOutcome.success().usage(Usage.of(3, 4)));
        }
        assertThat(queued()).isEqualTo(2);
        assertThat(scope.meters()
                        .get("sluice_token_ratelimit_settles_dropped_tokens_total")
                        .counter()
                        .count())
                .isEqualTo(21);
    }

    @ParameterizedTest
    @EnumSource(names = {"LOCAL", "ALLOW"})
    void requestsThatPassWhileTheStoreIsAwayAreCountedWhenItIsBack(OnStoreFailure onFailure) {
        FilterFactory factory = open(Config.rules(onFailure, 100, Config.requests("calls", "consumer", 10)));
        scope.fail();
        for (int i = 0; i < 3; i++) {
            FakeExchange exchange = exchange("alice");
            Filter filter = factory.newFilter(exchange);
            assertThat(ask(filter, exchange)).isEqualTo(Step.next());
            filter.onComplete(FakeOutcome.success().usage(Usage.of(3, 4)));
        }
        assertThat(queued()).isEqualTo(3);
        scope.heal();
        clock.advance(Duration.ofSeconds(2));
        assertThat(queued()).isZero();
        for (int i = 0; i < 7; i++) {
            assertThat(ask(factory, "alice")).isEqualTo(Step.next());
        }
        refused(ask(factory, "alice"));
        assertThat(scope.meters()
                        .get("sluice_token_ratelimit_settles_dropped_tokens_total")
                        .counter()
                        .count())
                .isZero();
    }

    @Test
    void aLongOutageLosesNothingThatFitsIntoTheQueue() {
        FilterFactory factory = open(Config.rules(OnStoreFailure.ALLOW, 100, Config.tokens("all", "", 10_000)));
        scope.fail();
        for (int i = 0; i < 50; i++) {
            FakeExchange exchange = exchange(null);
            Filter filter = factory.newFilter(exchange);
            ask(filter, exchange);
            // Nobody knows any more whether the state is still away.
            clock.advance(Duration.ofSeconds(20));
            filter.onComplete(FakeOutcome.success().usage(Usage.of(3, 4)));
        }
        assertThat(queued()).isEqualTo(50);
        scope.heal();
        clock.advance(Duration.ofSeconds(2));
        assertThat(queued()).isZero();
        assertThat(shown().findValuesAsText("used")).containsExactly("350");
        assertThat(scope.meters()
                        .get("sluice_token_ratelimit_settles_dropped_tokens_total")
                        .counter()
                        .count())
                .isZero();
    }

    @Test
    void aClockSetBackDoesNotKeepANodeFromTheState() {
        FilterFactory factory = open(Config.rules(OnStoreFailure.DENY, 100, Config.tokens("all", "", 1000)));
        scope.fail();
        refused(ask(factory, null));
        scope.heal();
        clock.set(Duration.ofDays(-1));
        clock.advance(Ledger.REST);
        assertThat(ask(factory, null)).isEqualTo(Step.next());
    }

    @Test
    void aClientThatLeavesBeforeItIsGrantedTakesNothing() {
        FilterFactory factory = open(Config.rules(Config.tokens("all", "", 1000)));
        scope.hang();
        FakeExchange exchange = exchange(null);
        Filter filter = factory.newFilter(exchange);
        assertThat(done(filter.onRequestBody(exchange.body()))).isNull();
        filter.onComplete(FakeOutcome.cancellation(0));
        scope.answer();
        assertThat(shown()).isEmpty();
    }

    @Test
    void valuesThatMayBeSecretsAreNotShown() {
        FilterFactory factory = open(Config.rules(Config.tokens("per-key", "header:authorization", 1000)));
        FakeExchange exchange = exchange(null).header("authorization", "Bearer sk-secret");
        ask(factory.newFilter(exchange), exchange);
        assertThat(shown().toString()).contains("header:authorization=#").doesNotContain("secret");
    }

    @Test
    void answersTeachTheRuleWhatTheyNeed() {
        FilterFactory factory = open(Config.rules(Config.tokens("all", "", 100_000)));
        for (int i = 0; i < Peak.ENOUGH; i++) {
            FakeExchange exchange = exchange(null).body("{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
            Filter filter = factory.newFilter(exchange);
            ask(filter, exchange);
            assertThat(shown().at("/0/reserved").asLong())
                    .as("nobody knows how large they may be")
                    .isBetween(1600L, 1620L);
            filter.onComplete(FakeOutcome.success().usage(Usage.of(1, 1000)));
        }
        FakeExchange exchange = exchange(null).body("{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
        ask(factory.newFilter(exchange), exchange);
        assertThat(shown().at("/0/reserved").asLong()).isBetween(1000L, 1010L);
    }
}
