package dev.sluice.plugins.tokenratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.Step;
import dev.sluice.api.Usage;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.Algorithm;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.Limits;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.OnExhausted;
import dev.sluice.testkit.FakeClock;
import dev.sluice.testkit.FakeExchange;
import dev.sluice.testkit.FakeOutcome;
import dev.sluice.testkit.FakeScope;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A thousand at once against a limit that a hundred would use up, with answers that cost other than is expected. */
final class OvershootTest {
    private static final int ASSUMED = 100;
    private static final long INPUT = 20;
    private static final String TEXT = "\"messages\":[{\"role\":\"user\",\"content\":\"" + "word ".repeat(12) + "\"}]";

    private final FakeClock clock = new FakeClock();
    private final FakeScope scope = new FakeScope(clock);
    private final Random random = new Random(3);
    private long used;
    private long largest;

    private FilterFactory rule(long tokens, @Nullable Long assumeMost) {
        Limits limits = new Limits(
                "all",
                List.of(),
                Map.of(),
                tokens,
                null,
                null,
                Duration.ofHours(1),
                Algorithm.FIXED_WINDOW,
                null,
                null,
                ASSUMED,
                assumeMost,
                false,
                false,
                OnExhausted.FINISH);
        return new TokenRatelimit().open(Config.rules(limits), scope, clock::millis);
    }

    private @Nullable Filter ask(FilterFactory factory, @Nullable Long maxTokens) {
        FakeExchange exchange = FakeExchange.openAi()
                .clock(clock)
                .header("content-type", "application/json")
                .body("{" + (maxTokens == null ? "" : "\"max_tokens\":" + maxTokens + ",") + TEXT + "}");
        Filter filter = factory.newFilter(exchange);
        var unused = filter.onRequest(exchange.request());
        Step step = filter.onRequestBody(exchange.body());
        if (step instanceof Step.When when) {
            step = when.stage().toCompletableFuture().join();
        }
        return step == Step.next() ? filter : null;
    }

    private void answer(Filter filter, long input, long output) {
        used += input + output;
        largest = Math.max(largest, input + output);
        filter.onComplete(FakeOutcome.success().usage(Usage.of(input, output)));
    }

    private void teach(FilterFactory factory, LongSupplier outputs) {
        for (int i = 0; i < 300; i++) {
            Filter filter = ask(factory, null);
            answer(Objects.requireNonNull(filter), INPUT, outputs.getAsLong());
            clock.advance(Duration.ofHours(2));
        }
        used = 0;
        largest = 0;
    }

    /** A thousand ask at once, and then, one for each that is answered, again and again until nobody is let through. */
    private void burst(FilterFactory factory, @Nullable Long maxTokens, LongSupplier inputs, LongSupplier outputs) {
        Deque<Filter> underWay = new ArrayDeque<>();
        for (int i = 0; i < 1000; i++) {
            Filter filter = ask(factory, maxTokens);
            if (filter != null) {
                underWay.add(filter);
            }
        }
        while (!underWay.isEmpty()) {
            answer(underWay.remove(), inputs.getAsLong(), outputs.getAsLong());
            for (int i = 0; i < 5; i++) {
                Filter filter = ask(factory, maxTokens);
                if (filter != null) {
                    underWay.add(filter);
                }
            }
        }
    }

    /** What one answer was wrong by, and not what a hundred were, may be used too much; nor is much left over. */
    private void holds(long tokens) {
        assertThat(used).isLessThanOrEqualTo(tokens + largest).isGreaterThan(tokens - 2 * largest);
    }

    @ParameterizedTest
    @CsvSource({"1", "3", "10", "15"})
    void nothingLearnedAndAnswersLargerThanAssumed(int times) {
        long tokens = 100 * (INPUT + ASSUMED * times);
        burst(rule(tokens, null), null, () -> INPUT, () -> (long) ASSUMED * times);
        holds(tokens);
    }

    @ParameterizedTest
    @CsvSource({"1", "3", "10", "15"})
    void nothingLearnedAndALimitOfAHundredAssumed(int times) {
        long tokens = 100 * (INPUT + ASSUMED);
        burst(rule(tokens, null), null, () -> INPUT, () -> (long) ASSUMED * times);
        holds(tokens);
    }

    @Test
    void whatARequestAllowsItself() {
        long tokens = 100 * (INPUT + 500);
        burst(rule(tokens, null), 500L, () -> INPUT, () -> 300 + random.nextInt(201));
        holds(tokens);
    }

    @ParameterizedTest
    @CsvSource({"3", "10", "100"})
    void veryUnevenAnswers(int times) {
        LongSupplier outputs = () -> random.nextInt(10) == 0 ? (long) ASSUMED * times : ASSUMED;
        long tokens = 100 * (INPUT + ASSUMED * (9 + times) / 10);
        FilterFactory factory = rule(tokens, null);
        teach(factory, outputs);
        burst(factory, null, () -> INPUT, outputs);
        holds(tokens);
    }

    @ParameterizedTest
    @CsvSource({"2", "4", "7"})
    void answersOfAnySizeUpToOne(int digits) {
        LongSupplier outputs = () -> (long) (10 * Math.exp(random.nextDouble() * digits));
        FilterFactory factory = rule(100_000, null);
        teach(factory, outputs);
        burst(factory, null, () -> INPUT, outputs);
        holds(100_000);
    }

    @Test
    void inputsThatCountForMoreThanTheyLookLike() {
        LongSupplier inputs = () -> 20 + random.nextInt(400);
        FilterFactory factory = rule(20_000, null);
        for (int i = 0; i < 40; i++) {
            answer(Objects.requireNonNull(ask(factory, 5L)), inputs.getAsLong(), 5);
        }
        clock.advance(Duration.ofHours(2));
        used = 0;
        burst(factory, 5L, inputs, () -> 5);
        holds(20_000);
    }

    @ParameterizedTest
    @CsvSource({"3", "10"})
    void answersThatHaveBecomeLarger(int times) {
        long tokens = 100 * (INPUT + ASSUMED);
        FilterFactory sure = rule(tokens, (long) ASSUMED * times);
        teach(sure, () -> ASSUMED);
        burst(sure, null, () -> INPUT, () -> (long) ASSUMED * times);
        holds(tokens);
    }

    /** Nobody can know the first time; the second is known. */
    @Test
    void answersThatNobodyCouldExpect() {
        long tokens = 100 * (INPUT + ASSUMED);
        FilterFactory factory = rule(tokens, null);
        teach(factory, () -> ASSUMED);
        burst(factory, null, () -> INPUT, () -> 10 * ASSUMED);
        assertThat(used).isGreaterThan(tokens + largest);
        clock.advance(Duration.ofHours(2));
        used = 0;
        burst(factory, null, () -> INPUT, () -> 10 * ASSUMED);
        holds(tokens);
    }
}
