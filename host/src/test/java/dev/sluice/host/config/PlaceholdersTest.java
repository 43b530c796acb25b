package dev.sluice.host.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlaceholdersTest {
    @TempDir
    Path directory;

    private ConfigFiles files;

    @BeforeEach
    void files() {
        files = new ConfigFiles(directory);
        files.environment.put("SET", "value");
        files.environment.put("EMPTY", "");
    }

    private String resolved(String text) {
        return files.config("routes: []\naccessLog: off\nadmin:\n  token: '" + text + "'\n")
                .admin()
                .token();
    }

    @ParameterizedTest
    @CsvSource({
        "${env:SET}, value",
        "a ${env:SET}-${env:SET} b, a value-value b",
        "${env:UNSET:-other}, other",
        "${env:EMPTY:-other}, other",
        "${env:SET:-other}, value",
        "x${env:UNSET:-}, x",
        "x${env:EMPTY}, x",
        "${other}, ${other}",
        "${ENV:SET}, ${ENV:SET}",
        "$env:SET, $env:SET",
        "${env:SET, ${env:SET",
    })
    void valuesArePutInTheirPlace(String written, String resolved) {
        assertThat(resolved(written)).isEqualTo(resolved);
    }

    @Test
    void whatIsPutInIsNotLookedAtAgain() {
        files.environment.put("NESTED", "${env:SET} $1 \\ {}");
        assertThat(resolved("${env:NESTED}")).isEqualTo("${env:SET} $1 \\ {}");
    }

    @Test
    void filesAreReadRelativeToTheConfigAndLoseOneNewline() {
        files.write("secrets/unix", "one\n\n");
        files.write("secrets/dos", "two\r\n");
        files.write("secrets/bare", "three");
        assertThat(resolved("${file:secrets/unix}")).isEqualTo("one\n");
        assertThat(resolved("${file:secrets/dos}")).isEqualTo("two");
        assertThat(resolved("${file:" + directory + "/secrets/bare}")).isEqualTo("three");
    }

    private String problem(String text) {
        return files.problems("routes: []\naccessLog: '" + text + "'\n").get(0);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "${env:UNSET}| the environment variable UNSET is not set: set it, or write ${env:UNSET:-default}",
                "${env:}| '${env:}' names no environment variable: write ${env:NAME} or ${env:NAME:-default}",
                "${env:A B}| '${env:A B}' names no environment variable: write ${env:NAME} or ${env:NAME:-default}",
                "${file:.}| ${file:.} is not a plain file",
                "${file:binary}| the file of ${file:binary} is not UTF-8 text",
                "${file:huge}| the file of ${file:huge} is larger than 1 MiB",
                "${file:none}| the file of ${file:none} does not exist: create none",
            })
    void whatCannotBeResolvedIsAProblem(String text, String message) throws IOException {
        Files.write(directory.resolve("binary"), new byte[] {(byte) 0xFF});
        Files.write(directory.resolve("huge"), new byte[(1 << 20) + 1]);
        String problem = problem(text.replace("''", "'").replace("'", "''"));
        assertThat(problem).isEqualTo("sluice.yaml:2:12 accessLog: " + message);
    }

    @Test
    void aNumberMayComeOutOfAPlaceholder() {
        files.environment.put("PORT", "8081");
        files.environment.put("FLAG", "true");
        Config config = files.config("""
                routes: []
                listen: { port: "${env:PORT}", http2: "${env:FLAG}" }
                admin: { token: "${env:PORT}" }
                """);
        assertThat(config.listen().port()).isEqualTo(8081);
        assertThat(config.admin().token()).isEqualTo("8081");
    }

    @Test
    void messagesNeverShowWhatWasPutIn() {
        files.environment.put("SECRET", "hunter2");
        assertThat(files.problems("""
                        listen: { port: "${env:SECRET}", keepAlive: "${env:SECRET:-5s}", responseHeaders: "${env:SECRET}" }
                        providers:
                          a: { type: "${env:SECRET}" }
                        routes:
                          - name: r
                            upstream: ${env:SECRET}
                            filters:
                              - ${env:SECRET}
                              - { use: cache, version: "${env:SECRET}", onError: "${env:SECRET}" }
                              - { use: ai-proxy, config: { provider: "${env:SECRET}" } }
                        """))
                .containsExactly(
                        "sluice.yaml:1:17 listen.port: expected a whole number, got the value of ${env:SECRET}",
                        "sluice.yaml:1:45 listen.keepAlive: expected a duration like 5s, got the value of"
                                + " ${env:SECRET:-5s}",
                        "sluice.yaml:1:83 listen.responseHeaders: expected one of all, none, got the value of"
                                + " ${env:SECRET}",
                        "sluice.yaml:3:14 providers.a.type: no installed filter knows the provider type"
                                + " '${env:SECRET}', known: echo, openai, v-llm, vllm",
                        "sluice.yaml:6:15 routes[0].upstream: expected a URL like http://127.0.0.1:8000, without query"
                                + " or user, got the value of ${env:SECRET}",
                        "sluice.yaml:8:9 routes[0].filters[0]: expected a filter and its config: write '- ${env:SECRET}:"
                                + " {}'",
                        "sluice.yaml:9:32 routes[0].filters[1].version: version '${env:SECRET}' of 'cache' is not"
                                + " installed: installed is 1.0.0, 1.4.2, 1.10.0",
                        "sluice.yaml:9:58 routes[0].filters[1].onError: expected one of fail, skip, got the value of"
                                + " ${env:SECRET}",
                        "sluice.yaml:10:46 routes[0].filters[2].config.provider: no provider is named '${env:SECRET}',"
                                + " known: a");
    }
}
