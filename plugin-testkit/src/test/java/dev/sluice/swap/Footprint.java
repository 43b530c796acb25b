package dev.sluice.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.host.Gateway;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;

/**
 * What this process takes once everything that was replaced is collected.
 *
 * @param threads of Java
 * @param files open descriptors; {@link #UNKNOWN} where the system does not tell
 * @param metaspace bytes of classes
 */
record Footprint(int threads, long files, long metaspace) {
    static final long UNKNOWN = -1;

    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

    /**
     * Waits until the replaced snapshots have ended and every unloaded generation is collected, then takes the reading.
     * The traffic may go on: its clients keep their threads and their connections.
     */
    static Footprint settled(Gateway gateway) {
        await("the replaced generations are collected")
                .atMost(Load.PATIENCE)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> {
                    System.gc();
                    return gateway.draining().isEmpty() && gateway.unloading() == 0;
                });
        assertThat(gateway.leaks()).isEmpty();
        return new Footprint(ManagementFactory.getThreadMXBean().getThreadCount(), descriptors(), metaspaceUsed());
    }

    private static long descriptors() {
        if (!Files.isDirectory(DESCRIPTORS)) {
            return UNKNOWN;
        }
        try (Stream<Path> open = Files.list(DESCRIPTORS)) {
            return open.count();
        } catch (IOException e) {
            return UNKNOWN;
        }
    }

    private static long metaspaceUsed() {
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getName().equals("Metaspace"))
                .mapToLong(pool -> pool.getUsage().getUsed())
                .sum();
    }

    @Override
    public String toString() {
        return "%d threads, %d open files, %.1f MB of metaspace".formatted(threads, files, metaspace / 1e6);
    }
}
