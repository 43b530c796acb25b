package dev.sluice.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGTERM: nothing new is taken, what is under way comes to its end. */
class ShutdownTest {
    @TempDir
    Path directory;

    private final Client client = new Client();
    private Path config;
    private RunningGateway gateway;

    @BeforeEach
    void start() throws IOException {
        config = Configs.quickstart(directory);
        gateway = RunningGateway.start(config);
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    @Test
    void aStreamUnderWayFinishesWhole() throws Exception {
        HttpResponse<Stream<String>> answer = client.stream(
                gateway.data("/v1/chat/completions"), Client.chat("one two [[echo tokens=40 interval=100ms]]", true));
        Iterator<String> lines = answer.body().iterator();
        List<String> read = new ArrayList<>();
        do {
            read.add(lines.next());
        } while (Client.said(Client.data(read.stream())).isEmpty());

        gateway.terminate();

        // While the stream goes on, so that a load balancer has time to see it.
        await().atMost(Duration.ofSeconds(Distribution.PATIENCE_SECONDS))
                .until(() -> client.get(gateway.admin("/ready")).statusCode() == 503);
        assertThat(client.get(gateway.admin("/live")).statusCode()).isEqualTo(200);
        // An edit meanwhile changes nothing for what is under way.
        Files.writeString(config, "drain: { shutdown: 1ms }\n", StandardOpenOption.APPEND);
        lines.forEachRemaining(read::add);
        List<String> data = Client.data(read.stream());
        assertThat(Client.said(data).split(" ")).hasSize(40);
        assertThat(data).endsWith("[DONE]");
        assertThat(gateway.exit()).isZero();
    }

    @Test
    void anIdleGatewayEnds() throws Exception {
        gateway.terminate();

        assertThat(gateway.exit()).isZero();
    }
}
