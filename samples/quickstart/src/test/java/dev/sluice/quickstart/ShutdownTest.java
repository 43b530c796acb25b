package dev.sluice.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
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
    private RunningGateway gateway;

    @BeforeEach
    void start() throws IOException {
        gateway = RunningGateway.start(Configs.quickstart(directory));
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    @Test
    void aStreamUnderWayFinishesWhole() throws Exception {
        HttpResponse<Stream<String>> answer = client.stream(
                gateway.data("/v1/chat/completions"), Client.chat("one two [[echo tokens=40 interval=50ms]]", true));
        Iterator<String> lines = answer.body().iterator();
        List<String> read = new ArrayList<>();
        do {
            read.add(lines.next());
        } while (Client.said(Client.data(read.stream())).isEmpty());

        gateway.terminate();

        await().atMost(Duration.ofSeconds(Distribution.PATIENCE_SECONDS)).until(this::isNotReady);
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

    private boolean isNotReady() throws Exception {
        try {
            return client.get(gateway.admin("/ready")).statusCode() == 503;
        } catch (ConnectException e) {
            return true;
        }
    }
}
