package dev.sluice.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The config is edited over and over, well and badly in turn, while streams and short requests go on. */
final class ReconfigureUnderLoadTest {

    /** The promise of a reload, judged in full only: a busy machine builds slowly. */
    private static final Duration PROMISE = Duration.ofSeconds(2);

    private static final int MANY = 1000;

    /** What is wrong with a config: what it does to a good one, and what is said of it. */
    private enum Wrong {
        YAML_SYNTAX("routes:", "routes: [", "expected"),
        UNKNOWN_KEY("name: r", "name: r, filtres: []", "unknown key"),
        UNKNOWN_FILTER("filters: [", "filters: [ no-such: {},", "no filter of this name is installed"),
        CANNOT_BE_OPENED("text: \"v", "text: \"throws-v", "no luck with throws-v"),
        NO_SUCH_VARIABLE("text: \"v", "text: \"${env:SLUICE_TEST_NO_SUCH_VARIABLE}", "SLUICE_TEST_NO_SUCH_VARIABLE");

        private final String good;
        private final String bad;
        private final String message;

        Wrong(String good, String bad, String message) {
            this.good = good;
            this.bad = bad;
            this.message = message;
        }

        String spoil(String config) {
            return config.replace(good, bad);
        }
    }

    private final Load load = Load.ofThisBuild();
    private TestGateway gateway;
    private Traffic traffic;
    private int serving;
    private Duration longest = Duration.ZERO;

    @BeforeEach
    void start() {
        gateway = TestGateway.with(new Say()).config(config(0, "")).start();
        traffic = new Traffic(gateway.gateway().port(), load, 0);
    }

    @AfterEach
    void close() throws Exception {
        traffic.close();
        gateway.close();
    }

    /** All of it in that version, with these routes before the one that matches everything. */
    private static String config(int version, String routes) {
        return """
                listen: { host: 127.0.0.1, port: 0 }
                admin: { host: 127.0.0.1, port: 0 }
                routes:
                %s  - { name: r, upstream: "http://127.0.0.1:1", filters: [ say: { text: "v%d", signs: true }, say: { text: "v%d", signs: false } ] }
                """.formatted(routes, version, version);
    }

    private static String manyRoutes(int version) {
        return IntStream.range(0, MANY)
                .mapToObj(i -> """
                          - name: n%04d
                            match: { path: /n%04d }
                            upstream: "http://127.0.0.1:1"
                            filters: [ say: { text: v%d, signs: false } ]
                        """.formatted(i, i, version))
                .collect(Collectors.joining());
    }

    private void write(String config) throws IOException {
        Files.writeString(gateway.configFile(), config);
    }

    private int version(String path) {
        return Traffic.versionOfJson(KeptConnection.once(gateway.gateway().port(), path));
    }

    private JsonNode status() throws IOException {
        return new ObjectMapper()
                .readTree(KeptConnection.once(gateway.gateway().adminPort(), "/api/v1/status")
                        .body())
                .path("config");
    }

    @Test
    void goodEditsArePublishedAndBadOnesRefusedAndNothingIsCut() throws Exception {
        int edits = load.full() ? 100 : 10;
        for (int i = 1; i <= edits; i++) {
            if (i % 2 == 1) {
                publish(i);
            } else {
                refuse(Wrong.values()[i / 2 % Wrong.values().length], i);
            }
            assertThat(traffic.wrong()).isEmpty();
            if (i % 10 == 0) {
                load.progress(
                        "%d of %d edits, %d streams, %d short requests, longest %d ms",
                        i, edits, traffic.streams(), traffic.shorts(), longest.toMillis());
            }
        }
        judge();
        load.progress("longest until a new request saw a new config: %d ms", longest.toMillis());
        if (load.full()) {
            assertThat(longest).isLessThanOrEqualTo(PROMISE);
        }
    }

    private void publish(int number) throws IOException {
        traffic.mayServe(number);
        write(config(number, ""));
        long written = System.nanoTime();
        await("v" + number)
                .atMost(Load.PATIENCE)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> version("/") == number);
        Duration took = Duration.ofNanos(System.nanoTime() - written);
        longest = took.compareTo(longest) > 0 ? took : longest;
        traffic.hasServed(number);
        serving = number;
        assertThat(status().path("valid").asBoolean()).isTrue();
    }

    private void refuse(Wrong wrong, int number) throws IOException {
        write(wrong.spoil(config(number, "")));
        await(wrong.toString())
                .atMost(Load.PATIENCE)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> !status().path("valid").asBoolean());
        assertThat(status().at("/errors/0/message").asText()).as("%s", wrong).contains(wrong.message);
        assertThat(status().at("/errors/0/line").asInt()).as("%s", wrong).isPositive();
        assertThat(version("/")).isEqualTo(serving);
    }

    @Test
    void aThousandRoutesAreReplacedAndNothingIsCut() throws Exception {
        List<Long> millis = new ArrayList<>();
        for (int i = 1; i <= (load.full() ? 10 : 1); i++) {
            traffic.mayServe(i);
            write(config(i, manyRoutes(i)));
            long began = System.nanoTime();
            assertThat(gateway.reload().published()).isTrue();
            millis.add((System.nanoTime() - began) / 1_000_000);
            assertThat(version("/n0999")).isEqualTo(i);
            assertThat(version("/")).isEqualTo(i);
            traffic.hasServed(i);
        }
        judge();
        load.progress("reloads of %d routes, each opened anew: %s ms", MANY, millis);
    }

    private void judge() throws InterruptedException {
        // Streams of the config before are under way now, and are waited for.
        traffic.finish();
        assertThat(traffic.wrong()).isEmpty();
        assertThat(traffic.shorts()).isPositive();
        assertThat(traffic.outlived()).as("streams that an edit overtook").isPositive();
        await().atMost(Load.PATIENCE).until(() -> gateway.gateway().draining().isEmpty());
        load.progress(
                "%d streams whole, of which %d outlived their config; %d short requests, %.0f/s; failed or mixed: %d",
                traffic.streams(),
                traffic.outlived(),
                traffic.shorts(),
                traffic.perSecond(),
                traffic.wrong().size());
    }
}
