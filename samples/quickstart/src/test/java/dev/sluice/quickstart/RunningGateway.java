package dev.sluice.quickstart;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A {@code sluice run} in a process of its own, from its greeting on. */
final class RunningGateway implements AutoCloseable {
    private static final Pattern LISTENS = Pattern.compile("Sluice listens on (http://\\S+), admin on (http://\\S+)");

    private final Process process;
    private final Path err;
    private final List<String> greeting;
    private final URI data;
    private final URI admin;

    private RunningGateway(Process process, Path err, List<String> greeting) {
        this.process = process;
        this.err = err;
        this.greeting = greeting;
        Matcher listens = LISTENS.matcher(greeting.get(0));
        if (!listens.matches()) {
            throw new IllegalStateException("not a greeting: " + greeting);
        }
        this.data = URI.create(listens.group(1));
        this.admin = URI.create(listens.group(2));
    }

    /** Starts it with that config, and waits for the greeting. */
    static RunningGateway start(Path config) throws IOException {
        Path directory = config.toAbsolutePath().getParent();
        Path err = Files.createTempFile(directory, "stderr", ".txt");
        Process process = Distribution.command(directory, "run", "-c", config.toString())
                .redirectError(err.toFile())
                .start();
        try {
            BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
            List<String> greeting = new ArrayList<>();
            String line = out.readLine();
            // The lines to try come last, and an empty line ends them.
            for (boolean trying = false; line != null && !(trying && line.isEmpty()); line = out.readLine()) {
                greeting.add(line);
                trying |= line.equals("Try it:");
            }
            if (line == null) {
                throw new IllegalStateException("it has not started: " + Files.readString(err));
            }
            // Its access log follows; a full pipe would stop it.
            Thread drain = new Thread(() -> out.lines().forEach(logged -> {}), "stdout");
            drain.setDaemon(true);
            drain.start();
            return new RunningGateway(process, err, greeting);
        } catch (IOException | RuntimeException e) {
            process.destroyForcibly();
            throw e;
        }
    }

    /** What it said when it served. */
    List<String> greeting() {
        return greeting;
    }

    /** What it has written to stderr so far. */
    String err() throws IOException {
        return Files.readString(err);
    }

    /** The address of a path on the data port. */
    URI data(String path) {
        return data.resolve(path);
    }

    /** The address of a path on the admin port. */
    URI admin(String path) {
        return admin.resolve(path);
    }

    /** Sends SIGTERM. */
    void terminate() {
        // Process.destroy would close the pipe that it writes its access log to.
        process.toHandle().destroy();
    }

    /** Its exit status, once it has ended. */
    int exit() throws InterruptedException {
        if (!process.waitFor(Distribution.PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException("it does not end");
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        process.toHandle().destroyForcibly();
    }
}
