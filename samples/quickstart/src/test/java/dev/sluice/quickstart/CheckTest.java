package dev.sluice.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.quickstart.Distribution.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code sluice check}: what is wrong, all of it, and where. */
class CheckTest {
    @TempDir
    Path directory;

    private Path config(String yaml) throws IOException {
        return Files.writeString(directory.resolve("sluice.yaml"), yaml);
    }

    @Test
    void theQuickstartIsRightAsItStands() throws Exception {
        String file = Distribution.file("samples/quickstart/sluice.yaml").toString();

        assertThat(Distribution.run(directory, "check", "-c", file))
                .isEqualTo(new Ended(0, file + " is right: 1 route, 1 filter, 1 provider\n", ""));
    }

    @Test
    void aMisspeltKeyIsShownWithItsPlaceAndWhatWasMeant() throws Exception {
        Path file = config("""
                listen: { prot: 8080 }
                providers: { echo: { type: echo } }
                routes:
                  - name: chat
                    filters: [{ ai-proxy: { provider: echo } }]
                """);

        assertThat(Distribution.run(directory, "check", "-c", "sluice.yaml"))
                .isEqualTo(new Ended(1, "", "sluice.yaml:1:11 listen.prot: unknown key, did you mean 'port'?\n"));
        assertThat(Distribution.run(directory, "run", "-c", file.toString()))
                .isEqualTo(new Ended(1, "", file + ":1:11 listen.prot: unknown key, did you mean 'port'?\n"));
    }

    @Test
    void everyProblemIsShownAtOnce() throws Exception {
        config("""
                admin: { port: 9080 }
                admin: { port: 9081 }
                providers:
                  echo: { type: echo, modelMapping: { "*": "${env:SLUICE_TEST_NOT_SET}" } }
                routes:
                  - name: chat
                    filters:
                      - ai-prxy: {}
                      - ai-proxy: { provider: echo }
                """);

        Ended check = Distribution.run(directory, "check");

        assertThat(check.exit()).isEqualTo(1);
        assertThat(check.out()).isEmpty();
        assertThat(check.err().lines())
                .containsExactly(
                        "sluice.yaml:2:1 admin: the key is already set in line 1: keep one",
                        "sluice.yaml:4:44 providers.echo.modelMapping.*: the environment variable SLUICE_TEST_NOT_SET"
                                + " is not set: set it, or write ${env:SLUICE_TEST_NOT_SET:-default}",
                        "sluice.yaml:8:9 routes[0].filters[0].ai-prxy: no filter of this name is installed, did you"
                                + " mean 'ai-proxy'?; installed: ai-proxy, ai-statistics, cache, content-safety,"
                                + " header-transform, ip-restriction, key-auth, key-failover, model-fallback,"
                                + " model-mapper, model-router, prompt-decorator, prompt-template,"
                                + " token-ratelimit, web-search");
    }

    @Test
    void aMissingFileIsSaid() throws Exception {
        assertThat(Distribution.run(directory, "check", "-c", "nowhere.yaml"))
                .isEqualTo(
                        new Ended(1, "", "nowhere.yaml: there is no file nowhere.yaml: create it, or name another\n"));
    }
}
