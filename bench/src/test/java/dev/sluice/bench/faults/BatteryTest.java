package dev.sluice.bench.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.plugins.keyfailover.KeyFailover;
import dev.sluice.plugins.modelfallback.ModelFallback;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every fault, in both dialects, streamed and not, through a real gateway: rescued, or one clean error. */
class BatteryTest {
    private static Battery battery;
    private static TestGateway gateway;

    @BeforeAll
    static void start() throws IOException {
        battery = new Battery(Faults.all(), Timing.SHORT, 12);
        gateway = TestGateway.with(new ModelFallback(), new KeyFailover(), new AiProxy())
                .config(battery.config())
                .start();
    }

    @AfterAll
    static void stop() throws IOException {
        gateway.close();
        battery.close();
    }

    @TestFactory
    Stream<DynamicTest> everyFault() {
        return battery.play(gateway.uri("/")).entrySet().stream()
                .map(one -> DynamicTest.dynamicTest(
                        one.getKey().toString(),
                        () -> assertThat(one.getValue().join())
                                .satisfies(verdict -> assertThat(verdict.seen())
                                        .as(verdict.detail())
                                        .isNotEqualTo(Fault.Seen.FAILED))));
    }

    @Test
    void eachFaultIsStatedOnce() {
        List<String> ids = Faults.all().stream().map(Fault::id).toList();
        assertThat(ids).doesNotHaveDuplicates().hasSizeGreaterThan(50);
    }
}
