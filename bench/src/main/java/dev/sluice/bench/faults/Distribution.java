package dev.sluice.bench.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The built distribution as a process of its own, {@code sluice run}, ended with this object. */
final class Distribution implements AutoCloseable {
    /** Of the kernel's table: a connection's state, and the inode of its socket. */
    private static final Pattern ROW = Pattern.compile("^ *\\d+: \\S+ \\S+ (\\w\\w) \\S+ \\S+ \\S+ +\\d+ +\\d+ (\\d+)");

    private static final String LISTENING = "0A";

    private final Process process;
    private final Path home;
    private final int port;

    private Distribution(Process process, Path home, int port) {
        this.process = process;
        this.home = home;
        this.port = port;
    }

    /**
     * Starts it and waits until it serves.
     *
     * @param program {@code bin/sluice}
     * @param config providers and routes
     */
    static Distribution start(Path program, String config) throws IOException, InterruptedException {
        Path home = Files.createTempDirectory("sluice-faults-");
        int port = free();
        Path file = Files.writeString(
                home.resolve("sluice.yaml"),
                "listen: { host: 127.0.0.1, port: " + port + " }\nadmin: { host: 127.0.0.1, port: " + free()
                        + " }\naccessLog: \"off\"\n" + config);
        Process process = new ProcessBuilder(program.toString(), "run", "-c", file.toString())
                .redirectErrorStream(true)
                .redirectOutput(home.resolve("log").toFile())
                .start();
        Distribution made = new Distribution(process, home, port);
        for (int left = 600; !made.answers(); left--) {
            if (left == 0 || !process.isAlive()) {
                String log = Files.readString(home.resolve("log"));
                made.close();
                throw new IOException("the gateway did not start: " + log);
            }
            Thread.sleep(100);
        }
        return made;
    }

    private static int free() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private boolean answers() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + port + "/");
    }

    /** How many TCP connections the gateway's process has open, by the operating system. */
    long connections() throws IOException {
        Path proc = Path.of("/proc", Long.toString(process.pid()));
        Set<String> sockets;
        try (Stream<Path> all = Files.list(proc.resolve("fd"))) {
            sockets = all.map(Distribution::target).collect(Collectors.toSet());
        }
        long count = 0;
        for (String table : List.of("tcp", "tcp6")) {
            for (String line : Files.readAllLines(proc.resolve("net").resolve(table))) {
                Matcher row = ROW.matcher(line);
                boolean isConnection = row.find() && !row.group(1).equals(LISTENING);
                count += isConnection && sockets.contains("socket:[" + row.group(2) + "]") ? 1 : 0;
            }
        }
        return count;
    }

    private static String target(Path file) {
        try {
            return Files.readSymbolicLink(file).toString();
        } catch (IOException e) {
            // Closed meanwhile.
            return "";
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            List<Path> files;
            try (Stream<Path> all = Files.walk(home)) {
                files = all.sorted(Comparator.reverseOrder()).toList();
            }
            for (Path file : files) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
