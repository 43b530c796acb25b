package dev.sluice.host.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.host.config.Config;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SnapshotTest {
    private final AtomicInteger released = new AtomicInteger();

    private Snapshot snapshot() {
        // What a snapshot holds is nothing to its pins.
        return new Snapshot(
                1, (Config) null, new RouteTable(List.of()), Map.of(), List.of(), released::incrementAndGet);
    }

    @Test
    void staysWhileItIsCurrent() {
        Snapshot snapshot = snapshot();

        assertThat(snapshot.pin()).isTrue();
        assertThat(snapshot.inFlight()).isEqualTo(1);
        snapshot.unpin();
        assertThat(snapshot.inFlight()).isZero();
        assertThat(released).hasValue(0);
        assertThat(snapshot.pin()).isTrue();
    }

    @Test
    void isReleasedOnceWhenRetiredAndItsLastExchangeHasEnded() {
        Snapshot snapshot = snapshot();
        assertThat(snapshot.pin()).isTrue();
        assertThat(snapshot.pin()).isTrue();

        snapshot.retire();
        assertThat(snapshot.inFlight()).isEqualTo(2);
        snapshot.unpin();
        assertThat(released).hasValue(0);
        snapshot.unpin();
        assertThat(released).hasValue(1);
        assertThat(snapshot.inFlight()).isZero();
    }

    @Test
    void isReleasedAtOnceWhenRetiredUnused() {
        snapshot().retire();

        assertThat(released).hasValue(1);
    }

    @Test
    void cannotBePinnedOnceReleased() {
        Snapshot snapshot = snapshot();
        snapshot.retire();

        assertThat(snapshot.pin()).isFalse();
        assertThat(snapshot.inFlight()).isZero();
        assertThat(released).hasValue(1);
    }

    @Test
    void mayBePinnedWhileItDrainsByWhoeverReadItBefore() {
        Snapshot snapshot = snapshot();
        assertThat(snapshot.pin()).isTrue();
        snapshot.retire();

        assertThat(snapshot.pin()).isTrue();
        snapshot.unpin();
        snapshot.unpin();
        assertThat(released).hasValue(1);
    }

    @Test
    void isReleasedOnceWhateverTheThreads() throws Exception {
        int threads = 4;
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            for (int round = 0; round < 200; round++) {
                released.set(0);
                Snapshot snapshot = snapshot();
                CountDownLatch start = new CountDownLatch(1);
                AtomicInteger used = new AtomicInteger();
                List<Future<?>> running = new ArrayList<>();
                for (int t = 0; t < threads; t++) {
                    running.add(pool.submit(() -> {
                        start.await();
                        while (snapshot.pin()) {
                            used.incrementAndGet();
                            assertThat(released).as("released under a pin").hasValue(0);
                            snapshot.unpin();
                        }
                        return null;
                    }));
                }
                start.countDown();
                snapshot.retire();
                for (Future<?> thread : running) {
                    thread.get(10, TimeUnit.SECONDS);
                }
                assertThat(released).as("round %s, %s pins", round, used).hasValue(1);
            }
        } finally {
            pool.shutdownNow();
        }
    }
}
