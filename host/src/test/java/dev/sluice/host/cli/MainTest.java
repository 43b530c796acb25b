package dev.sluice.host.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.host.plugin.TestJar;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class MainTest {
    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... args) {
        CommandLine command =
                Main.commandLine().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        return command.execute(args);
    }

    private String config(String yaml) throws IOException {
        return Files.writeString(directory.resolve("sluice.yaml"), yaml).toString();
    }

    @Test
    void checkSaysInOneLineThatAFileIsRight() throws IOException {
        TestJar.withFilter("demo", "1.0.0", "demo").write(directory.resolve("jars/demo.jar"));
        String file = config("""
                plugins: { dir: jars }
                filters: [{ demo: {} }]
                routes: [{ name: a, upstream: "http://127.0.0.1:1" }]
                """);

        assertThat(run("check", "-c", file)).isZero();
        assertThat(out.toString()).isEqualTo(file + " is right: 1 route, 1 filter, 0 providers\n");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void checkPrintsEveryProblemAndFails() throws IOException {
        String file = config("lisen: {}\nroutes: [{ name: a }]\n");

        assertThat(run("check", "--config", file)).isEqualTo(1);
        assertThat(err.toString())
                .isEqualTo(file + ":1:1 lisen: unknown key, did you mean 'listen'?\n" + file
                        + ":2:10 routes[0]: the route leads nowhere: add 'upstream', or a filter that picks a"
                        + " target\n");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void checkOfAMissingFileFails() {
        assertThat(run("check", "-c", directory + "/none.yaml")).isEqualTo(1);
        assertThat(err.toString()).contains("there is no file").contains("create it, or name another");
    }

    @Test
    void schemaPrintsOneWithTheInstalledFilters() throws IOException {
        TestJar.withFilter("demo", "1.0.0", "demo").write(directory.resolve("plugins/demo.jar"));

        assertThat(run("schema", "-c", directory + "/none.yaml")).isZero();
        assertThat(new ObjectMapper()
                        .readTree(out.toString())
                        .at("/$defs/filter/properties")
                        .has("demo"))
                .isTrue();
    }

    @Test
    void pluginsListsTheInstalledAndTheRefused() throws IOException {
        TestJar.withFilter("demo", "1.4.2", "demo").write(directory.resolve("plugins/demo.jar"));
        Files.createFile(directory.resolve("plugins/empty.jar"));

        assertThat(run("plugins", "-c", config("routes: []\n"))).isZero();
        String[] lines = out.toString().split("\n");
        assertThat(lines[0]).isEqualTo("ID    VERSION  API               SHA-256       FILTERS");
        assertThat(lines[1]).matches("demo  1\\.4\\.2    >=0\\.1\\.0 & <0\\.2\\.0  [0-9a-f]{12}  demo");
        assertThat(lines[2])
                .isEqualTo("refused: empty.jar: it is not a whole zip file (zip file is empty): copy it again");
        assertThat(lines).hasSize(3);
    }

    @Test
    void theDistributionsPluginsAreTheDefault() throws IOException {
        TestJar.withFilter("demo", "1.0.0", "demo").write(directory.resolve("home/plugins/demo.jar"));
        String before =
                System.setProperty("sluice.home", directory.resolve("home").toString());
        try {
            assertThat(run("plugins", "-c", directory + "/none.yaml")).isZero();
            assertThat(out.toString()).contains("demo  1.0.0");
        } finally {
            if (before == null) {
                System.clearProperty("sluice.home");
            } else {
                System.setProperty("sluice.home", before);
            }
        }
    }

    @Test
    void nothingIsLeftInTheTemporaryDirectory() throws IOException {
        TestJar.withFilter("demo", "1.0.0", "demo").write(directory.resolve("plugins/demo.jar"));
        Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
        try (var before = Files.list(temporary)) {
            long count = before.filter(MainTest::isOurs).count();
            run("plugins", "-c", directory + "/none.yaml");
            try (var after = Files.list(temporary)) {
                assertThat(after.filter(MainTest::isOurs).count()).isEqualTo(count);
            }
        }
    }

    private static boolean isOurs(Path path) {
        return path.getFileName().toString().startsWith("sluice-plugins-");
    }

    @Test
    void aWrongCommandSaysHowToCallIt() {
        assertThat(run()).isEqualTo(2);
        assertThat(err.toString()).startsWith("name a command").contains("Usage: sluice");
        assertThat(run("check", "--nope")).isEqualTo(2);
        assertThat(run("--version")).isZero();
        assertThat(out.toString()).startsWith("sluice ");
    }
}
