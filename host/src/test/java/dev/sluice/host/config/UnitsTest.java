package dev.sluice.host.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnitsTest {
    @ParameterizedTest
    @CsvSource({"200ms, PT0.2S", "5s, PT5S", "10m, PT10M", "1h, PT1H", "7d, PT168H", "0s, PT0S"})
    void durationsHaveAUnit(String text, Duration duration) {
        assertThat(Units.duration(text)).isEqualTo(duration);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "5", "5 s", "s", "-5s", "1.5s", "5S", "5min", "36501d", "9999999999s", "1h30m"})
    void otherTextIsNoDuration(String text) {
        assertThat(Units.duration(text)).isNull();
    }

    @ParameterizedTest
    @CsvSource({"512B, 512", "64KiB, 65536", "32MiB, 33554432", "999999999GiB, 1073741822926258176"})
    void sizesHaveAUnit(String text, long bytes) {
        assertThat(Units.size(text)).hasValue(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "5", "5MB", "5mib", "-5B", "1.5MiB", "9999999999B", "5 MiB"})
    void otherTextIsNoSize(String text) {
        assertThat(Units.size(text)).isEmpty();
    }

    @Test
    void theLongestDurationFitsATimer() {
        assertThat(Units.duration("36500d").toNanos()).isPositive();
    }
}
