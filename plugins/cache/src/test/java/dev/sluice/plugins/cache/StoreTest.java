package dev.sluice.plugins.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Scope;
import dev.sluice.api.Script;
import dev.sluice.api.SharedState;
import dev.sluice.api.Usage;
import dev.sluice.plugins.cache.Purges.Mark;
import dev.sluice.testkit.FakeClock;
import dev.sluice.testkit.FakeScope;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StoreTest {
    private static final CacheKey KEY = new CacheKey("hash", "r", "m", "alice");

    private final FakeClock clock = new FakeClock();
    private final FakeScope scope = new FakeScope(clock);
    private final Purges purges = new Purges(scope.shared(), clock::millis);
    private final Store store = store(Configs.standard(), scope);

    private Store store(CacheConfig config, Scope in) {
        return new Store(Settings.of(config), in, purges, new Meters(in, "USD"), clock::millis);
    }

    private Entry entry(String answer) {
        return Entry.of(KEY, clock.millis(), Usage.of(1, 2), answer);
    }

    private Optional<Entry> find(Store in, String hash) {
        return in.find(hash, () -> clock.after(Duration.ofMillis(200)))
                .toCompletableFuture()
                .join();
    }

    private double count(String name) {
        return scope.meters().counter(name, "route", "test").count();
    }

    @Test
    void whatIsPutIsFoundUntilItsTimeIsOver() {
        store.put("hash", entry("{}"));
        clock.advance(Duration.ofMinutes(59));
        assertThat(find(store, "hash")).isPresent();
        assertThat(find(store, "other")).isEmpty();
        clock.advance(Duration.ofMinutes(1));
        assertThat(find(store, "hash")).isEmpty();
    }

    @Test
    void theNextGenerationFindsItToo() {
        store.put("hash", entry("{\"text\":\"Ça va 👋\"}"));
        Entry found = find(store(Configs.standard(), scope), "hash").orElseThrow();
        assertThat(found.tree().path("text").asText()).isEqualTo("Ça va 👋");
        assertThat(found.usage()).isEqualTo(Usage.of(1, 2));
        assertThat(found.route() + found.model() + found.consumer()).isEqualTo("rmalice");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "sluice-cache/0 {\"at\":1}\n{}",
                "sluice-cache/1 {\"at\":1",
                "sluice-cache/1 {\"at\":1}\n{}",
                "sluice-cache/1 [1]\n{}",
                "sluice-cache/1 {\"at\":\"now\",\"check\":0}\n{}",
                "sluice-cache/1 not json\n{}"
            })
    void whatCannotBeReadIsAMiss(String stored) {
        scope.shared().put("{hash}", stored, Duration.ofHours(1));
        assertThat(find(store, "hash")).isEmpty();
        assertThat(count("sluice.cache.unreadable")).isEqualTo(1);
    }

    @Test
    void anAnswerThatLostItsEndIsAMiss() {
        String text = entry("{\"a\":\"long enough\"}").text();
        for (int length = 0; length < text.length(); length++) {
            assertThat(Entry.read(text.substring(0, length)))
                    .as("%d characters", length)
                    .isNull();
        }
        assertThat(Entry.read(text)).isNotNull();
    }

    @Test
    void aSharedStateThatFailsIsAMissAndLeftAloneForAMoment() {
        Shared away = new Shared(() -> CompletableFuture.failedFuture(new IllegalStateException("away")));
        Store onIt = store(Configs.standard(), away.scope(scope));
        assertThat(find(onIt, "hash")).isEmpty();
        onIt.put("hash", entry("{}"));
        assertThat(find(onIt, "hash")).as("memory works on").isPresent();
        assertThat(find(onIt, "other")).isEmpty();
        assertThat(away.asked).isEqualTo(1);
        assertThat(count("sluice.cache.store.failures")).isEqualTo(1);
        clock.advance(Duration.ofSeconds(2));
        assertThat(find(onIt, "other")).isEmpty();
        assertThat(away.asked).isEqualTo(2);
    }

    @Test
    void aSharedStateThatHangsIsAMissInTime() {
        Store onIt = store(Configs.standard(), new Shared(CompletableFuture::new).scope(scope));
        CompletableFuture<Optional<Entry>> found =
                onIt.find("hash", () -> clock.after(Duration.ofMillis(200))).toCompletableFuture();
        assertThat(found).isNotDone();
        clock.advance(Duration.ofMillis(200));
        assertThat(found).isCompletedWithValue(Optional.empty());
        assertThat(count("sluice.cache.store.failures")).isEqualTo(1);
    }

    @Test
    void aPurgeReachesWhatIsStoredElsewhere() {
        Store other = store(Configs.standard(), scope);
        store.put("hash", entry("{}"));
        assertThat(find(other, "hash")).isPresent();
        purges.add(new Mark(null, "m", null, null, clock.millis()))
                .toCompletableFuture()
                .join();
        assertThat(find(other, "hash")).isEmpty();
        Purges later = new Purges(scope.shared(), clock::millis);
        later.refresh().toCompletableFuture().join();
        assertThat(later.cover("hash", entry("{}"))).isTrue();
        clock.advance(Duration.ofMillis(1));
        store.put("hash", entry("{}"));
        assertThat(find(store, "hash")).isPresent();
    }

    @Test
    void manyPurgesBecomeOneOfMore() {
        for (int i = 0; i < 600; i++) {
            clock.advance(Duration.ofMillis(1));
            purges.add(new Mark(null, "model-" + i, null, null, clock.millis()))
                    .toCompletableFuture()
                    .join();
        }
        assertThat(purges.count()).isLessThanOrEqualTo(500);
        CacheKey first = new CacheKey("h", "r", "model-3", "");
        long then = FakeClock.START.toEpochMilli() + 4;
        assertThat(purges.cover("h", Entry.of(first, then, Usage.NONE, "{}"))).isTrue();
        assertThat(purges.cover("h", entry("{}"))).as("what is newer").isFalse();
    }

    @Test
    void marksThatCannotBeReadPurgeEverythingOnce() {
        store.put("hash", entry("{}"));
        scope.shared().put("purges", "not json", Duration.ofHours(1));
        purges.refresh().toCompletableFuture().join();
        assertThat(find(store, "hash")).isEmpty();
        clock.advance(Duration.ofMillis(1));
        store.put("hash", entry("{}"));
        purges.refresh().toCompletableFuture().join();
        assertThat(find(store, "hash")).isPresent();
    }

    @Test
    void bothBoundsHold() {
        Store few = store(Configs.bounds(10, 1 << 20), scope);
        Store small = store(Configs.bounds(1000, 16 << 10), scope);
        for (int i = 0; i < 100; i++) {
            few.put("few" + i, entry("{}"));
            small.put("small" + i, entry("{\"a\":\"" + "x".repeat(1000) + "\"}"));
        }
        assertThat(few.entries()).isBetween(5L, 10L);
        assertThat(small.entries()).isBetween(5L, 12L);
        assertThat(small.bytes()).isLessThanOrEqualTo(16 << 10);
        long kept = java.util.stream.IntStream.range(0, 100)
                .filter(i -> scope.shared()
                        .get("{few" + i + "}")
                        .toCompletableFuture()
                        .join()
                        .isPresent())
                .count();
        assertThat(kept).as("nor is the memory filled through the shared state").isEqualTo(few.entries());
    }

    @Test
    @Tag("long")
    void theBoundHoldsOverAMillionAnswers() {
        long bound = 8 << 20;
        Store bounded = store(Configs.bounds(100_000, bound), scope);
        String answer = "{\"a\":\"" + "x".repeat(200) + "\"}";
        for (int i = 0; i < 1_000_000; i++) {
            bounded.put(Integer.toString(i), entry(answer));
            if (i % 50_000 == 0) {
                assertThat(bounded.bytes()).isLessThanOrEqualTo(bound);
            }
        }
        assertThat(bounded.bytes()).isLessThanOrEqualTo(bound);
        assertThat(bounded.entries()).isBetween(5_000L, 100_000L);
        long beside = java.util.stream.IntStream.range(0, 1_000_000)
                .filter(i -> scope.shared()
                        .get("{" + i + "}")
                        .toCompletableFuture()
                        .join()
                        .isPresent())
                .count();
        assertThat(beside).isLessThanOrEqualTo(bounded.entries());
    }

    /** A shared state of which every operation comes out the same. */
    private static final class Shared implements SharedState {
        private final java.util.function.Supplier<CompletableFuture<?>> outcome;
        private int asked;

        Shared(java.util.function.Supplier<CompletableFuture<?>> outcome) {
            this.outcome = outcome;
        }

        Scope scope(FakeScope scope) {
            return (Scope) Proxy.newProxyInstance(
                    Scope.class.getClassLoader(),
                    new Class<?>[] {Scope.class},
                    (proxy, method, args) -> method.getName().equals("shared") ? this : method.invoke(scope, args));
        }

        @SuppressWarnings("unchecked")
        private <T> CompletionStage<T> out() {
            asked++;
            return (CompletionStage<T>) outcome.get();
        }

        @Override
        public CompletionStage<Long> add(String key, long delta, Duration ttl) {
            return out();
        }

        @Override
        public CompletionStage<Optional<String>> get(String key) {
            return out();
        }

        @Override
        public CompletionStage<Void> put(String key, String value, Duration ttl) {
            return out();
        }

        @Override
        public CompletionStage<Boolean> replace(String key, Optional<String> expected, String value, Duration ttl) {
            return out();
        }

        @Override
        public CompletionStage<Boolean> remove(String key) {
            return out();
        }

        @Override
        public CompletionStage<List<String>> run(Script script, List<String> keys, List<String> args) {
            return out();
        }
    }
}
