package dev.sluice.quickstart;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The distribution as the build has laid it out, run as a user would: {@code bin/sluice} in a process of its own. */
final class Distribution {
    /** Long enough for the slowest machine; nothing waits for it unless it has failed. */
    static final int PATIENCE_SECONDS = 60;

    private static final Path REPOSITORY = Path.of("../..").toAbsolutePath().normalize();

    private Distribution() {}

    /** A file of the repository. */
    static Path file(String path) {
        return REPOSITORY.resolve(path);
    }

    /** The only jar in a module's target directory. */
    static Path jar(String module) throws IOException {
        try (var files = Files.newDirectoryStream(file(module).resolve("target"), "*.jar")) {
            return files.iterator().next();
        }
    }

    /** The jar of ai-proxy, as it lies in the distribution. */
    static Path aiProxy() throws IOException {
        try (var files = Files.newDirectoryStream(file("host/target/sluice/plugins"), "ai-proxy-*.jar")) {
            return files.iterator().next();
        }
    }

    /** A command that runs with the same Java as this test. */
    static ProcessBuilder command(Path directory, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(file("host/target/sluice/bin/sluice").toString());
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().remove("SLUICE_JAVA_OPTS");
        return builder;
    }

    /** How a command ended. */
    record Ended(int exit, String out, String err) {}

    /** Runs a command to its end. */
    static Ended run(Path directory, String... arguments) throws IOException, InterruptedException {
        Path err = Files.createTempFile(directory, "stderr", ".txt");
        Process process =
                command(directory, arguments).redirectError(err.toFile()).start();
        try {
            process.getOutputStream().close();
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException("'sluice " + String.join(" ", arguments) + "' does not end");
            }
            return new Ended(process.exitValue(), out, Files.readString(err));
        } finally {
            process.destroyForcibly();
        }
    }
}
