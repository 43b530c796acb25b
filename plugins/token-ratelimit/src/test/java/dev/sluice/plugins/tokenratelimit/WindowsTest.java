package dev.sluice.plugins.tokenratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testkit.FakeClock;
import dev.sluice.testkit.FakeScope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The script by its Java form, on a clock that the test moves. */
final class WindowsTest {
    private static final Duration WINDOW = Duration.ofSeconds(60);

    private final FakeClock clock = new FakeClock();
    private final FakeScope scope = new FakeScope(clock);

    /** Charges at once, as a request that is judged and settled in one step. */
    private List<String> charge(String algorithm, long limit, long capacity, long tokens) {
        return run(algorithm, limit, capacity, "strict", 0, 0, 0, 0, tokens);
    }

    private List<String> run(
            String algorithm,
            long limit,
            long capacity,
            String check,
            long charge,
            long back,
            long backEnd,
            long want,
            long take) {
        List<String> args = new ArrayList<>(List.of(algorithm));
        for (long number : new long[] {limit, WINDOW.toMillis(), capacity}) {
            args.add(Long.toString(number));
        }
        args.add(check);
        for (long number : new long[] {600_000, charge, back, backEnd, want, take, want}) {
            args.add(Long.toString(number));
        }
        return scope.shared()
                .run(Windows.SCRIPT, List.of("k"), args)
                .toCompletableFuture()
                .join();
    }

    @ParameterizedTest
    @ValueSource(strings = {"s", "f", "b"})
    void noWindowOfSteadyTrafficHoldsMoreThanItMay(String algorithm) {
        Random random = new Random(7);
        List<long[]> granted = new ArrayList<>();
        long from = clock.instant().toEpochMilli();
        for (int i = 0; i < 3000; i++) {
            long tokens = 1 + random.nextInt(40);
            if (charge(algorithm, 1000, 1000, tokens).get(0).equals("1")) {
                granted.add(new long[] {clock.instant().toEpochMilli(), tokens});
            }
            clock.advance(Duration.ofMillis(random.nextInt(400)));
        }
        long minutes = (clock.instant().toEpochMilli() - from) / WINDOW.toMillis();
        long all = granted.stream().mapToLong(one -> one[1]).sum();
        // A window always ends: every minute of traffic gets something like its due.
        assertThat(all).isGreaterThan(minutes * 800);
        // At most twice the limit in any minute across a window's border, or with a bucket's burst; never with a
        // sliding one.
        long most = algorithm.equals("s") ? 1000 : 2000;
        for (long[] first : granted) {
            long within = granted.stream()
                    .filter(one -> one[0] >= first[0] && one[0] < first[0] + WINDOW.toMillis())
                    .mapToLong(one -> one[1])
                    .sum();
            assertThat(within).isLessThanOrEqualTo(most);
        }
    }

    @Test
    void aBucketHoldsItsBurstAndFillsSteadily() {
        assertThat(charge("b", 60, 100, 100).get(0)).isEqualTo("1");
        List<String> refused = charge("b", 60, 100, 10);
        assertThat(refused.get(0)).isEqualTo("0");
        assertThat(refused.get(4)).isEqualTo("10000");
        clock.advance(Duration.ofSeconds(10));
        assertThat(charge("b", 60, 100, 10).get(0)).isEqualTo("1");
        assertThat(charge("b", 60, 100, 1).get(0)).isEqualTo("0");
    }

    @Test
    void whatIsReservedCountsUntilItIsGivenBackOrEnds() {
        List<String> first = run("f", 100, 100, "strict", 0, 0, 0, 60, 0);
        assertThat(first.subList(0, 3)).containsExactly("1", "0", "60");
        assertThat(run("f", 100, 100, "strict", 0, 0, 0, 60, 0).get(0)).isEqualTo("0");
        List<String> settled = run("f", 100, 100, "none", 15, 60, Long.parseLong(first.get(5)), 0, 0);
        assertThat(settled.subList(0, 3)).containsExactly("1", "15", "0");
        assertThat(run("f", 100, 100, "strict", 0, 0, 0, 85, 0).get(0)).isEqualTo("1");
        clock.advance(Duration.ofMinutes(15));
        assertThat(run("f", 100, 100, "strict", 0, 0, 0, 100, 0).subList(0, 3)).containsExactly("1", "0", "100");
    }

    @Test
    void whatIsLargerThanTheLimitIsLetThroughOnceUnlessStrict() {
        assertThat(run("s", 100, 100, "strict", 0, 0, 0, 500, 0).get(0)).isEqualTo("0");
        assertThat(run("s", 100, 100, "once", 0, 0, 0, 500, 0).get(0)).isEqualTo("1");
        assertThat(run("s", 100, 100, "once", 0, 0, 0, 500, 0).get(0)).isEqualTo("0");
        assertThat(run("s", 100, 100, "once", 0, 0, 0, 1, 0).get(0)).isEqualTo("0");
    }

    @Test
    void severalKeysAreTakenTogetherOrNotAtAll() {
        List<String> args = new ArrayList<>();
        for (String limit : List.of("100", "10")) {
            args.addAll(List.of("f", limit, "60000", limit, "strict", "600000", "0", "0", "0", "0", "50", "0"));
        }
        List<String> answer = scope.shared()
                .run(Windows.SCRIPT, List.of("a", "b"), args)
                .toCompletableFuture()
                .join();
        assertThat(answer.get(0)).isEqualTo("0");
        assertThat(answer.get(6)).isEqualTo("0");
        assertThat(answer.get(12)).isEqualTo("1");
        assertThat(scope.shared().get("a").toCompletableFuture().join()).isEmpty();
    }

    @Test
    void aClockSetBackDoesNotKeepAWindowOpen() {
        long[] now = {1_000_000_000_000L};
        LocalStore store = new LocalStore(() -> now[0]);
        List<String> args = List.of("s", "10", "60000", "10", "strict", "600000", "0", "0", "0", "0", "10", "0");
        assertThat(store.run(Windows.SCRIPT, List.of("k"), args).get(0)).isEqualTo("1");
        now[0] -= Duration.ofDays(1).toMillis();
        assertThat(store.run(Windows.SCRIPT, List.of("k"), args).get(0)).isEqualTo("0");
        now[0] += 67_000;
        assertThat(store.run(Windows.SCRIPT, List.of("k"), args).get(0)).isEqualTo("1");
    }

    @Test
    void whatIsRepeatedIsMadeOnce() {
        Runnable settle = () -> {
            List<String> args = new ArrayList<>(
                    List.of("s", "100", "60000", "100", "none", "600000", "40", "0", "0", "0", "0", "0", "120000"));
            var unused = scope.shared()
                    .run(Windows.SCRIPT, List.of("k", "i1"), args)
                    .toCompletableFuture()
                    .join();
        };
        settle.run();
        settle.run();
        assertThat(run("s", 100, 100, "none", 0, 0, 0, 0, 0).get(1)).isEqualTo("40");
        clock.advance(Duration.ofMinutes(2));
        settle.run();
        assertThat(run("s", 100, 100, "none", 0, 0, 0, 0, 0).get(1)).isEqualTo("40");
    }

    /** Whatever has happened, clocks that were set included, a full limit is there in the end. */
    @ParameterizedTest
    @ValueSource(strings = {"s", "f", "b"})
    void aWindowAlwaysEnds(String algorithm) {
        for (int seed = 0; seed < 100; seed++) {
            Random random = new Random(seed);
            for (int i = 0; i < 50; i++) {
                clock.advance(Duration.ofMillis(random.nextInt(20_000)));
                if (random.nextInt(5) == 0) {
                    clock.set(Duration.ofSeconds(random.nextInt(200_000) - 100_000L));
                }
                var unused = run(
                        algorithm, 100, 120, "once", random.nextInt(30), 0, 0, random.nextInt(50), random.nextInt(5));
            }
            long longest = Long.parseLong(
                    run(algorithm, 100, 120, "none", 0, 0, 0, 0, 0).get(3));
            if (!algorithm.equals("b")) {
                assertThat(longest).isLessThanOrEqualTo(WINDOW.toMillis() * 11 / 10);
            }
            clock.advance(Duration.ofMillis(Math.max(longest, 750_000)));
            assertThat(run(algorithm, 100, 120, "strict", 0, 0, 0, 0, 120).get(0))
                    .as("seed " + seed)
                    .isEqualTo("1");
        }
    }
}
