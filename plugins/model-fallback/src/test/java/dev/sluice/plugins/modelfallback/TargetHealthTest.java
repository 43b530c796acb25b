package dev.sluice.plugins.modelfallback;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.plugins.modelfallback.ModelFallbackConfig.Health;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class TargetHealthTest {
    private static final Health RULES =
            new Health(Duration.ofSeconds(1), 4, 50, 0, Duration.ofSeconds(5), Duration.ofSeconds(12), 100);

    private final TargetHealth health = new TargetHealth("t", RULES, 0);

    private boolean failedAt(long now) {
        return health.failed(false, now);
    }

    @Test
    void itIsToBeEjectedOnceAsManyOfEnoughTriesHaveFailed() {
        assertThat(failedAt(1)).isFalse();
        assertThat(health.answered(1, 2)).isFalse();
        assertThat(health.answered(1, 3)).isFalse();
        assertThat(failedAt(4)).as("2 of 4 is the rate").isTrue();
    }

    @Test
    void fewerFailuresThanTheRateAreBorne() {
        assertThat(failedAt(1)).isFalse();
        for (int i = 2; i < 50; i++) {
            assertThat(health.answered(i, i)).isFalse();
        }
        assertThat(failedAt(60)).isFalse();
    }

    @Test
    void anIntervalForgetsTheOneBefore() {
        failedAt(1);
        failedAt(2);
        failedAt(3);
        assertThat(failedAt(1001)).isFalse();
    }

    @Test
    void failuresInARowCountHoweverFarApart() {
        TargetHealth slow = new TargetHealth(
                "t", new Health(RULES.interval(), 100, 50, 3, RULES.baseEjection(), RULES.maxEjection(), 100), 0);
        assertThat(slow.failed(false, 10_000)).isFalse();
        assertThat(slow.failed(false, 20_000)).isFalse();
        assertThat(slow.answered(25_000, 25_000)).isFalse();
        assertThat(slow.failed(false, 30_000)).isFalse();
        assertThat(slow.failed(false, 40_000)).isFalse();
        assertThat(slow.failed(false, 50_000)).isTrue();
    }

    @Test
    void eachEjectionInARowIsLongerUpToABoundAndCleanIntervalsShortenTheNext() {
        assertThat(health.eject(0)).isEqualTo(Duration.ofSeconds(5));
        assertThat(health.eject(5_000)).isEqualTo(Duration.ofSeconds(10));
        assertThat(health.eject(15_000)).isEqualTo(Duration.ofSeconds(12));
        health.restore(27_000);
        assertThat(health.ejections()).isEqualTo(3);
        health.answered(29_500, 29_500);
        assertThat(health.ejections()).isEqualTo(1);
    }

    @Test
    void whenItsTimeIsUpOneRequestFindsOut() {
        health.eject(0);
        assertThat(health.isOpen(4_999)).isFalse();
        assertThat(health.claimProbe(4_999)).isFalse();
        assertThat(health.isOpen(5_000)).isTrue();
        assertThat(health.claimProbe(5_000)).isTrue();
        assertThat(health.isOpen(5_001)).isFalse();
        assertThat(health.claimProbe(5_001)).as("one only").isFalse();
        assertThat(health.failed(true, 5_002)).as("out again").isTrue();
        health.releaseProbe();
        assertThat(health.claimProbe(5_003)).isTrue();
        assertThat(health.answered(5_003, 5_004)).isTrue();
        assertThat(health.isOut()).isFalse();
    }

    @Test
    void whatWasUnderWayWhenItWasEjectedSaysNothing() {
        health.eject(100);
        assertThat(failedAt(200)).isFalse();
        assertThat(health.answered(50, 300)).isFalse();
        assertThat(health.isOut()).isTrue();
    }

    @Test
    void anOldAverageIsUnknownToOneCallOnly() {
        assertThat(health.latency()).isEqualTo(-1);
        health.took(100, 1_000);
        health.took(200, 1_000);
        assertThat(health.latency()).isEqualTo(120);
        assertThat(health.latencyNewerThan(500, 1_500)).isEqualTo(120);
        assertThat(health.latencyNewerThan(5_000, 9_000)).isEqualTo(-1);
        assertThat(health.latencyNewerThan(5_000, 9_001)).isEqualTo(120);
    }
}
