package dev.sluice.plugins.keyfailover;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Attempt;
import dev.sluice.api.Credential;
import dev.sluice.api.Dialect;
import dev.sluice.api.Failure.Reason;
import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.HttpResponse;
import dev.sluice.api.Key;
import dev.sluice.api.Operation;
import dev.sluice.api.Recovery;
import dev.sluice.api.Reply;
import dev.sluice.api.Scope;
import dev.sluice.api.SharedState;
import dev.sluice.api.Target;
import dev.sluice.api.Usage;
import dev.sluice.plugins.keyfailover.KeyFailoverConfig.Strategy;
import dev.sluice.testkit.FakeAnswers;
import dev.sluice.testkit.FakeAttempt;
import dev.sluice.testkit.FakeClock;
import dev.sluice.testkit.FakeExchange;
import dev.sluice.testkit.FakeFailure;
import dev.sluice.testkit.FakeOutcome;
import dev.sluice.testkit.FakeProvider;
import dev.sluice.testkit.FakeRequestHead;
import dev.sluice.testkit.FakeScope;
import dev.sluice.testkit.FakeUpstreamRequest;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each rule, by a clock of the test's own. */
@Timeout(60)
final class RulesTest {
    private static final String ONE = "sk-0123456789-first-one1";
    private static final String TWO = "sk-0123456789-second-two2";
    private static final String THREE = "sk-0123456789-third-thr3";
    private static final Target TARGET = Target.of("p").model("m");

    private final FakeClock clock = new FakeClock();
    private final FakeScope scope = new FakeScope(clock).between(List.of(), List.of("ai-proxy"));
    private Settings settings = new Settings();
    private FilterFactory factory;

    /** A config to be changed field by field. */
    private static final class Settings {
        private Strategy strategy = Strategy.ROUND_ROBIN;
        private int failures = 1;
        private int successes = 1;
        private Integer retries;
        private List<String> on = List.of();
        private Duration retryTimeout;

        KeyFailoverConfig config() {
            return new KeyFailoverConfig(
                    true,
                    strategy,
                    failures,
                    successes,
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(5),
                    "cheap",
                    Map.of(),
                    on,
                    retries,
                    List.of(),
                    retryTimeout,
                    Duration.ofSeconds(2),
                    Duration.ofMinutes(1),
                    Duration.ofMinutes(10),
                    null,
                    null);
        }
    }

    private void open(String... tokens) {
        scope.provider(FakeProvider.of("p", "openai").tokens(tokens));
        factory = place(scope);
    }

    private FilterFactory place(Scope in) {
        return new KeyFailover(clock, new Random(1)).open(settings.config(), in);
    }

    private static Attempt attempt(Filter filter, int number) {
        FakeAttempt attempt = FakeAttempt.of(TARGET).number(number);
        filter.onAttempt(attempt);
        return attempt;
    }

    private static String token(Attempt attempt) {
        Credential chosen = attempt.credential();
        return chosen == null ? "none" : chosen.token();
    }

    private static void done(Filter filter, Usage usage) {
        filter.onComplete(FakeOutcome.success().attempt(TARGET, usage, null));
    }

    /** The key of one request that goes well. */
    private String use() {
        Filter filter = factory.newFilter(FakeExchange.openAi());
        String token = token(attempt(filter, 1));
        done(filter, Usage.NONE);
        return token;
    }

    /** One request that fails with its only try. */
    private String fail(UnaryOperator<FakeFailure> how, int status) {
        Filter filter = factory.newFilter(FakeExchange.openAi());
        Attempt attempt = attempt(filter, 1);
        FakeFailure failure = how.apply(FakeFailure.status(attempt, status)).last();
        filter.onFailure(failure);
        filter.onComplete(FakeOutcome.failure(status).attempt(TARGET, null, failure));
        return token(attempt);
    }

    private String fail(int status) {
        return fail(failure -> failure, status);
    }

    private JsonNode shown(int index) {
        return scope.shown("keys").path("p").path("keys").path(index);
    }

    private String state(int index) {
        return shown(index).path("state").asText();
    }

    /** The seconds until it is due, of one that is not healthy. */
    private long due(int index) {
        JsonNode until = shown(index).path("until").isMissingNode()
                ? shown(index).path("nextProbe")
                : shown(index).path("until");
        return Duration.between(clock.instant(), java.time.Instant.parse(until.asText()))
                .toMillis();
    }

    private void answers(HttpResponse... answers) {
        Stream.of(answers).forEach(scope.asks()::next);
    }

    private static HttpResponse ok() {
        return FakeAnswers.json(200, "{}");
    }

    private static HttpResponse error(int status, String code) {
        return HttpResponse.of(status, Map.of("x-sluice-error", List.of(code)), new byte[0]);
    }

    @Test
    void aTryThatFailsForItsKeyIsRepeatedWithAnother() {
        open(ONE, TWO, THREE);
        FakeExchange exchange = FakeExchange.openAi();
        Filter filter = factory.newFilter(exchange);
        Attempt first = attempt(filter, 1);
        assertThat(token(first)).isEqualTo(ONE);
        assertThat(filter.onFailure(FakeFailure.status(first, 401))).hasToString("retry(null, PT0S)");
        Attempt second = attempt(filter, 2);
        assertThat(token(second)).isNotEqualTo(ONE);
        assertThat(filter.onFailure(FakeFailure.status(second, 429))).hasToString("retry(null, PT0S)");
        Attempt third = attempt(filter, 3);
        assertThat(List.of(token(first), token(second), token(third))).containsExactlyInAnyOrder(ONE, TWO, THREE);
        assertThat(filter.onFailure(FakeFailure.status(third, 402))).hasToString("pass");
        assertThat(exchange.notes())
                .containsEntry("key_tries", 3)
                .containsEntry("key", third.credential().masked());
    }

    @Test
    void asOftenAsToldAndAtMostThreeTimes() {
        open(Stream.of("a", "b", "c", "d", "e").map(x -> ONE + x).toArray(String[]::new));
        assertThat(retries()).isEqualTo(3);
        settings.retries = 1;
        factory = place(scope);
        clock.advance(Duration.ofHours(1));
        scope.act("restore", body(ONE + "a"));
        assertThat(retries()).isLessThanOrEqualTo(1);
        settings.retries = 0;
        factory = place(scope);
        assertThat(retries()).isZero();
    }

    private int retries() {
        Filter filter = factory.newFilter(FakeExchange.openAi());
        int retries = 0;
        while (true) {
            Attempt attempt = attempt(filter, retries + 1);
            if (!(filter.onFailure(FakeFailure.status(attempt, 401)) instanceof Recovery.Retry)) {
                return retries;
            }
            retries++;
        }
    }

    private static ObjectNode body(String token) {
        String masked = Credential.of(token).masked();
        return JsonNodeFactory.instance.objectNode().put("key", masked.substring(masked.length() - 4));
    }

    @Test
    void afterAcceptanceAndWithoutTriesLeftItOnlyCounts() {
        open(ONE, TWO, THREE);
        Filter filter = factory.newFilter(FakeExchange.openAi());
        Attempt first = attempt(filter, 1);
        assertThat(filter.onFailure(FakeFailure.status(first, 401).afterAcceptance()))
                .hasToString("pass");
        assertThat(state(0)).isEqualTo("out");
        assertThat(fail(401)).isEqualTo(THREE);
        assertThat(state(2)).isEqualTo("out");
    }

    @Test
    void aRetryMayTakeAsLongAsTold() {
        settings.retryTimeout = Duration.ofSeconds(7);
        open(ONE, TWO);
        Filter filter = factory.newFilter(FakeExchange.openAi());
        FakeAttempt first = FakeAttempt.of(TARGET);
        filter.onAttempt(first);
        filter.onFailure(FakeFailure.status(first, 401));
        FakeAttempt second = FakeAttempt.of(TARGET).number(2);
        filter.onAttempt(second);
        assertThat(first.totalLimit()).isNull();
        assertThat(second.totalLimit()).isEqualTo(Duration.ofSeconds(7));
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 404, 408, 413, 422, 500, 503, 529})
    void whatIsNotTheKeysCountsForNothing(int status) {
        open(ONE, TWO);
        assertThat(fail(status)).isEqualTo(ONE);
        assertThat(shown(0).has("failures")).isFalse();
        assertThat(state(0)).isEqualTo("healthy");
    }

    @ParameterizedTest
    @EnumSource(
            value = Reason.class,
            names = {
                "CONNECT",
                "CONNECT_TIMEOUT",
                "FIRST_EVENT_TIMEOUT",
                "IDLE_TIMEOUT",
                "BROKEN",
                "NO_ENDPOINT",
                "FILTER"
            })
    void transportCountsForNothing(Reason reason) {
        open(ONE, TWO);
        Filter filter = factory.newFilter(FakeExchange.openAi());
        assertThat(filter.onFailure(FakeFailure.of(attempt(filter, 1), reason))).hasToString("pass");
        assertThat(state(0)).isEqualTo("healthy");
    }

    @Test
    void aLimitOfTheGatewaysOwnCountsForNothing() {
        open(ONE, TWO);
        assertThat(fail(failure -> failure.code("rate_limited"), 429)).isEqualTo(ONE);
        assertThat(fail(failure -> failure.code("quota_exhausted"), 403)).isEqualTo(TWO);
        assertThat(state(0)).isEqualTo("healthy");
        assertThat(state(1)).isEqualTo("healthy");
    }

    @Test
    void explicitPatternsCountTransportAsTheStatusThatTheClientWouldGet() {
        settings.on = List.of("5..");
        open(ONE, TWO, THREE);
        Filter filter = factory.newFilter(FakeExchange.openAi());
        assertThat(filter.onFailure(FakeFailure.of(attempt(filter, 1), Reason.CONNECT_TIMEOUT)))
                .hasToString("retry(null, PT0S)");
        assertThat(shown(0).path("reason").asText()).isEqualTo("status");
        assertThat(shown(0).path("seen").asText()).isEqualTo("connect_timeout");
        assertThat(fail(401)).isNotEqualTo(ONE);
        assertThat(scope.shown("keys").path("p").path("healthy").asInt())
                .as("401 is not among the patterns")
                .isEqualTo(2);
        Filter other = factory.newFilter(FakeExchange.openAi());
        other.onFailure(FakeFailure.of(attempt(other, 1), Reason.NO_ENDPOINT));
        assertThat(scope.shown("keys").path("p").path("healthy").asInt()).isEqualTo(2);
    }

    @Test
    void patternsNeverMeanTheClientsOwnErrors() {
        settings.on = List.of("4..");
        open(ONE, TWO);
        IntStream.of(400, 404, 413, 422).forEach(status -> fail(status));
        assertThat(scope.shown("keys").path("p").path("healthy").asInt()).isEqualTo(2);
        fail(409);
        assertThat(scope.shown("keys").path("p").path("healthy").asInt()).isEqualTo(1);
    }

    @Test
    void failuresCountInARow() {
        settings.failures = 3;
        open(ONE);
        fail(401);
        fail(401);
        assertThat(shown(0).path("failures").asInt()).isEqualTo(2);
        use();
        assertThat(shown(0).has("failures")).isFalse();
        fail(401);
        fail(401);
        assertThat(state(0)).isEqualTo("healthy");
        fail(401);
        assertThat(state(0)).isEqualTo("out");
    }

    @Test
    void a429WithoutATimeRestsLongerEachTimeNeverTheSameAndNotForEver() {
        open(ONE, TWO);
        long most = 2000;
        for (int i = 0; i < 10; i++) {
            while (!state(0).equals("resting")) {
                fail(429);
            }
            assertThat(due(0)).isBetween(most / 2, most);
            clock.advance(Duration.ofMillis(due(0)));
            assertThat(state(0)).as("back by itself").isEqualTo("healthy");
            if (state(1).equals("resting")) {
                clock.advance(Duration.ofMillis(due(1)));
            }
            most = Math.min(60_000, most * 2);
        }
        assertThat(List.of(use(), use())).contains(ONE);
        while (!state(0).equals("resting")) {
            fail(429);
        }
        assertThat(due(0)).as("a success ends the series").isBetween(1000L, 2000L);
        assertThat(scope.asks().asked()).as("no probe is for that").isEmpty();
    }

    @Test
    void a429RestsAsLongAsItSays() {
        open(ONE, TWO);
        fail(failure -> failure.retryAfter(Duration.ofSeconds(90)), 429);
        assertThat(due(0)).isEqualTo(90_000);
        clock.advance(Duration.ofSeconds(89));
        assertThat(List.of(use(), use())).containsOnly(TWO);
        clock.advance(Duration.ofSeconds(1));
        assertThat(List.of(use(), use())).contains(ONE);
    }

    @Test
    void aWaitOfNoTimeIsNoTightLoopAndOneOfYearsIsADay() {
        open(ONE, TWO);
        fail(failure -> failure.retryAfter(Duration.ZERO), 429);
        assertThat(due(0)).isBetween(1000L, 2000L);
        fail(failure -> failure.retryAfter(Duration.ofDays(9999)), 429);
        assertThat(due(1)).isEqualTo(Duration.ofDays(1).toMillis());
    }

    @Test
    void triesThatBeganBeforeMakeARestLongerAndNothingWorse() {
        open(ONE, TWO);
        Filter first = factory.newFilter(FakeExchange.openAi());
        Attempt a = attempt(first, 1);
        use();
        Filter second = factory.newFilter(FakeExchange.openAi());
        Attempt b = attempt(second, 1);
        use();
        Filter third = factory.newFilter(FakeExchange.openAi());
        Attempt c = attempt(third, 1);
        assertThat(List.of(token(a), token(b), token(c))).containsOnly(ONE);
        first.onFailure(FakeFailure.status(a, 429).retryAfter(Duration.ofSeconds(10)));
        second.onFailure(FakeFailure.status(b, 429).retryAfter(Duration.ofSeconds(30)));
        assertThat(due(0)).isEqualTo(30_000);
        done(third, Usage.NONE);
        assertThat(state(0)).as("a late success wakes nobody").isEqualTo("resting");
    }

    @Test
    void probesBackOffUntilOnePasses() {
        open(ONE, TWO);
        fail(401);
        long most = 5000;
        for (int i = 0; i < 8; i++) {
            assertThat(due(0)).isBetween(i == 0 ? most : most * 3 / 4 - 5000, most);
            answers(error(502, "upstream_auth"));
            probe(0);
            assertThat(scope.asks().asked()).hasSize(i + 1);
            most = Math.min(300_000, most * 2);
        }
        answers(ok());
        probe(0);
        assertThat(state(0)).isEqualTo("healthy");
        assertThat(scope.asks().asked()).allSatisfy(ask -> {
            assertThat(ask.target()).isEqualTo(Target.of("p"));
            assertThat(ask.chat().path("model").asText()).isEqualTo("cheap");
            assertThat(ask.chat().path("max_tokens").asInt()).isEqualTo(1);
            assertThat(ask.deadline()).isEqualTo(Duration.ofSeconds(5));
            assertThat(ask.keys().get(Attempt.CREDENTIAL)).isEqualTo(Credential.of(ONE));
        });
    }

    /** Lets time pass until the next probe has been. */
    private void probe(int index) {
        int before = scope.asks().asked().size();
        clock.advance(Duration.ofMillis(due(index)));
        while (scope.asks().asked().size() == before) {
            clock.advance(Duration.ofSeconds(5));
        }
    }

    @Test
    void severalProbesMustPassWhereToldWithFailuresBetween() {
        settings.successes = 2;
        open(ONE, TWO);
        fail(401);
        answers(ok(), error(502, "upstream_auth"), ok());
        probe(0);
        assertThat(state(0)).isEqualTo("out");
        probe(0);
        assertThat(state(0)).isEqualTo("out");
        probe(0);
        assertThat(state(0)).isEqualTo("healthy");
    }

    @Test
    void anEmptyAccountIsProbedSeldom() {
        open(ONE, TWO);
        fail(failure -> failure.code("upstream_quota"), 429);
        assertThat(shown(0).path("reason").asText()).isEqualTo("quota");
        long most = 600_000;
        for (int i = 0; i < 5; i++) {
            assertThat(due(0)).isBetween(i == 0 ? most : most * 3 / 4 - 5000, most);
            answers(error(429, "upstream_quota"));
            probe(0);
            most = Math.min(4_800_000, most * 2);
        }
        answers(error(502, "upstream_auth"));
        probe(0);
        assertThat(shown(0).path("reason").asText()).isEqualTo("auth");
        assertThat(due(0)).isLessThanOrEqualTo(5000);
        answers(error(402, "upstream_quota"));
        probe(0);
        assertThat(shown(0).path("reason").asText()).isEqualTo("quota");
    }

    @Test
    void aProbeThatTellsNothingOfTheKeyKeepsItOut() {
        open(ONE, TWO);
        fail(401);
        scope.asks().next(CompletableFuture.failedFuture(new TimeoutException("late")));
        probe(0);
        assertThat(shown(0).path("seen").asText()).isEqualTo("a probe was not answered in time");
        answers(error(503, "upstream_error"));
        probe(0);
        assertThat(shown(0).path("seen").asText()).isEqualTo("a probe was answered with status 503");
        answers(HttpResponse.of(429, Map.of("retry-after", List.of("3600")), new byte[0]));
        probe(0);
        assertThat(due(0)).isBetween(3_595_000L, 3_600_000L);
        answers(error(404, "upstream_error"));
        probe(0);
        assertThat(shown(0).path("seen").asText())
                .isEqualTo("the provider rejects healthCheckModel 'cheap' with status 404");
        assertThat(state(0)).isEqualTo("out");
        assertThat(shown(0).path("reason").asText()).isEqualTo("auth");
    }

    @Test
    void twoPlacesKnowTheSameSoonAndSendOneProbe() {
        open(ONE, TWO);
        FilterFactory first = factory;
        FilterFactory second = place(scope);
        fail(401);
        factory = second;
        assertThat(Stream.generate(this::use).limit(4)).as("not yet").contains(ONE);
        clock.advance(Pools.FRESHNESS);
        assertThat(Stream.generate(this::use).limit(4)).containsOnly(TWO);
        answers(error(502, "upstream_auth"));
        clock.advance(Duration.ofSeconds(6));
        assertThat(scope.asks().asked()).hasSize(1);
        answers(ok());
        clock.advance(Duration.ofSeconds(15));
        assertThat(scope.asks().asked()).hasSize(2);
        factory = first;
        assertThat(Stream.generate(this::use).limit(4)).contains(ONE);
        factory = second;
        assertThat(Stream.generate(this::use).limit(4)).contains(ONE);
    }

    @Test
    void aPlaceThatOpensKnowsWhatIsKnown() {
        open(ONE, TWO);
        fail(401);
        scope.act("rest", body(TWO));
        String before = scope.shown("keys").path("p").path("keys").toString();
        factory = place(scope);
        assertThat(scope.shown("keys").path("p").path("keys")).hasToString(before);
        scope.provider(FakeProvider.of("p", "openai").tokens(THREE, TWO, ONE));
        factory = place(scope);
        assertThat(List.of(state(0), state(1), state(2))).containsExactly("healthy", "held", "out");
        assertThat(List.of(use(), use())).containsOnly(THREE);
    }

    @Test
    void itIsStoredUnderTheKeysHashAndHoldsNoKey() {
        open(ONE, TWO);
        fail(401);
        String stored = scope.shared()
                .get("key/p/" + Credential.of(ONE).fingerprint())
                .toCompletableFuture()
                .join()
                .orElseThrow();
        assertThat(stored).contains("OUT", "AUTH").doesNotContain(ONE, ONE.substring(6));
        assertThat(KeyState.of(stored).text()).isEqualTo(stored);
        assertThat(KeyState.of("2|of another version")).isEqualTo(KeyState.FRESH);
        assertThat(KeyState.of("1|OUT|AUTH|x|0|0|0|0|")).isEqualTo(KeyState.FRESH);
    }

    @Test
    void ifTheSharedStateCannotBeReachedWhatHappenedHereHolds() {
        scope.provider(FakeProvider.of("p", "openai").tokens(ONE, TWO));
        SharedState broken = (SharedState) Proxy.newProxyInstance(
                SharedState.class.getClassLoader(),
                new Class<?>[] {SharedState.class},
                (proxy, method, args) -> CompletableFuture.failedFuture(new IllegalStateException("no Redis")));
        InvocationHandler handler = (proxy, method, args) -> {
            try {
                return method.getName().equals("shared") ? broken : method.invoke(scope, args);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        };
        factory = place(
                (Scope) Proxy.newProxyInstance(Scope.class.getClassLoader(), new Class<?>[] {Scope.class}, handler));
        fail(401);
        clock.advance(Duration.ofSeconds(30));
        assertThat(state(0)).isEqualTo("out");
        assertThat(List.of(use(), use())).containsOnly(TWO);
    }

    @ParameterizedTest
    @EnumSource(Strategy.class)
    void everyStrategyUsesEveryKeyAndOnlyHealthyOnes(Strategy strategy) {
        settings.strategy = strategy;
        open(ONE, TWO, THREE);
        assertThat(Stream.generate(this::use).limit(60)).contains(ONE, TWO, THREE);
        while (!fail(401).equals(TWO)) {
            scope.act("restore", body(ONE));
            scope.act("restore", body(THREE));
        }
        scope.act("restore", body(ONE));
        scope.act("restore", body(THREE));
        assertThat(Stream.generate(this::use).limit(60)).contains(ONE, THREE).doesNotContain(TWO);
    }

    @Test
    void roundRobinTakesTurns() {
        open(ONE, TWO, THREE);
        assertThat(List.of(use(), use(), use(), use())).containsExactly(ONE, TWO, THREE, ONE);
    }

    @Test
    void leastUsedGoesByTheTokensOfTheLastMinute() {
        settings.strategy = Strategy.LEAST_USED;
        open(ONE, TWO);
        Filter filter = factory.newFilter(FakeExchange.openAi());
        String busy = token(attempt(filter, 1));
        done(filter, Usage.of(900, 100));
        String idle = busy.equals(ONE) ? TWO : ONE;
        for (int i = 0; i < 9; i++) {
            Filter next = factory.newFilter(FakeExchange.openAi());
            assertThat(token(attempt(next, 1))).isEqualTo(idle);
            done(next, Usage.of(90, 10));
        }
        clock.advance(Duration.ofSeconds(61));
        assertThat(Stream.generate(this::use).limit(40)).contains(ONE, TWO);
    }

    @Test
    void leastUsedSpreadsABurst() {
        settings.strategy = Strategy.LEAST_USED;
        open(ONE, TWO, THREE);
        List<String> tokens = IntStream.range(0, 30)
                .mapToObj(i -> token(attempt(factory.newFilter(FakeExchange.openAi()), 1)))
                .toList();
        assertThat(tokens).containsOnly(ONE, TWO, THREE);
        assertThat(tokens.stream().filter(ONE::equals)).hasSize(10);
        assertThat(shown(0).path("underWay").asInt()).isEqualTo(10);
    }

    @ParameterizedTest
    @EnumSource(
            value = Operation.class,
            names = {"FILES", "BATCHES", "FINE_TUNING", "CHAT"})
    void whoHasStoredSomethingComesBackToItsKey(Operation operation) {
        open(ONE, TWO, THREE);
        String key = stateful(operation, "alice");
        assertThat(Stream.generate(() -> stateful(operation, "alice")).limit(6)).containsOnly(key);
        assertThat(IntStream.range(0, 30).mapToObj(i -> stateful(operation, "user-" + i)))
                .contains(ONE, TWO, THREE);
        int index = List.of(ONE, TWO, THREE).indexOf(key);
        scope.act("rest", body(key));
        assertThat(stateful(operation, "alice")).isNotEqualTo(key);
        scope.act("restore", body(key));
        assertThat(stateful(operation, "alice")).isEqualTo(key);
        assertThat(state(index)).isEqualTo("healthy");
    }

    private String stateful(Operation operation, String consumer) {
        Dialect dialect = operation == Operation.CHAT ? Dialect.OPENAI_RESPONSES : Dialect.OPENAI;
        FakeExchange exchange = FakeExchange.of(dialect, operation, FakeRequestHead.of("POST", "/v1/x"));
        exchange.put(Key.CONSUMER, consumer);
        return token(attempt(factory.newFilter(exchange), 1));
    }

    @Test
    void withAFallbackBeforeItNoHealthyKeyIsSaidAtOnce() {
        scope.between(List.of("model-fallback"), List.of("ai-proxy"));
        open(ONE);
        fail(failure -> failure.retryAfter(Duration.ofSeconds(42)), 429);
        Filter filter = factory.newFilter(FakeExchange.openAi());
        FakeAttempt attempt = FakeAttempt.of(TARGET);
        Reply reply = (Reply) filter.onAttempt(attempt).onSend(FakeUpstreamRequest.of(attempt, FakeExchange.openAi()));
        assertThat(reply.status()).isEqualTo(503);
        assertThat(reply.code()).isEqualTo("no_credential");
        assertThat(reply.headers()).contains(Map.entry("retry-after", "42"));
        assertThat(filter.onFailure(FakeFailure.status(attempt, 503).code("no_credential")))
                .hasToString("pass");
    }

    @Test
    void aProviderWithoutKeysAndATryThatHasOneAreLeftAlone() {
        scope.provider(FakeProvider.of("none", "echo"));
        open(ONE);
        Filter filter = factory.newFilter(FakeExchange.openAi());
        FakeAttempt other = FakeAttempt.of("none", "m");
        filter.onAttempt(other);
        assertThat(other.credential()).isNull();
        FakeAttempt given = FakeAttempt.of(TARGET).number(2).with(Credential.of("given"));
        filter.onAttempt(given);
        assertThat(token(given)).isEqualTo("given");
        assertThat(filter.onFailure(FakeFailure.status(given, 401))).hasToString("pass");
        assertThat(state(0)).isEqualTo("healthy");
    }

    @Test
    void aProviderThatNoConfigOfTheRouteNamesIsPooledOnceItIsPicked() {
        scope.provider(FakeProvider.of("late", "openai").tokens(THREE)).naming("p");
        open(ONE);
        assertThat(scope.shown("keys").has("late")).isFalse();
        FakeAttempt attempt = FakeAttempt.of("late", "m");
        factory.newFilter(FakeExchange.openAi()).onAttempt(attempt);
        assertThat(token(attempt)).isEqualTo(THREE);
        assertThat(scope.shown("keys").has("late")).isTrue();
    }
}
