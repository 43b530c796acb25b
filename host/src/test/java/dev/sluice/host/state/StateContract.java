package dev.sluice.host.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.api.Script;
import dev.sluice.api.SharedState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What holds of a shared state wherever it is kept. */
abstract class StateContract {
    private static final Duration HOUR = Duration.ofHours(1);

    private final String filter = "f" + Long.toHexString(System.nanoTime());

    /** The store under test. */
    abstract StateStore store();

    private SharedState state() {
        return store().of(filter, 1);
    }

    static <T> T done(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @Test
    void whatIsPutIsThere() throws Exception {
        assertThat(done(state().get("a"))).isEmpty();
        done(state().put("a", "1", HOUR));
        assertThat(done(state().get("a"))).contains("1");
        done(state().put("a", "", HOUR));
        assertThat(done(state().get("a"))).contains("");
        assertThat(done(state().remove("a"))).isTrue();
        assertThat(done(state().remove("a"))).isFalse();
        assertThat(done(state().get("a"))).isEmpty();
    }

    @Test
    void addsFromNothingAndBackwardsAndKeepsAllBits() throws Exception {
        assertThat(done(state().add("n", 5, HOUR))).isEqualTo(5);
        assertThat(done(state().add("n", -7, HOUR))).isEqualTo(-2);
        assertThat(done(state().get("n"))).contains("-2");
        assertThat(done(state().add("big", Long.MAX_VALUE - 1, HOUR))).isEqualTo(Long.MAX_VALUE - 1);
        assertThat(done(state().add("big", 1, HOUR))).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void addingTellsWhatCannotBeAddedTo() throws Exception {
        done(state().put("n", Long.toString(Long.MAX_VALUE), HOUR));
        assertThatThrownBy(() -> done(state().add("n", 1, HOUR)))
                .cause()
                .hasMessage("'n' of " + filter + " would leave 64 bits");
        for (String text : List.of("x", "", "+5", "05", " 5", "1e3", "99999999999999999999")) {
            done(state().put("n", text, HOUR));
            assertThatThrownBy(() -> done(state().add("n", 1, HOUR)))
                    .as(text)
                    .cause()
                    .hasMessage("'n' of " + filter + " holds no number to add to");
            assertThat(done(state().get("n"))).contains(text);
        }
    }

    @Test
    void replacesOnlyWhatIsExpected() throws Exception {
        assertThat(done(state().replace("a", Optional.of("1"), "2", HOUR))).isFalse();
        assertThat(done(state().replace("a", Optional.of(""), "2", HOUR))).isFalse();
        assertThat(done(state().replace("a", Optional.empty(), "1", HOUR))).isTrue();
        assertThat(done(state().replace("a", Optional.empty(), "2", HOUR))).isFalse();
        assertThat(done(state().replace("a", Optional.of("1"), "2", HOUR))).isTrue();
        assertThat(done(state().get("a"))).contains("2");
    }

    @Test
    void aTimeToLiveEndsAndIsNotProlongedByAdding() throws Exception {
        done(state().put("put", "1", Duration.ofMillis(300)));
        done(state().replace("replaced", Optional.empty(), "1", Duration.ofMillis(300)));
        done(state().add("n", 1, Duration.ofMillis(300)));
        await().atMost(Duration.ofSeconds(5)).until(() -> done(state().add("n", 1, Duration.ofMillis(300))) == 1);
        await().atMost(Duration.ofSeconds(5))
                .until(() -> done(state().get("put")).isEmpty()
                        && done(state().get("replaced")).isEmpty());
    }

    @Test
    void aTimeToLiveMustBePositive() {
        for (Duration ttl : List.of(Duration.ZERO, Duration.ofMillis(-1))) {
            for (CompletionStage<?> stage : List.of(
                    state().add("a", 1, ttl),
                    state().put("a", "1", ttl),
                    state().replace("a", Optional.empty(), "1", ttl))) {
                assertThatThrownBy(() -> done(stage))
                        .cause()
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("a time to live must be positive, not " + ttl);
            }
        }
    }

    @Test
    void theShortestAndTheLongestTimeToLiveAreTaken() throws Exception {
        done(state().put("a", "1", Duration.ofNanos(1)));
        done(state().put("b", "1", Duration.ofSeconds(Long.MAX_VALUE)));
        assertThat(done(state().get("b"))).contains("1");
        await().atMost(Duration.ofSeconds(5)).until(() -> done(state().get("a")).isEmpty());
    }

    @Test
    void otherFiltersAndOtherVersionsSeeNothing() throws Exception {
        done(state().put("a", "1", HOUR));
        done(state().put("{g}a", "2", HOUR));
        for (SharedState other : List.of(store().of(filter, 2), store().of(filter, 11), store().of("x" + filter, 1))) {
            assertThat(done(other.get("a"))).isEmpty();
            assertThat(done(other.get("{g}a"))).isEmpty();
            assertThat(done(other.remove("a"))).isFalse();
        }
        assertThat(done(store().of(filter, 1).get("a"))).contains("1");
        assertThat(done(store().of(filter, 1).get("{g}a"))).contains("2");
    }

    @Test
    void oddKeysAndValuesAreKeptApart() throws Exception {
        List<String> odd = List.of(
                "",
                " ",
                "a b",
                "\r\n",
                "\u0000",
                "ä中😀",
                "{",
                "}",
                "{}",
                "{}a",
                "{a}",
                "{a}a",
                "{a",
                "a}",
                "a{b}",
                "{{a}}",
                "$6\r\nfoobar",
                "*",
                "?",
                "/1",
                "x".repeat(70_000));
        for (String key : odd) {
            done(state().put(key, "value of " + key, HOUR));
        }
        for (String key : odd) {
            assertThat(done(state().get(key))).contains("value of " + key);
        }
    }

    private static final Script TAKE = Script.of("take", 1, """
            local used = tonumber(redis.call('GET', KEYS[1]) or '0')
            if used + tonumber(ARGV[1]) > tonumber(ARGV[2]) then return { 'no', used, KEYS[2] and 'two' or 'one' } end
            used = redis.call('INCRBY', KEYS[1], ARGV[1])
            if used == tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
            if KEYS[2] then redis.call('SET', KEYS[2], used, 'PX', ARGV[3]) end
            if used % 5 == 0 then redis.call('DEL', KEYS[1]) end
            return { 'yes', used }
            """, (store, keys, args) -> {
        String held = store.get(keys.get(0));
        long used = held == null ? 0 : Long.parseLong(held);
        if (used + Long.parseLong(args.get(0)) > Long.parseLong(args.get(1))) {
            return List.of("no", Long.toString(used), keys.size() > 1 ? "two" : "one");
        }
        Duration ttl = Duration.ofMillis(Long.parseLong(args.get(2)));
        used = store.incrBy(keys.get(0), Long.parseLong(args.get(0)));
        if (used == Long.parseLong(args.get(0))) {
            store.expire(keys.get(0), ttl);
        }
        if (keys.size() > 1) {
            store.set(keys.get(1), Long.toString(used), ttl);
        }
        if (used % 5 == 0) {
            store.del(keys.get(0));
        }
        return List.of("yes", Long.toString(used));
    });

    @Test
    void aScriptDecidesTheSameAsInMemory() throws Exception {
        SharedState memory = MemoryStore.ofBytes(1 << 20).of("m", 1);
        for (long seed = 1; seed <= 10; seed++) {
            Random random = new Random(seed);
            for (int i = 0; i < 60; i++) {
                List<String> keys = new ArrayList<>(List.of("{" + seed + "}k" + random.nextInt(3)));
                if (random.nextBoolean()) {
                    keys.add("{" + seed + "}second");
                }
                List<String> args = List.of(
                        Integer.toString(1 + random.nextInt(4)), Integer.toString(random.nextInt(12)), "3600000");
                assertThat(done(state().run(TAKE, keys, args)))
                        .as("seed %d, call %d", seed, i)
                        .isEqualTo(done(memory.run(TAKE, keys, args)));
                for (String key : keys) {
                    assertThat(done(state().get(key))).isEqualTo(done(memory.get(key)));
                }
            }
        }
    }

    @Test
    void aScriptSeesTheTime() throws Exception {
        Script now = Script.of("now", 1, "return { ARGV[#ARGV], #ARGV }", (store, keys, args) -> {
            assertThat(args).hasSize(1);
            return List.of(Long.toString(store.now()), "2");
        });
        long before = System.currentTimeMillis();
        List<String> answer = done(state().run(now, List.of("a"), List.of("x")));
        assertThat(Long.parseLong(answer.get(0))).isBetween(before - 1, System.currentTimeMillis() + 1);
        assertThat(answer.get(1)).isEqualTo("2");
    }

    @Test
    void aScriptRunsOverOneGroupOfKeysOnly() {
        for (List<String> keys : List.of(List.of("{a}x", "{b}x"), List.of("x", "{a}x"), List.of("{a}x", "{a"))) {
            assertThatThrownBy(() -> done(state().run(TAKE, keys, List.of("1", "9", "1000"))))
                    .cause()
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("script 'take' runs over '" + keys.get(0) + "' and '" + keys.get(1)
                            + "', which are not kept together: let both begin with the same {…}, or none");
        }
    }

    @Test
    void manyAddsAtOnceAreAllCounted() throws Exception {
        List<CompletionStage<Long>> all = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            all.add(state().add("{g" + i % 7 + "}n", 1, HOUR));
        }
        long sum = 0;
        for (CompletionStage<Long> one : all) {
            done(one);
        }
        for (int i = 0; i < 7; i++) {
            sum += Long.parseLong(done(state().get("{g" + i + "}n")).orElseThrow());
        }
        assertThat(sum).isEqualTo(1000);
    }
}
