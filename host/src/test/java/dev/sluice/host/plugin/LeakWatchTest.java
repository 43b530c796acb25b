package dev.sluice.host.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sluice.host.plugin.LeakWatch.Leak;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** The watch with canaries, collections and a clock of the test's own; then with the JVM's. */
class LeakWatchTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final Logger logger = (Logger) LoggerFactory.getLogger(LeakWatch.class);
    private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
    private final List<Reference<?>> canaries = new ArrayList<>();
    private final AtomicInteger requests = new AtomicInteger();
    private final Ticking clock = new Ticking();
    private final LeakWatch watch = new LeakWatch(PATIENCE, requests::incrementAndGet, clock, this::canary);

    private static final class Ticking extends Clock {
        private Instant now = START;

        void pass(Duration duration) {
            now = now.plus(duration);
        }

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Clock withZone(ZoneId zone) {
            throw new UnsupportedOperationException();
        }
    }

    private static final class Loader extends ClassLoader {}

    @BeforeEach
    void listen() {
        logged.start();
        logger.addAppender(logged);
        logger.setLevel(Level.INFO);
    }

    @AfterEach
    void stopListening() {
        logger.detachAppender(logged);
        logger.setLevel(null);
    }

    private Reference<?> canary() {
        Reference<?> canary = new WeakReference<>(this);
        canaries.add(canary);
        return canary;
    }

    private void lastCanaryDies() {
        canaries.get(canaries.size() - 1).clear();
        watch.look();
    }

    @Test
    void aLoaderThatOutlivesTwoCanariesIsLeaked() {
        ClassLoader loader = new Loader();
        watch.watch("demo", "demo@1.0.0 (abc)", loader);
        watch.look();
        assertThat(canaries).hasSize(1);

        lastCanaryDies();
        watch.look();
        assertThat(watch.leaks()).isEmpty();
        assertThat(watch.waiting()).isEqualTo(1);
        assertThat(canaries).hasSize(2);

        clock.pass(Duration.ofSeconds(7));
        lastCanaryDies();
        assertThat(watch.leaks()).containsExactly(new Leak("demo", "demo@1.0.0 (abc)", START, List.of()));
        assertThat(watch.waiting()).isZero();

        watch.look();
        assertThat(logged.list)
                .singleElement()
                .satisfies(event -> assertThat(event.toString())
                        .isEqualTo(
                                "[WARN] plugin demo: demo@1.0.0 (abc) was unloaded 7 s ago, but its classes cannot be freed:"
                                        + " what holds them is not known, perhaps a static field outside of the plugin. Take a heap dump"
                                        + " with 'jcmd "
                                        + ProcessHandle.current().pid()
                                        + " GC.heap_dump FILE' and look at who holds the GenerationClassLoader"));
        Reference.reachabilityFence(loader);
    }

    @Test
    void aCollectionIsAskedForOncePerPatienceAndOnlyWhileThatMayTellSomething() {
        ClassLoader loader = new Loader();
        watch.look();
        watch.watch("demo", "demo@1.0.0", loader);
        clock.pass(PATIENCE.minusMillis(1));
        watch.look();
        assertThat(requests).hasValue(0);

        clock.pass(Duration.ofMillis(1));
        watch.look();
        watch.look();
        assertThat(requests).hasValue(1);
        clock.pass(PATIENCE.minusMillis(1));
        watch.look();
        assertThat(requests).hasValue(1);
        clock.pass(Duration.ofMillis(1));
        watch.look();
        assertThat(requests).hasValue(2);

        lastCanaryDies();
        clock.pass(PATIENCE.minusMillis(1));
        watch.look();
        assertThat(requests).hasValue(2);
        lastCanaryDies();
        assertThat(watch.leaks()).hasSize(1);
        clock.pass(PATIENCE.multipliedBy(2));
        watch.look();
        assertThat(requests).hasValue(2);
        Reference.reachabilityFence(loader);
    }

    @Test
    void noCollectionIsAskedForWhereTheJvmCollectsByItself() {
        ClassLoader loader = new Loader();
        watch.watch("demo", "demo@1.0.0", loader);
        clock.pass(PATIENCE.minusSeconds(1));
        lastCanaryDies();
        clock.pass(PATIENCE.minusSeconds(1));
        lastCanaryDies();

        assertThat(watch.leaks()).hasSize(1);
        assertThat(requests).hasValue(0);
        Reference.reachabilityFence(loader);
    }

    @Test
    void aLoaderThatIsLetGoIsSeenAsCollected() {
        LeakWatch real = new LeakWatch(Duration.ZERO);
        real.watch("demo", "demo@1.0.0", new Loader());
        assertThat(real.waiting()).isEqualTo(1);

        Awaitility.await().until(() -> {
            real.look();
            return real.waiting() == 0;
        });
        assertThat(real.leaks()).isEmpty();
        assertThat(logged.list).isEmpty();
    }

    @Test
    void aLoaderThatIsHeldAndThenLetGoIsALeakForAsLong() {
        LeakWatch real = new LeakWatch(Duration.ZERO);
        List<ClassLoader> holder = new ArrayList<>(List.of(new Loader()));
        real.watch("demo", "demo@1.0.0", holder.get(0));
        Awaitility.await().until(() -> {
            real.look();
            return real.leaks().size() == 1;
        });
        assertThat(real.waiting()).isZero();

        holder.clear();
        Awaitility.await().until(() -> {
            System.gc();
            real.look();
            return real.leaks().isEmpty();
        });
        assertThat(real.waiting()).isZero();
        assertThat(logged.list.get(1).toString())
                .matches("\\[INFO] plugin demo: demo@1.0.0 is freed after all, \\d+ s after it was unloaded");
    }

    @Test
    void aCanaryOfTheJvmsDiesInACollectionAlone() {
        Reference<?> canary = Canary.make();
        Awaitility.await().until(() -> {
            System.gc();
            return canary.refersTo(null);
        });
    }
}
