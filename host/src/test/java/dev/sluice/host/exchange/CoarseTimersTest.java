package dev.sluice.host.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CoarseTimersTest {
    private static final int TICK = CoarseTimers.TICK_MILLIS;

    private long millis = 12_345;
    private @Nullable Runnable turn;
    private long turnAt;
    private final List<String> fired = new ArrayList<>();
    private final CoarseTimers timers = new CoarseTimers(() -> TimeUnit.MILLISECONDS.toNanos(millis), this::afterTick);

    private void afterTick(Runnable task) {
        turn = task;
        turnAt = millis + TICK;
    }

    private void pass(long passing) {
        long until = millis + passing;
        while (turn != null && turnAt <= until) {
            millis = Math.max(millis, turnAt);
            Runnable now = turn;
            turn = null;
            now.run();
        }
        millis = until;
    }

    private CoarseTimers.Timer set(long in, String name) {
        return timers.set(in, () -> fired.add(name));
    }

    @Test
    void firesOnceAndNeverEarly() {
        set(100, "a");

        pass(99);
        assertThat(fired).isEmpty();
        pass(1 + 2 * TICK);
        assertThat(fired).containsExactly("a");
        pass(60_000);
        assertThat(fired).containsExactly("a");
    }

    @Test
    void doesNotFireOnceCancelled() {
        CoarseTimers.Timer a = set(100, "a");
        set(100, "b");
        CoarseTimers.Timer c = set(100, "c");

        a.cancel();
        c.cancel();
        c.cancel();
        pass(200);

        assertThat(fired).containsExactly("b");
    }

    @Test
    void firesInLaterRoundsOfTheWheel() {
        set(600_000, "late");
        set(1, "soon");

        pass(599_999);
        assertThat(fired).containsExactly("soon");
        pass(1 + 2 * TICK);
        assertThat(fired).containsExactly("soon", "late");
    }

    @Test
    void catchesUpAfterTheLoopWasHeld() {
        set(100, "a");
        set(11_000, "b");
        set(60_000, "c");

        millis += 30_000;
        pass(0);
        assertThat(fired).containsExactlyInAnyOrder("a", "b");

        pass(30_000 + 2 * TICK);
        assertThat(fired).contains("c").hasSize(3);
    }

    @Test
    void aTaskMayCancelAndSetOthers() {
        CoarseTimers.Timer[] later = new CoarseTimers.Timer[1];
        later[0] = set(100, "cancelled");
        timers.set(100, () -> {
            later[0].cancel();
            fired.add("canceller");
            set(100, "set anew");
        });

        pass(100 + 2 * TICK);
        assertThat(fired).containsExactly("canceller");
        pass(100 + 2 * TICK);
        assertThat(fired).containsExactly("canceller", "set anew");
    }

    @Test
    void aTaskThatThrowsHoldsUpNoOther() {
        set(100, "before");
        timers.set(100, () -> {
            throw new IllegalStateException("of this test");
        });
        set(100, "after");

        pass(100 + 2 * TICK);
        assertThat(fired).containsExactlyInAnyOrder("before", "after");
    }

    @Test
    void doesNotTickWhileNothingIsSet() {
        assertThat(turn).isNull();
        set(100, "a").cancel();
        assertThat(turn).isNotNull();
        pass(TICK);
        assertThat(turn).isNull();

        set(100, "b");
        pass(200);
        assertThat(fired).containsExactly("b");
        assertThat(turn).isNull();
    }

    @Test
    void firesEachInItsTimeWhateverIsCancelledBetween() {
        Random random = new Random(3);
        Map<Integer, Long> dueAt = new HashMap<>();
        Map<Integer, CoarseTimers.Timer> set = new HashMap<>();
        List<String> wrong = new ArrayList<>();
        int[] count = new int[1];
        for (int i = 0; i < 20_000; i++) {
            int id = i;
            long in = random.nextInt(random.nextBoolean() ? 200 : 30_000);
            dueAt.put(id, millis + Math.max(1, in));
            set.put(id, timers.set(in, () -> {
                long late = millis - dueAt.remove(id);
                set.remove(id);
                count[0]++;
                if (late < 0 || late > 2 * TICK) {
                    wrong.add(id + " by " + late);
                }
            }));
            if (random.nextInt(3) == 0) {
                int victim = random.nextInt(i + 1);
                CoarseTimers.Timer timer = set.remove(victim);
                if (timer != null) {
                    timer.cancel();
                    dueAt.remove(victim);
                }
            }
            pass(random.nextInt(2 * TICK));
        }
        pass(40_000);
        assertThat(wrong).isEmpty();
        assertThat(dueAt).isEmpty();
        assertThat(count[0]).isGreaterThan(10_000);
    }
}
