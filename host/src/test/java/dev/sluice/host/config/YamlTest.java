package dev.sluice.host.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class YamlTest {
    private static final String ROUTE = "routes: [{ name: a, upstream: \"http://127.0.0.1:1\" }]\n";

    @TempDir
    Path directory;

    private ConfigFiles files;

    @BeforeEach
    void files() {
        files = new ConfigFiles(directory);
    }

    @Test
    void aMissingFileIsAProblem() {
        Path file = directory.resolve("none.yaml");
        assertThat(files.problems(file))
                .containsExactly("none.yaml: there is no file none.yaml: create it, or name another");
    }

    @Test
    void aDirectoryIsAProblem() throws IOException {
        Path file = Files.createDirectory(directory.resolve("dir.yaml"));
        assertThat(files.problems(file)).containsExactly("dir.yaml: dir.yaml is a directory: name a file");
    }

    @Test
    void aFileThatMayNotBeReadIsAProblem() throws IOException {
        Path file = files.write("secret.yaml", ROUTE);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
        Assumptions.assumeFalse(Files.isReadable(file), "root may read everything");
        assertThat(files.problems(file))
                .containsExactly("secret.yaml: secret.yaml may not be read: check its permissions");
    }

    @Test
    void whatIsNotUtf8IsAProblem() throws IOException {
        Path file = Files.write(directory.resolve("latin.yaml"), new byte[] {'a', ':', ' ', (byte) 0xE9});
        assertThat(files.problems(file)).containsExactly("latin.yaml: latin.yaml is not UTF-8 text: save it as UTF-8");
    }

    @Test
    void aHugeFileIsAProblem() throws IOException {
        Path file = Files.writeString(directory.resolve("huge.yaml"), "#".repeat((3 << 20) + 1));
        assertThat(files.problems(file))
                .containsExactly(
                        "huge.yaml: huge.yaml is larger than 3 MiB: split it, and list the parts under 'include'");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "``| sluice.yaml: the file is empty: it needs at least 'routes'",
                "# nothing| sluice.yaml: the file is empty: it needs at least 'routes'",
                "---| sluice.yaml: the file is empty: it needs at least 'routes'",
                "- a| sluice.yaml:1:1: expected keys like 'routes:' at the top of the file, got a list",
                "text| sluice.yaml:1:1: expected keys like 'routes:' at the top of the file, got text",
                "a: [1| sluice.yaml:1:6: not valid YAML: expected ',' or ']', but got <stream end> (while parsing a flow sequence)",
                "a: b: c| sluice.yaml:1:5: not valid YAML: mapping values are not allowed here",
                "a: 'b| sluice.yaml:1:6: not valid YAML: found unexpected end of stream (while scanning a quoted scalar)",
                "routes: *no| sluice.yaml:1:9 routes: no anchor '&no' stands before this alias",
                "routes: &r [*r]| sluice.yaml:1:13 routes[0]: the alias '*r' stands within its own anchor: it would never end",
                "[a]: b| sluice.yaml:1:1: a key must be plain text",
            })
    void whatIsNoConfigAtAllIsOneProblem(String yaml, String problem) {
        assertThat(files.problems(yaml)).containsExactly(problem);
    }

    @Test
    void aTabIsNamed() {
        assertThat(files.problems("routes:\n\t- a"))
                .containsExactly("sluice.yaml:2:1: not valid YAML: found character '\\t(TAB)' that cannot start any"
                        + " token. (Do not use \\t(TAB) for indentation) (while scanning for the next token)");
    }

    @Test
    void aSecondDocumentIsAProblem() {
        assertThat(files.problems(ROUTE + "---\nroutes: []\n"))
                .containsExactly("sluice.yaml:2:1: a second document begins here: one file holds one document");
    }

    @Test
    void duplicateKeysAreAProblem() {
        assertThat(files.problems(ROUTE + "drain: { swap: 1h, swap: 2h }\naccessLog: off\naccessLog: off\n"))
                .containsExactly(
                        "sluice.yaml:2:20 drain.swap: the key is already set in line 2: keep one",
                        "sluice.yaml:4:1 accessLog: the key is already set in line 3: keep one");
    }

    @Test
    void tagsAreAProblem() {
        assertThat(files.problems(ROUTE + "accessLog: !!str off\n!x drain: !foo {}\n"))
                .containsExactly(
                        "sluice.yaml:2:12 accessLog: tags like tag:yaml.org,2002:str are not used here: remove it",
                        "sluice.yaml:3:1: tags like !x are not used here: remove it",
                        "sluice.yaml:3:11 drain: tags like !foo are not used here: remove it");
    }

    @Test
    void mergeKeysAreAProblem() {
        assertThat(files.problems("drain: &d { swap: 1h }\n" + ROUTE + "admin:\n  <<: *d\n"))
                .contains(
                        "sluice.yaml:4:3 admin.<<: merge keys are not YAML 1.2: repeat the keys, or alias a whole value");
    }

    @Test
    void anchorsAndAliasesAreReadAndKeepTheirPlace() {
        Config config = files.config("""
                routes:
                  - { name: a, upstream: "http://127.0.0.1:1", match: { path: /a }, timeouts: &t { idle: 5s } }
                  - { name: b, upstream: "http://127.0.0.1:1", timeouts: *t }
                """);
        assertThat(config.routes().get(1).timeouts())
                .isEqualTo(config.routes().get(0).timeouts());

        assertThat(files.problems("""
                        routes:
                          - { name: a, upstream: "http://127.0.0.1:1", match: { path: /a }, timeouts: &t { idle: 5 } }
                          - { name: b, upstream: "http://127.0.0.1:1", timeouts: *t }
                        """))
                .containsExactly(
                        "sluice.yaml:2:90 routes[0].timeouts.idle: expected a duration like 5s, got 5",
                        "sluice.yaml:2:90 routes[1].timeouts.idle: expected a duration like 5s, got 5");
    }

    @Test
    void expansionOfAliasesIsBounded() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 9; i++) {
            bomb.append("a%d: &a%d [%s]\n"
                    .formatted(i, i, String.join(", ", java.util.Collections.nCopies(10, "*a" + (i - 1)))));
        }
        assertThat(files.problems(bomb.toString()))
                .singleElement()
                .asString()
                .endsWith(": more than 200000 values once its aliases are expanded: make it smaller");
    }

    @Test
    void nestingIsBounded() {
        assertThat(files.problems("a: " + "[".repeat(50_000) + "]".repeat(50_000)))
                .singleElement()
                .asString()
                .startsWith("sluice.yaml:1:103 a[0]")
                .endsWith("[0]: nested more than 100 levels deep");
    }

    @Test
    void scalarsAreThoseOfYaml12() {
        assertThat(YamlFile.typed("no").isTextual()).isTrue();
        assertThat(YamlFile.typed("off").isTextual()).isTrue();
        assertThat(YamlFile.typed("1_000").isTextual()).isTrue();
        assertThat(YamlFile.typed("010").intValue()).isEqualTo(10);
        assertThat(YamlFile.typed("0x1F").intValue()).isEqualTo(31);
        assertThat(YamlFile.typed("0o17").intValue()).isEqualTo(15);
        assertThat(YamlFile.typed("True").booleanValue()).isTrue();
        assertThat(YamlFile.typed("~").isNull()).isTrue();
        assertThat(YamlFile.typed("1.10").asText()).isEqualTo("1.10");
        assertThat(YamlFile.typed("1e3").doubleValue()).isEqualTo(1000);
        assertThat(YamlFile.typed("1e999999999").doubleValue()).isInfinite();
        assertThat(YamlFile.typed("-.inf").doubleValue()).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(YamlFile.typed(".nan").doubleValue()).isNaN();
        assertThat(YamlFile.typed("9999999999").longValue()).isEqualTo(9_999_999_999L);
        assertThat(YamlFile.typed("99999999999999999999").isBigInteger()).isTrue();
        assertThat(YamlFile.typed("12:30:45").isTextual()).isTrue();
    }

    @Test
    void aByteOrderMarkIsSkipped() {
        assertThat(files.config("\uFEFF" + ROUTE).routes()).hasSize(1);
    }

    @Test
    void aKeysPlaceIsKeptWhereItsValueStandsBelow() {
        assertThat(files.problems(
                        "routes:\n  - name: a\n    timeouts:\n      idle: 5\n    filters:\n      key-auth: {}\n"))
                .containsExactly(
                        "sluice.yaml:4:13 routes[0].timeouts.idle: expected a duration like 5s, got 5",
                        "sluice.yaml:5:5 routes[0].filters: expected a list, got a mapping");
    }
}
