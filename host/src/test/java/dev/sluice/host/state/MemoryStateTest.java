package dev.sluice.host.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.Script;
import dev.sluice.api.SharedState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryStateTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final long EPOCH = 1_700_000_000_000L;

    private final AtomicLong nanos = new AtomicLong(-5);
    private final MemoryStore store =
            new MemoryStore(1 << 20, () -> Instant.ofEpochMilli(EPOCH).plusNanos(nanos.get() + 5), nanos::get);
    private final SharedState state = store.of("limiter", 1);

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    private static <T> T done(CompletionStage<T> stage) {
        return stage.toCompletableFuture().getNow(null);
    }

    @Test
    void keepsAValueForItsTimeToLive() {
        done(state.put("a", "1", MINUTE));
        pass(MINUTE.minusNanos(1));
        assertThat(done(state.get("a"))).contains("1");
        pass(Duration.ofNanos(1));
        assertThat(done(state.get("a"))).isEmpty();
    }

    @Test
    void putAgainBeginsANewTimeToLive() {
        done(state.put("a", "1", MINUTE));
        pass(Duration.ofSeconds(59));
        done(state.put("a", "2", MINUTE));
        pass(Duration.ofSeconds(59));
        assertThat(done(state.get("a"))).contains("2");
        done(state.put("a", "3", Duration.ofMillis(1)));
        pass(Duration.ofMillis(1));
        assertThat(done(state.get("a"))).isEmpty();
    }

    @Test
    void addsFromNothingAndBackwards() {
        assertThat(done(state.add("n", 5, MINUTE))).isEqualTo(5);
        assertThat(done(state.add("n", -7, MINUTE))).isEqualTo(-2);
        assertThat(done(state.get("n"))).contains("-2");
    }

    @Test
    void addingDoesNotProlongAWindow() {
        for (int second = 0; second < 60; second++) {
            assertThat(done(state.add("n", 1, MINUTE))).isEqualTo(second + 1);
            pass(Duration.ofSeconds(1));
        }
        assertThat(done(state.get("n"))).isEmpty();
        assertThat(done(state.add("n", 1, MINUTE))).isEqualTo(1);
        pass(Duration.ofSeconds(59));
        assertThat(done(state.get("n"))).contains("1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "", "1.5", "99999999999999999999"})
    void refusesToAddToWhatIsNoNumber(String value) {
        done(state.put("n", value, MINUTE));
        assertThatThrownBy(() -> done(state.add("n", 1, MINUTE)))
                .hasRootCauseInstanceOf(NumberFormatException.class)
                .cause()
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("'n' of limiter holds no number to add to");
        assertThat(done(state.get("n"))).contains(value);
    }

    @Test
    void refusesASumBeyond64Bits() {
        done(state.add("n", Long.MAX_VALUE, MINUTE));
        assertThatThrownBy(() -> done(state.add("n", 1, MINUTE)))
                .cause()
                .hasMessage("'n' of limiter would leave 64 bits");
        assertThat(done(state.get("n"))).contains("9223372036854775807");
    }

    @Test
    void refusesATimeToLiveThatIsNone() {
        List<CompletionStage<?>> refused = List.of(
                state.put("a", "1", Duration.ZERO),
                state.put("a", "1", Duration.ofMillis(-1)),
                state.add("a", 1, Duration.ZERO),
                state.replace("a", Optional.empty(), "1", Duration.ZERO));
        for (CompletionStage<?> stage : refused) {
            assertThatThrownBy(() -> done(stage))
                    .cause()
                    .hasMessageStartingWith("a time to live must be positive, not PT");
        }
        assertThat(done(state.get("a"))).isEmpty();
    }

    @Test
    void takesATimeToLiveLongerThanAnyClock() {
        done(state.put("a", "1", Duration.ofSeconds(Long.MAX_VALUE)));
        pass(Duration.ofDays(30_000));
        assertThat(done(state.get("a"))).contains("1");
    }

    @Test
    void replacesOnlyWhatIsExpected() {
        assertThat(done(state.replace("a", Optional.of("0"), "1", MINUTE))).isFalse();
        assertThat(done(state.get("a"))).isEmpty();
        assertThat(done(state.replace("a", Optional.empty(), "1", MINUTE))).isTrue();
        assertThat(done(state.replace("a", Optional.empty(), "2", MINUTE))).isFalse();
        assertThat(done(state.replace("a", Optional.of("x"), "2", MINUTE))).isFalse();
        pass(Duration.ofSeconds(59));
        assertThat(done(state.replace("a", Optional.of("1"), "2", MINUTE))).isTrue();
        pass(Duration.ofSeconds(59));
        assertThat(done(state.get("a"))).contains("2");
        pass(Duration.ofSeconds(1));
        assertThat(done(state.replace("a", Optional.empty(), "3", MINUTE))).isTrue();
    }

    @Test
    void saysWhetherThereWasSomethingToRemove() {
        done(state.put("a", "1", MINUTE));
        assertThat(done(state.remove("a"))).isTrue();
        assertThat(done(state.remove("a"))).isFalse();
        done(state.put("b", "1", MINUTE));
        pass(MINUTE);
        assertThat(done(state.remove("b"))).isFalse();
    }

    @Test
    void keepsFiltersAndVersionsApart() {
        done(state.put("a", "1", MINUTE));
        assertThat(done(store.of("limiter", 2).get("a"))).isEmpty();
        assertThat(done(store.of("cache", 1).get("a"))).isEmpty();
        assertThat(done(store.of("limiter", 1).get("a"))).contains("1");
    }

    @Test
    void staysWithinItsBound() {
        MemoryStore small = new MemoryStore(100 * 150, () -> Instant.EPOCH, nanos::get);
        SharedState cramped = small.of("cache", 1);
        for (int i = 0; i < 10_000; i++) {
            done(cramped.put("k" + i, "12345", MINUTE));
        }
        assertThat(small.size()).isBetween(50L, 100L * 150 / 128);
        done(cramped.put("huge", "x".repeat(20_000), MINUTE));
        assertThat(done(cramped.get("huge"))).isEmpty();
    }

    @Test
    void losesNoAdditionUnderContention() throws Exception {
        int threads = 8;
        int each = 20_000;
        together(threads, i -> () -> {
            for (int n = 0; n < each; n++) {
                done(state.add("shared", 1, MINUTE));
                done(state.add("own" + i, 1, MINUTE));
            }
            return 0L;
        });
        assertThat(done(state.get("shared"))).contains(String.valueOf(threads * each));
        assertThat(done(state.get("own3"))).contains(String.valueOf(each));
    }

    @Test
    void letsExactlyOneReplaceWin() throws Exception {
        for (int round = 0; round < 200; round++) {
            String key = "lease" + round;
            List<Long> wins =
                    together(4, i -> () -> done(state.replace(key, Optional.empty(), "holder" + i, MINUTE)) ? 1L : 0L);
            assertThat(wins.stream().mapToLong(Long::longValue).sum()).isEqualTo(1);
        }
    }

    /** Moves between two accounts, read and written one after the other: any interleaving would lose money. */
    private static final Script MOVE = Script.of("move", 1, "", (store, keys, args) -> {
        long amount = Long.parseLong(args.get(0));
        String from = store.get(keys.get(0));
        String to = store.get(keys.get(1));
        store.set(keys.get(0), String.valueOf((from == null ? 0 : Long.parseLong(from)) - amount), MINUTE);
        store.set(keys.get(1), String.valueOf((to == null ? 0 : Long.parseLong(to)) + amount), MINUTE);
        return List.of("moved");
    });

    @Test
    void runsScriptsAsOneStepWhateverTheOrderOfTheirKeys() throws Exception {
        together(8, i -> () -> {
            Random random = new Random(i);
            for (int n = 0; n < 5_000; n++) {
                int from = random.nextInt(5);
                int to = (from + 1 + random.nextInt(4)) % 5;
                done(state.run(MOVE, List.of("k" + from, "k" + to), List.of(String.valueOf(random.nextInt(100)))));
            }
            return 0L;
        });
        long sum = 0;
        for (int i = 0; i < 5; i++) {
            sum += Long.parseLong(done(state.get("k" + i)).orElse("0"));
        }
        assertThat(sum).isZero();
    }

    @Test
    void showsNobodyAStepHalfDone() throws Exception {
        Script upAndDown = Script.of("up-and-down", 1, "", (store, keys, args) -> {
            store.incrBy(keys.get(0), 1);
            store.incrBy(keys.get(0), -1);
            return List.of();
        });
        done(state.add("n", 0, MINUTE));
        List<Long> strange = together(4, i -> () -> {
            long seen = 0;
            for (int n = 0; n < 20_000; n++) {
                if (i % 2 == 0) {
                    done(state.run(upAndDown, List.of("n"), List.of()));
                } else if (!done(state.get("n")).equals(Optional.of("0"))) {
                    seen++;
                }
            }
            return seen;
        });
        assertThat(strange).containsOnly(0L);
    }

    @Test
    void offersScriptsWhatRedisDoes() {
        Script all = Script.of("all", 1, "", (store, keys, args) -> {
            List<String> seen = new ArrayList<>();
            seen.add(String.valueOf(store.get("a")));
            store.set("a", "1", Duration.ofSeconds(10));
            seen.add(store.get("a"));
            seen.add(String.valueOf(store.incrBy("a", 4)));
            seen.add(String.valueOf(store.incrBy("b", -1)));
            store.expire("b", Duration.ofSeconds(20));
            store.expire("missing", Duration.ofSeconds(20));
            seen.add(String.valueOf(store.get("missing")));
            store.set("c", "x", null);
            store.set("d", "x", null);
            store.del("d");
            store.set("e", "x", null);
            store.expire("e", Duration.ZERO);
            seen.add(String.valueOf(store.now()));
            seen.addAll(args);
            return seen;
        });
        pass(Duration.ofMillis(7));
        assertThat(done(state.run(all, List.of("a", "b", "c", "d", "e", "missing"), List.of("arg"))))
                .containsExactly("null", "1", "5", "-1", "null", String.valueOf(EPOCH + 7), "arg");
        assertThat(done(state.get("d"))).isEmpty();
        assertThat(done(state.get("e"))).isEmpty();
        pass(Duration.ofSeconds(10));
        assertThat(done(state.get("a"))).isEmpty();
        assertThat(done(state.get("b"))).contains("-1");
        pass(Duration.ofSeconds(10));
        assertThat(done(state.get("b"))).isEmpty();
        pass(Duration.ofDays(30_000));
        assertThat(done(state.get("c"))).contains("x");
    }

    @Test
    void refusesAScriptThatTouchesOtherKeys() {
        Script nosy = Script.of("nosy", 1, "", (store, keys, args) -> List.of(String.valueOf(store.get("b"))));
        assertThatThrownBy(() -> done(state.run(nosy, List.of("a"), List.of())))
                .cause()
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("script 'nosy' touches 'b', which is not among the keys it was run with: [a]");
    }

    @Test
    void refusesAScriptThatGoesOnAfterItsEnd() {
        AtomicReference<Script.Store> kept = new AtomicReference<>();
        Script leaky = Script.of("leaky", 1, "", (store, keys, args) -> {
            kept.set(store);
            return List.of();
        });
        done(state.run(leaky, List.of("a"), List.of()));
        assertThatThrownBy(() -> kept.get().get("a"))
                .hasMessage("script 'leaky' is over and may touch nothing any more");
    }

    @Test
    void unlocksWhatAFailedScriptHeld() throws Exception {
        Script bad = Script.of("bad", 1, "", (store, keys, args) -> {
            throw new IllegalStateException("no");
        });
        assertThatThrownBy(() -> done(state.run(bad, List.of("a", "b", "a"), List.of())))
                .cause()
                .hasMessage("no");
        assertThat(together(1, i -> () -> done(state.add("a", 1, MINUTE)))).containsExactly(1L);
    }

    private interface Work {
        Callable<Long> of(int thread);
    }

    private static List<Long> together(int threads, Work work) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            CyclicBarrier start = new CyclicBarrier(threads);
            List<Future<Long>> running = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                Callable<Long> one = work.of(i);
                running.add(pool.submit(() -> {
                    start.await(30, TimeUnit.SECONDS);
                    return one.call();
                }));
            }
            Long[] results = new Long[threads];
            for (int i = 0; i < threads; i++) {
                results[i] = running.get(i).get(60, TimeUnit.SECONDS);
            }
            return Arrays.asList(results);
        } finally {
            pool.shutdownNow();
        }
    }
}
