package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FakeClockTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final FakeClock clock = new FakeClock();
    private final List<String> ran = new ArrayList<>();

    private void run(String what) {
        ran.add(what + "@" + Duration.between(FakeClock.START, clock.instant()).toMillis());
    }

    @Test
    void runsWhatIsDueInOrderOfTimeAndAtItsTime() throws Exception {
        clock.after(SECOND.multipliedBy(2)).thenRun(() -> run("two"));
        clock.after(SECOND).thenRun(() -> {
            run("one");
            clock.after(Duration.ofMillis(500)).thenRun(() -> run("after one"));
        });
        AutoCloseable tick = clock.every(SECOND, () -> run("tick"));
        clock.advance(Duration.ofMillis(999));
        assertThat(ran).isEmpty();
        clock.advance(Duration.ofMillis(1501));
        assertThat(ran).containsExactly("one@1000", "tick@1000", "after one@1500", "two@2000", "tick@2000");
        assertThat(clock.nanos()).isEqualTo(2_500_000_000L);
        tick.close();
        clock.advance(SECOND.multipliedBy(10));
        assertThat(ran).hasSize(5);
        assertThat(clock.pending()).isZero();
    }

    @Test
    void forgetsACancelledStage() {
        clock.after(SECOND).cancel(false);
        assertThat(clock.pending()).isZero();
    }

    @Test
    void refusesAPeriodOfNothing() {
        assertThatThrownBy(() -> clock.every(Duration.ZERO, () -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a period must be positive, not PT0S");
    }

    @Test
    void stopsATaskThatClosesItself() {
        AutoCloseable[] self = new AutoCloseable[1];
        self[0] = clock.every(SECOND, () -> {
            run("once");
            try {
                self[0].close();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        clock.advance(SECOND.multipliedBy(5));
        assertThat(ran).containsExactly("once@1000");
    }

    @Test
    void aClockThatIsSetLetsNoTimePass() {
        FakeClock clock = new FakeClock();
        var stage = clock.after(Duration.ofSeconds(10));
        clock.set(Duration.ofDays(1));
        clock.advance(Duration.ofSeconds(9));
        assertThat(stage).isNotDone();
        assertThat(clock.nanos()).isEqualTo(Duration.ofSeconds(9).toNanos());
        assertThat(clock.instant())
                .isEqualTo(FakeClock.START.plus(Duration.ofDays(1)).plusSeconds(9));
        clock.set(Duration.ofDays(-2));
        clock.advance(Duration.ofSeconds(1));
        assertThat(stage).isDone();
        assertThat(clock.instant()).isBefore(FakeClock.START);
    }
}
