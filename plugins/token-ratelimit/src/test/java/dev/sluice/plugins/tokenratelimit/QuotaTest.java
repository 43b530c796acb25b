package dev.sluice.plugins.tokenratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Attempt;
import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.Key;
import dev.sluice.api.Reply;
import dev.sluice.api.Step;
import dev.sluice.api.Target;
import dev.sluice.api.Usage;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.OnStoreFailure;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.Period;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.Price;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.Quota;
import dev.sluice.testkit.FakeAttempt;
import dev.sluice.testkit.FakeClock;
import dev.sluice.testkit.FakeExchange;
import dev.sluice.testkit.FakeOutcome;
import dev.sluice.testkit.FakeRequestHead;
import dev.sluice.testkit.FakeScope;
import dev.sluice.testkit.FakeUpstreamRequest;
import dev.sluice.testkit.Verdicts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What consumers may spend, on fakes; the clock begins on the first of January 2026, 0:00 UTC. */
final class QuotaTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final FakeClock clock = new FakeClock();
    private final FailingScope scope = new FailingScope(new FakeScope(clock));

    private static TokenRatelimitConfig config(Quota quota) {
        return Config.quota(quota, OnStoreFailure.LOCAL);
    }

    private static Quota tokens(long tokens, Period period, String zone) {
        return Config.quota(
                BigDecimal.valueOf(tokens), null, period, zone, Map.of("vip", BigDecimal.valueOf(5000)), Map.of());
    }

    private static Quota money(String money, Map<String, Price> prices) {
        return Config.quota(null, new BigDecimal(money), Period.MONTH, "UTC", Map.of(), prices);
    }

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

    private Step ask(FilterFactory factory, FakeExchange exchange) {
        return ask(factory.newFilter(exchange), exchange);
    }

    private static Step ask(Filter filter, FakeExchange exchange) {
        Step first = Verdicts.of(filter.onRequest(exchange.request()));
        return first instanceof Reply ? first : Verdicts.of(filter.onRequestBody(exchange.body()));
    }

    /** A request that uses so much. */
    private void spend(FilterFactory factory, String consumer, long tokens) {
        FakeExchange exchange = exchange(consumer);
        Filter filter = factory.newFilter(exchange);
        assertThat(ask(filter, exchange)).isEqualTo(Step.next());
        filter.onComplete(FakeOutcome.success().usage(Usage.of(tokens, 0)));
    }

    private static Reply refused(Step step) {
        assertThat(step).isInstanceOf(Reply.class);
        assertThat(((Reply) step).status()).isEqualTo(403);
        assertThat(((Reply) step).code()).isEqualTo("quota_exhausted");
        return (Reply) step;
    }

    private JsonNode act(String what, String json) {
        try {
            return scope.real().act(what, (ObjectNode) MAPPER.readTree(json));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private long left(String consumer) {
        return act("query", "{\"consumer\":\"" + consumer + "\"}").path("quota").asLong();
    }

    @Test
    void whatOthersHoldIsNotCalledUsedUp() {
        FilterFactory factory = open(Config.quota(
                Config.quota(BigDecimal.valueOf(600), null, Period.DAY, "UTC", Map.of(), Map.of()),
                OnStoreFailure.LOCAL));
        for (int i = 0; i < 2; i++) {
            FakeExchange exchange = exchange("alice").body("{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
            Step step = ask(factory, exchange);
            if (i == 0) {
                assertThat(step).isEqualTo(Step.next());
            } else {
                assertThat(refused(step).text())
                        .isEqualTo(
                                "what is left of the quota 'quota' of 600 tokens a day is held by requests under way:"
                                        + " try again when they have ended");
            }
        }
    }

    @Test
    void whatIsReservedIsSettledAndNobodyOvershoots() {
        FilterFactory factory = open(config(tokens(1000, Period.DAY, "UTC")));
        List<Filter> under = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            FakeExchange exchange = exchange("alice");
            Filter filter = factory.newFilter(exchange);
            Step step = ask(filter, exchange);
            if (step.equals(Step.next())) {
                under.add(filter);
            } else {
                refused(step);
            }
        }
        // About 95 each: what is asked at once fits, whatever comes of it.
        assertThat(under).hasSizeBetween(9, 11);
        JsonNode before = act("query", "{\"consumer\":\"alice\"}");
        assertThat(before.path("used").asLong()).isZero();
        assertThat(before.path("reserved").asLong()).isBetween(900L, 1000L);
        under.forEach(filter -> filter.onComplete(FakeOutcome.success().usage(Usage.of(5, 45))));
        assertThat(left("alice")).isEqualTo(1000 - 50L * under.size());
        assertThat(left("bob")).isEqualTo(1000);
        assertThat(left("vip")).isEqualTo(5000);
    }

    @Test
    void aDayBeginsAtMidnightOfItsZone() {
        FilterFactory factory = open(config(tokens(100, Period.DAY, "Asia/Shanghai")));
        spend(factory, "alice", 100);
        Reply reply = refused(ask(factory, exchange("alice")));
        // It is 8:00 there.
        assertThat(reply.text())
                .isEqualTo("the quota 'quota' of 100 tokens a day is used up: no quota is left; the next begins at"
                        + " 2026-01-01T16:00:00Z");
        clock.advance(Duration.ofHours(16).minusMillis(1));
        refused(ask(factory, exchange("alice")));
        clock.advance(Duration.ofMillis(1));
        assertThat(ask(factory, exchange("alice"))).isEqualTo(Step.next());
    }

    @Test
    void aMonthIsOneOfTheCalendarAndWhatIsUsedLateBelongsToTheOldOne() {
        FilterFactory factory = open(config(tokens(1000, Period.MONTH, "UTC")));
        clock.advance(Duration.ofDays(31).minusSeconds(1));
        FakeExchange exchange = exchange("alice");
        Filter late = factory.newFilter(exchange);
        assertThat(ask(late, exchange)).isEqualTo(Step.next());
        clock.advance(Duration.ofSeconds(2));
        late.onComplete(FakeOutcome.success().usage(Usage.of(700, 0)));
        assertThat(left("alice")).isEqualTo(1000);
        assertThat(act("query", "{\"consumer\":\"alice\"}").path("period").asText())
                .isEqualTo("2026-02");
        clock.advance(Duration.ofDays(27));
        spend(factory, "alice", 1000);
        refused(ask(factory, exchange("alice")));
        clock.advance(Duration.ofDays(1));
        assertThat(left("alice")).isEqualTo(1000);
    }

    @Test
    void whatIsForEverIsRenewedByNobodyButAnAdministrator() {
        FilterFactory factory = open(config(tokens(100, Period.EVER, "UTC")));
        spend(factory, "alice", 130);
        clock.advance(Duration.ofDays(10));
        assertThat(refused(ask(factory, exchange("alice"))).text()).endsWith("; it is not renewed by itself");
        assertThat(left("alice")).isEqualTo(-30);
        assertThat(act("delta", "{\"consumer\":\"alice\",\"value\":230}")
                        .path("quota")
                        .asLong())
                .isEqualTo(200);
        assertThat(ask(factory, exchange("alice"))).isEqualTo(Step.next());
        assertThat(act("delta", "{\"consumer\":\"alice\",\"value\":-200}")
                        .path("remaining")
                        .asLong())
                .isZero();
        refused(ask(factory, exchange("alice")));
        assertThat(act("refresh", "{\"consumer\":\"alice\",\"quota\":1000}")
                        .path("quota")
                        .asLong())
                .isEqualTo(1000);
        JsonNode shown = scope.real().shown("limits");
        assertThat(shown.at("/0/subject").asText()).isEqualTo("consumer=alice");
        assertThat(shown.at("/0/used").asLong()).isEqualTo(130);
        assertThat(shown.at("/0/limit").asLong()).isEqualTo(1130);
        assertThat(shown.at("/0/resetsAt").isMissingNode()).isTrue();
    }

    @Test
    void whatDoesNotFitAnyMoreIsToldHowMuchIsLeft() {
        FilterFactory factory = open(config(tokens(120, Period.DAY, "UTC")));
        spend(factory, "alice", 100);
        assertThat(refused(ask(factory, exchange("alice"))).text())
                .matches(
                        "this request may use [0-9]+ tokens, and of the quota 'quota' of 120 tokens a day 20 tokens are"
                                + " left: ask for less; the next begins at .*");
    }

    @Test
    void moneyIsCountedByThePriceOfTheModelThatAnswers() {
        FilterFactory factory = open(config(money(
                "0.001", Map.of("dear*", new Price(10, 20, 1.0, 30.0), "dear-no-more", new Price(0, 0, null, null)))));
        FakeExchange exchange = exchange("alice");
        Filter filter = factory.newFilter(exchange);
        assertThat(ask(filter, exchange)).isEqualTo(Step.next());
        Reply dear = refused(send(filter, FakeAttempt.of("p", "dear-1"), exchange));
        assertThat(dear.text())
                .startsWith("this request may use 0.0018")
                .contains(" USD, and of the quota 'quota' of 0.001 USD a month 0.001 USD are left");
        assertThat(refused(send(filter, FakeAttempt.of("p", "unknown").number(2), exchange))
                        .text())
                .isEqualTo("the model 'unknown' has no price here, so that no quota of money can be spent on it");
        assertThat(send(filter, FakeAttempt.of("p", "dear-no-more").number(3), exchange))
                .isEqualTo(Step.next());

        act("refresh", "{\"consumer\":\"alice\",\"quota\":0.5}");
        FakeExchange next = exchange("alice");
        Filter paid = factory.newFilter(next);
        ask(paid, next);
        assertThat(send(paid, FakeAttempt.of("p", "dear-1"), next)).isEqualTo(Step.next());
        // 60 plain, 30 of the cache, 10 into it, and 100 said: 600 + 30 + 300 + 2000 millionths.
        Usage usage = Usage.of(100, 100).cachedInput(30).cacheWrite(10);
        paid.onComplete(FakeOutcome.success().attempt(Target.of("p").model("dear-1"), usage, null));
        JsonNode left = act("query", "{\"consumer\":\"alice\"}");
        assertThat(left.path("quota").decimalValue()).isEqualByComparingTo("0.49707");
        assertThat(left.path("unit").asText()).isEqualTo("USD");
        assertThat(scope.meters()
                        .get("sluice_token_ratelimit_cost_total")
                        .tag("currency", "USD")
                        .counter()
                        .count())
                .isCloseTo(0.00293, org.assertj.core.data.Offset.offset(1e-9));
    }

    private static Step send(Filter filter, Attempt attempt, FakeExchange exchange) {
        return Verdicts.of(filter.onAttempt(attempt).onSend(FakeUpstreamRequest.of(attempt, exchange)));
    }

    @Test
    void onlyKnownCallersSpendAndReadingIsFree() {
        FilterFactory factory = open(config(tokens(0, Period.DAY, "UTC")));
        assertThat(ask(factory, exchange(null)))
                .isInstanceOfSatisfying(
                        Reply.class, reply -> assertThat(reply.code()).isEqualTo("missing_key"));
        refused(ask(factory, exchange("alice")));
        FakeExchange models = exchange("alice").request(FakeRequestHead.of("GET", "/v1/models"));
        assertThat(Verdicts.of(factory.newFilter(models).onRequest(models.request())))
                .isEqualTo(Step.next());
    }

    @Test
    void oneThatOnlyLooksRefusesNobody() {
        Quota wanted = money("0", Map.of("m", new Price(1, 1, null, null)));
        FilterFactory factory = open(config(new Quota(
                wanted.name(),
                null,
                wanted.money(),
                wanted.period(),
                wanted.timeZone(),
                Map.of(),
                wanted.prices(),
                null,
                null,
                512,
                null,
                true,
                null,
                null)));
        assertThat(ask(factory, exchange(null))).isEqualTo(Step.next());
        FakeExchange exchange = exchange("alice");
        Filter filter = factory.newFilter(exchange);
        ask(filter, exchange);
        assertThat(send(filter, FakeAttempt.of("p", "unknown"), exchange)).isEqualTo(Step.next());
        assertThat(send(filter, FakeAttempt.of("p", "m").number(2), exchange)).isEqualTo(Step.next());
        assertThat(exchange.notes()).containsEntry("limit_shadow", "quota");
    }

    @Test
    void whileTheStateIsAwayEachNodeKeepsItsShare() {
        FilterFactory factory = open(config(tokens(400, Period.DAY, "UTC")));
        scope.fail();
        assertThat(ask(factory, exchange("alice"))).isEqualTo(Step.next());
        assertThat(ask(factory, exchange("alice"))).isEqualTo(Step.next());
        refused(ask(factory, exchange("alice")));
        assertThatThrownBy(() -> left("alice"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the shared state does not answer");
        assertThat(scope.meters()
                        .get("sluice_token_ratelimit_store_failures_total")
                        .counter()
                        .count())
                .isPositive();
    }

    @Test
    void administratorsAreToldWhatIsWrong() {
        var unused = open(config(tokens(400, Period.DAY, "UTC")));
        for (String[] wrong : new String[][] {
            {"query", "{}", "'consumer' is missing: say whose quota it is"},
            {"query", "{\"consumer\":\"a\\u0000\"}", "'consumer' is no consumer's name: up to 200 characters"},
            {"query", "{\"consumer\":\"a\",\"user\":\"b\"}", "a field that is not known here: known are [consumer]"},
            {"refresh", "{\"consumer\":\"a\"}", "'quota' is missing: say how much"},
            {"refresh", "{\"consumer\":\"a\",\"quota\":-1}", "'quota' must not be negative; 'delta' takes away"},
            {"refresh", "{\"consumer\":\"a\",\"quota\":1.5}", "'quota' must be a whole number of tokens"},
            {"refresh", "{\"consumer\":\"a\",\"quota\":1e300}", "'quota' must be a whole number of tokens"},
            {"refresh", "{\"consumer\":\"a\",\"quota\":1000000000001}", "'quota' must not be more than 1000000000000"},
            {"delta", "{\"consumer\":\"a\",\"value\":\"lots\"}", "'value' must be a whole number of tokens"},
            {"delta", "{\"consumer\":\"a\",\"value\":\"\"}", "'value' is missing: say how much"},
            {"usage", "{\"rule\":\"x\"}", "'rule' must be the name of one of []"}
        }) {
            assertThatThrownBy(() -> act(wrong[0], wrong[1]))
                    .as(wrong[1])
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(wrong[2]);
        }
    }

    @Test
    void oneSubjectOfARuleCanBeAskedFor() {
        FilterFactory factory = open(Config.rules(Config.tokens("per-user", "consumer", 1000)));
        spend(factory, "alice", 30);
        JsonNode usage = act("usage", "{\"rule\":\"per-user\",\"by\":{\"consumer\":\"alice\"}}");
        assertThat(usage.at("/0/used").asLong()).isEqualTo(30);
        assertThat(usage.at("/0/remaining").asLong()).isEqualTo(970);
        assertThat(act("usage", "{\"rule\":\"per-user\",\"by\":{\"consumer\":\"bob\"}}")
                        .at("/0/used")
                        .asLong())
                .isZero();
        assertThatThrownBy(() -> act("usage", "{\"rule\":\"per-user\"}"))
                .hasMessage("'by' must say whose use is asked for: it needs the text 'consumer'");
        assertThatThrownBy(() -> act("usage", "{\"rule\":\"per-user\",\"by\":{\"consumer\":\"a\",\"ip\":\"b\"}}"))
                .hasMessageContaining("known are [consumer]");
    }

    @Test
    void thoseNearestToTheirLimitsAreShownFirstAndNoMoreThanAThousand() {
        FilterFactory factory = open(config(tokens(1000, Period.DAY, "UTC")));
        for (int i = 0; i < 1100; i++) {
            spend(factory, "user-" + i, 1 + i % 500);
        }
        JsonNode shown = scope.real().shown("limits");
        assertThat(shown).hasSize(1000);
        assertThat(shown.at("/0/used").asLong()).isEqualTo(500);
        assertThat(shown.at("/999/used").asLong())
                .isLessThan(shown.at("/500/used").asLong());
        assertThat(shown.at("/0/resetsAt").asText()).isEqualTo("2026-01-02T00:00:00Z");
    }
}
