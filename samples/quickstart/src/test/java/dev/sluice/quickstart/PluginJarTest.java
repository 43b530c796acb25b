package dev.sluice.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.quickstart.Distribution.Ended;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plugins out of their own jars, each in its own class loader; the samples' among them. */
class PluginJarTest {
    private static final String YAML = """
            listen: { host: 127.0.0.1, port: 0 }
            admin: { port: 0 }
            plugins: { dir: jars }
            providers: { echo: { type: echo } }
            routes:
              - name: chat
                filters:
                  - add-header: { name: x-team, value: search }
                  - rewrite-text: { find: "white rabbit", replace: hare }
                  - ai-proxy: { provider: echo }
            """;

    @TempDir
    Path directory;

    private final Client client = new Client();
    private Path jars;
    private Path config;

    @BeforeEach
    void files() throws IOException {
        jars = Files.createDirectory(directory.resolve("jars"));
        config = Files.writeString(directory.resolve("sluice.yaml"), YAML);
        Files.copy(Distribution.aiProxy(), jars.resolve("ai-proxy.jar"));
        Files.copy(Distribution.jar("samples/rewrite-text"), jars.resolve("rewrite-text.jar"));
    }

    @Test
    void theSamplesWorkOutOfTheirJarsAndABrokenOneBesideThemIsRefused() throws Exception {
        Files.copy(Distribution.jar("samples/add-header"), jars.resolve("add-header.jar"));
        Files.writeString(jars.resolve("broken.jar"), "no zip file at all");

        try (RunningGateway gateway = RunningGateway.start(config)) {
            HttpResponse<String> answer =
                    client.post(gateway.data("/v1/chat/completions"), Client.chat("a white rabbit ran by", false));
            assertThat(answer.headers().firstValue("x-team")).hasValue("search");
            assertThat(Client.json(answer.body())
                            .at("/choices/0/message/content")
                            .asText())
                    .isEqualTo("a hare ran by");
            assertThat(Client.said(Client.data(
                            client.stream(gateway.data("/v1/messages"), Client.chat("a white rabbit ran by", true))
                                    .body())))
                    .isEqualTo("a hare ran by");

            assertThat(gateway.err()).contains("refused: broken.jar: it is not a whole zip file");
            JsonNode refused = Client.json(
                            client.get(gateway.admin("/api/v1/status")).body())
                    .at("/plugins/refused");
            assertThat(refused).hasSize(1);
            assertThat(refused.at("/0/jar").asText()).isEqualTo("broken.jar");
        }
    }

    @Test
    void aRouteThatNeedsARefusedJarIsTold() throws Exception {
        Files.writeString(jars.resolve("add-header.jar"), "no zip file at all");

        Ended run = Distribution.run(directory, "run");

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err())
                .startsWith("sluice.yaml:8:9 routes[0].filters[0].add-header: no filter of this name is installed")
                .contains("add-header.jar is refused: it is not a whole zip file");
    }

    @Test
    void theyAreListed() throws Exception {
        Files.copy(Distribution.jar("samples/add-header"), jars.resolve("add-header.jar"));
        Files.writeString(jars.resolve("broken.jar"), "no zip file at all");

        Ended plugins = Distribution.run(directory, "plugins");

        assertThat(plugins.exit()).as(plugins.err()).isZero();
        assertThat(plugins.out().lines())
                .anySatisfy(line ->
                        assertThat(line).matches("add-header +1\\.0\\.0 +>=0\\.1\\.0 & <0\\.2\\.0 .*add-header"))
                .anySatisfy(line -> assertThat(line).startsWith("refused: broken.jar: it is not a whole zip file"));
    }
}
