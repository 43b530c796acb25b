package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.Script;
import dev.sluice.api.SharedState;
import dev.sluice.host.state.MemoryStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ScriptsTest {
    private final FakeClock clock = new FakeClock();

    /** Counts a key up to a limit within a window. */
    private static final Script LIMIT = Script.of("limit", 1, "", (store, keys, args) -> {
        String used = store.get(keys.get(0));
        if (used != null && Long.parseLong(used) >= 3) {
            return List.of("no");
        }
        if (used == null) {
            store.set(keys.get(0), "0", Duration.ofSeconds(10));
        }
        return List.of(Long.toString(store.incrBy(keys.get(0), 1)));
    });

    private SharedState empty() {
        return new MemoryStore(1 << 20, clock, clock::nanos).of("limiter", 1);
    }

    private Scripts.Call next(Random random) {
        clock.advance(Duration.ofSeconds(random.nextInt(4)));
        return new Scripts.Call(List.of("k" + random.nextInt(2)), List.of());
    }

    @Test
    void agreesWithItself() {
        for (long seed = 0; seed < 50; seed++) {
            Scripts.assertAgree(LIMIT, empty(), empty(), seed, 100, this::next);
        }
    }

    @Test
    void tellsWhereTwoStatesDiffer() {
        SharedState dirty = empty();
        dirty.put("k0", "2", Duration.ofDays(1)).toCompletableFuture().join();
        assertThatThrownBy(() -> Scripts.assertAgree(
                        LIMIT, empty(), dirty, 7, 100, random -> new Scripts.Call(List.of("k0"), List.of("x"))))
                .isInstanceOf(AssertionError.class)
                .hasMessage("script 'limit', seed 7, call 0 Call[keys=[k0], args=[x]] returns [1] on the one state and"
                        + " [3] on the other");
    }

    @Test
    void tellsWhereOnlyWhatIsLeftDiffers() {
        SharedState other = empty();
        Script blind = Script.of("blind", 1, "", (store, keys, args) -> List.of("ok"));
        other.put("k", "1", Duration.ofDays(1)).toCompletableFuture().join();
        assertThatThrownBy(() -> Scripts.assertAgree(
                        blind, empty(), other, 1, 1, random -> new Scripts.Call(List.of("k"), List.of())))
                .hasMessage("script 'blind', seed 1, call 0 Call[keys=[k], args=[]] leaves under 'k' Optional.empty on"
                        + " the one state and Optional[1] on the other");
    }

    @Test
    void runsTheSameSequenceForTheSameSeed() {
        List<List<List<String>>> runs = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            runs.add(Scripts.run(LIMIT, empty(), 42, 200, this::next));
        }
        assertThat(runs.get(0))
                .hasSize(200)
                .contains(List.of("no"), List.of("3"))
                .isEqualTo(runs.get(1));
    }

    @Test
    void passesOnWhyAScriptFailed() {
        Script bad = Script.of("bad", 1, "", (store, keys, args) -> List.of(store.get("other")));
        assertThatThrownBy(() -> Scripts.run(bad, empty(), 1, 1, random -> new Scripts.Call(List.of("k"), List.of())))
                .hasMessage("the state failed")
                .cause()
                .hasMessageContaining("script 'bad' touches 'other'");
    }
}
