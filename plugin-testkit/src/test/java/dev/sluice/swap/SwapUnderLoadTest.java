package dev.sluice.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.host.plugin.TestJar;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One jar is replaced over and over, in every way that it can be, while streams and short requests go on: nothing is cut,
 * nothing is mixed, and nothing stays behind.
 */
final class SwapUnderLoadTest {

    /** The promise of a reload, judged in full only: a busy machine builds slowly. */
    private static final Duration PROMISE = Duration.ofSeconds(2);

    /**
     * A thread or two that the JVM and the test's own libraries start when they like, and the JDK's jars that are opened
     * when the first class of them is wanted. Fixed, and far below one for each swap.
     */
    private static final int SLACK_THREADS = 4;

    private static final int SLACK_FILES = 8;

    /** The gateway's own late classes. A version that stayed would be a megabyte, for its ballast. */
    private static final long SLACK_METASPACE = 3_000_000;

    /** How the jar is replaced; and if it is refused then, by what reason. */
    private enum Kind {
        RENAMED(""),
        WRONG_API_RANGE("it needs plugin-api >=9.0.0, this is "),
        OVERWRITTEN(""),
        OPEN_THROWS("the gateway cannot run with it: the filter stamp of plugin stamp@1.0.0"),
        DELETED_AND_ADDED(""),
        NEWER_JAVA("it needs Java "),
        HALF_WRITTEN(""),
        BUNDLES_API("it bundles dev.sluice.api: make sluice-plugin-api a dependency of scope 'provided'");

        private final String reason;

        Kind(String reason) {
            this.reason = reason;
        }

        boolean isGood() {
            return reason.isEmpty();
        }
    }

    private final Load load = Load.ofThisBuild();
    private final int swaps = load.full() ? 100 : 10;

    /** Until when the pools are filled and each kind has come once: what grows afterwards, grows with the swaps. */
    private final int warmUp = load.full() ? 20 : Kind.values().length;

    private final Map<Kind, Integer> done = new EnumMap<>(Kind.class);
    private Duration longest = Duration.ZERO;

    @TempDir
    Path spare;

    private TestGateway gateway;
    private Path jar;
    private Traffic traffic;
    private int serving;

    @Test
    void nothingIsCutMixedOrLeftBehind() throws Exception {
        try (TestGateway started = TestGateway.with()
                .jar("jars/stamp.jar", StampJar.saying("v0")::write)
                .config("""
                        plugins: { dir: jars }
                        routes:
                          - name: r
                            upstream: "http://127.0.0.1:1"
                            filters: [ sign: {}, stamp: {} ]
                        """)
                .start()) {
            gateway = started;
            jar = started.configFile().resolveSibling("jars").resolve("stamp.jar");
            swapAndJudge();
        }
    }

    private void swapAndJudge() throws Exception {
        List<KeptConnection> idle = new ArrayList<>();
        Footprint warm = null;
        Footprint end;
        try (Traffic asking = new Traffic(port(), load, 0)) {
            traffic = asking;
            for (int i = 1; i <= swaps; i++) {
                if (i <= warmUp) {
                    // Clients that stay connected and silent from now on.
                    KeptConnection silent = new KeptConnection(port());
                    assertThat(Traffic.versionOfJson(silent.get("/"))).isEqualTo(serving);
                    idle.add(silent);
                }
                swap(Kind.values()[i % Kind.values().length], i);
                assertThat(asking.wrong()).isEmpty();
                if (i == warmUp) {
                    warm = Footprint.settled(gateway.gateway());
                }
                if (i % 10 == 0) {
                    load.progress(
                            "%d of %d swaps, %d streams, %d short requests, longest %d ms",
                            i, swaps, asking.streams(), asking.shorts(), longest.toMillis());
                }
            }
            end = Footprint.settled(gateway.gateway());
            await().atMost(Load.PATIENCE)
                    .untilAsserted(() -> assertThat(generations()).isEqualTo(Map.of("live", 1.0)));
        }
        for (KeptConnection silent : idle) {
            assertThat(Traffic.versionOfJson(silent.get("/"))).isEqualTo(serving);
            silent.close();
        }
        print(warm, end);
        judge(warm, end);
    }

    private void swap(Kind kind, int number) throws IOException {
        if (kind.isGood()) {
            traffic.mayServe(number);
            long written = replace(kind, number);
            await("v" + number + ", " + kind)
                    .atMost(Load.PATIENCE)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(10))
                    .until(() -> version() == number);
            Duration took = Duration.ofNanos(System.nanoTime() - written);
            longest = took.compareTo(longest) > 0 ? took : longest;
            traffic.hasServed(number);
            serving = number;
            assertThat(refusal()).isEmpty();
        } else {
            replace(kind, number);
            awaitRefusal(kind.reason);
            assertThat(refusal()).contains("stamp@1.0.0", "serves on");
            assertThat(version()).isEqualTo(serving);
        }
        done.merge(kind, 1, Integer::sum);
    }

    /** Replaces the jar; gives when its last byte was written, by {@link System#nanoTime}. */
    private long replace(Kind kind, int number) throws IOException {
        byte[] bytes = Files.readAllBytes(jar(kind, number).write(spare.resolve("made.jar")));
        switch (kind) {
            case OVERWRITTEN -> Files.write(jar, bytes);
            case DELETED_AND_ADDED -> {
                Files.delete(jar);
                awaitRefusal("it was removed, but routes use it");
                assertThat(version()).isEqualTo(serving);
                Files.write(jar, bytes);
            }
            case HALF_WRITTEN -> {
                int half = bytes.length / 2;
                Files.write(jar, Arrays.copyOf(bytes, half));
                awaitRefusal("it is not a whole zip file");
                assertThat(version()).isEqualTo(serving);
                Files.write(jar, Arrays.copyOfRange(bytes, half, bytes.length), StandardOpenOption.APPEND);
            }
            default -> {
                Path near = jar.resolveSibling(".stamp.jar");
                Files.write(near, bytes);
                Files.move(near, jar, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            }
        }
        return System.nanoTime();
    }

    private static TestJar jar(Kind kind, int number) {
        String text = "v" + number;
        return switch (kind) {
            case WRONG_API_RANGE -> StampJar.saying(text).manifest("Plugin-Requires", ">=9.0.0");
            case OPEN_THROWS -> StampJar.saying("throws " + text);
            case NEWER_JAVA -> StampJar.forJava(Runtime.version().feature() + 1, text);
            case BUNDLES_API -> StampJar.saying(text).entry("dev/sluice/api/X.class", new byte[1]);
            default -> StampJar.saying(text);
        };
    }

    private int port() {
        return gateway.gateway().port();
    }

    private String admin(String path) {
        return KeptConnection.once(gateway.gateway().adminPort(), path).body();
    }

    /** What a new client is answered by. */
    private int version() {
        return Traffic.versionOfJson(KeptConnection.once(port(), "/"));
    }

    private String refusal() throws IOException {
        JsonNode refused = new ObjectMapper()
                .readTree(admin("/api/v1/status"))
                .path("plugins")
                .path("refused");
        return refused.path(0).path("reason").asText();
    }

    private void awaitRefusal(String reason) {
        await("refused: " + reason)
                .atMost(Load.PATIENCE)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> refusal().contains(reason));
    }

    /** The gauge, by state; those of none may be missing. */
    private Map<String, Double> generations() {
        String gauge = "sluice_plugin_generations{plugin=\"stamp\",state=\"";
        Map<String, Double> counts = new TreeMap<>();
        admin("/metrics").lines().filter(line -> line.startsWith(gauge)).forEach(line -> {
            String state = line.substring(gauge.length(), line.indexOf('"', gauge.length()));
            counts.put(state, Double.valueOf(line.substring(line.lastIndexOf(' ') + 1)));
        });
        counts.values().removeIf(count -> count == 0);
        return counts;
    }

    private void print(Footprint warm, Footprint end) {
        load.progress("");
        load.progress("swaps            %d: %s", swaps, done);
        load.progress(
                "streams          %d whole, of which %d outlived their version", traffic.streams(), traffic.outlived());
        load.progress("short requests   %d, %.0f/s", traffic.shorts(), traffic.perSecond());
        load.progress("failed or mixed  %d", traffic.wrong().size());
        load.progress("longest until a new request saw a new version: %d ms", longest.toMillis());
        load.progress("after %3d swaps  %s", warmUp, warm);
        load.progress("after %3d swaps  %s", swaps, end);
        load.progress("");
    }

    private void judge(Footprint warm, Footprint end) {
        assertThat(traffic.wrong()).isEmpty();
        assertThat(traffic.shorts()).isPositive();
        assertThat(traffic.outlived()).as("streams that a swap overtook").isPositive();
        assertThat(gateway.gateway().leaks()).isEmpty();
        assertThat(end.threads()).as("threads").isLessThanOrEqualTo(warm.threads() + SLACK_THREADS);
        assertThat(end.files()).as("open files").isLessThanOrEqualTo(warm.files() + SLACK_FILES);
        assertThat(end.metaspace()).as("metaspace").isLessThanOrEqualTo(warm.metaspace() + SLACK_METASPACE);
        if (load.full()) {
            assertThat(longest).isLessThanOrEqualTo(PROMISE);
            assertThat(traffic.perSecond()).isGreaterThan(0.9 * load.perSecond());
        }
    }
}
