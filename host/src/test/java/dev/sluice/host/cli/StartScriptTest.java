package dev.sluice.host.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** bin/sluice, with a Java that only prints what it was started with. */
class StartScriptTest {
    @TempDir
    Path directory;

    private Path script;
    private Path home;

    @BeforeEach
    void distribution() throws IOException {
        home = Files.createDirectories(directory.resolve("with space/sluice")).toRealPath();
        script = Files.createDirectory(home.resolve("bin")).resolve("sluice");
        executable(script, Files.readString(Path.of("src/main/distribution/bin/sluice")));
    }

    private static void executable(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Path java(String version) throws IOException {
        Path javaHome = directory.resolve("java-" + version);
        executable(javaHome.resolve("bin/java"), """
                #!/bin/sh
                if [ "$1" = -version ]; then
                    echo 'openjdk version "%s" 2025-01-01' >&2
                else
                    for argument in "$@"; do echo "<$argument>"; done
                fi
                """.formatted(version));
        return javaHome;
    }

    private record Run(int exit, String output) {}

    private Run run(Path command, Map<String, String> environment, String... args) throws Exception {
        ProcessBuilder builder = new ProcessBuilder();
        builder.command().add(command.toString());
        builder.command().addAll(java.util.List.of(args));
        builder.environment().keySet().removeAll(java.util.List.of("JAVA_HOME", "SLUICE_JAVA_OPTS"));
        builder.environment().putAll(environment);
        Process process = builder.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Run(process.waitFor(), output);
    }

    @Test
    void itStartsTheMainClassWithItsHomeAndTheArgumentsAsTheyAre() throws Exception {
        Run run = run(
                script,
                Map.of("JAVA_HOME", java("17.0.1").toString(), "SLUICE_JAVA_OPTS", "-Xmx1g -Da=b"),
                "check",
                "-c",
                "my file.yaml");

        assertThat(run.exit()).isZero();
        assertThat(run.output())
                .contains("<-Dsluice.home=" + home + ">\n")
                .contains("<-Dlogback.configurationFile=" + home + "/conf/logback.xml>\n")
                .contains("<-XX:+ExplicitGCInvokesConcurrent>\n<--add-opens=java.base/java.lang=ALL-UNNAMED>\n")
                .contains("<-Xmx1g>\n<-Da=b>\n")
                .endsWith("<-cp>\n<" + home + "/lib/*:" + home
                        + "/embeddings/*>\n<dev.sluice.host.cli.Main>\n<check>\n<-c>\n<my file.yaml>\n")
                .doesNotContain("native-access");
    }

    @Test
    void aLinkToItLeadsHome() throws Exception {
        Path bin = Files.createDirectory(directory.resolve("bin"));
        Files.createSymbolicLink(bin.resolve("absolute"), script);
        Path relative = Files.createSymbolicLink(bin.resolve("sluice"), Path.of("absolute"));

        assertThat(run(relative, Map.of("JAVA_HOME", java("17").toString())).output())
                .contains("<-Dsluice.home=" + home + ">\n");
    }

    @Test
    void nativeAccessIsEnabledWhereJavaAsksForIt() throws Exception {
        assertThat(run(script, Map.of("JAVA_HOME", java("25.0.3").toString())).output())
                .contains("<--enable-native-access=ALL-UNNAMED>\n");
    }

    @Test
    void aChosenCollectorIsKept() throws Exception {
        assertThat(run(script, Map.of("JAVA_HOME", java("17").toString(), "SLUICE_JAVA_OPTS", "-XX:+UseZGC"))
                        .output())
                .contains("<-XX:+UseZGC>\n")
                .doesNotContain("UseSerialGC");
    }

    @Test
    void anOldJavaIsRefused() throws Exception {
        Path old = java("1.8.0_402");
        assertThat(run(script, Map.of("JAVA_HOME", old.toString())))
                .isEqualTo(new Run(
                        2,
                        "sluice: " + old + "/bin/java is Java 8: install Java 17 or newer, or set JAVA_HOME to one\n"));
    }

    @Test
    void aMissingJavaIsSaid() throws Exception {
        assertThat(run(script, Map.of("JAVA_HOME", "/nowhere")))
                .isEqualTo(new Run(
                        2,
                        "sluice: JAVA_HOME is /nowhere, but there is no /nowhere/bin/java: set it to a Java of 17 or"
                                + " newer, or unset it\n"));
    }
}
