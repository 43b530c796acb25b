package dev.sluice.host.state;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import redis.embedded.core.ExecutableProvider;

/** A Redis in a process of its own, on a free loopback port; ends with {@link #close}. For tests, also of other modules. */
public final class RealRedis implements AutoCloseable {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final List<String> command = new ArrayList<>();
    private final Path directory;
    private final int port;
    private final String password;
    private Process process;

    private RealRedis(String password, String... options) throws IOException {
        this.directory = Files.createTempDirectory("redis");
        this.password = password;
        this.port = freePort();
        command.addAll(List.of(binary().getPath()));
        boolean sentinel = options.length > 0 && options[0].endsWith(".conf");
        if (sentinel) {
            Path config = directory.resolve("sentinel.conf");
            Files.writeString(config, options[1]);
            command.addAll(List.of(config.toString(), "--sentinel", "--port", Integer.toString(port)));
        } else {
            command.addAll(List.of("--port", Integer.toString(port), "--save", "", "--appendonly", "no"));
            command.addAll(List.of(options));
        }
        command.addAll(List.of("--bind", "127.0.0.1", "--dir", directory.toString()));
        begin();
    }

    /** Starts one with these options, as on the command line of {@code redis-server}. */
    public static RealRedis start(String... options) {
        return started("", options);
    }

    /** Starts one that wants that password. */
    public static RealRedis startWithPassword(String password) {
        return started(password, "--requirepass", password);
    }

    /** Starts a sentinel with that configuration. */
    public static RealRedis startSentinel(String config) {
        return started("", "sentinel.conf", config);
    }

    private static RealRedis started(String password, String... options) {
        try {
            return new RealRedis(password, options);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "there is no Redis for " + System.getProperty("os.name") + " " + System.getProperty("os.arch")
                            + " that runs: the tests of the shared state need one",
                    e);
        }
    }

    private static File binary() throws IOException {
        return ExecutableProvider.newJarResourceProvider().get();
    }

    private static int freePort() throws IOException {
        for (; ; ) {
            try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                // A cluster's nodes talk to each other on a port 10000 above.
                if (socket.getLocalPort() < 50_000) {
                    return socket.getLocalPort();
                }
            }
        }
    }

    private void begin() throws IOException {
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (!answers()) {
            if (!process.isAlive() || System.nanoTime() > deadline) {
                String log = Files.readString(directory.resolve("log"));
                close();
                throw new IOException("Redis does not start: " + log);
            }
        }
    }

    private boolean answers() {
        try {
            String answer = send("PING");
            return answer.startsWith("+PONG") || answer.startsWith("-NOAUTH");
        } catch (IOException notYet) {
            Thread.onSpinWait();
            return false;
        }
    }

    /** Sends a command in one line, after the password; the first line of the answer. */
    public String send(String line) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
            socket.setSoTimeout(5000);
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            if (!password.isEmpty()) {
                socket.getOutputStream().write(("AUTH " + password + "\r\n").getBytes(StandardCharsets.UTF_8));
                in.readLine();
            }
            socket.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.UTF_8));
            String first = String.valueOf(in.readLine());
            return first.startsWith("$") && !first.equals("$-1") ? String.valueOf(in.readLine()) : first;
        }
    }

    /** Its port on loopback. */
    public int port() {
        return port;
    }

    /** Its URL, without a password. */
    public String url() {
        return "redis://127.0.0.1:" + port;
    }

    /** Ends it at once; what it held is lost. */
    public void kill() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Starts it again on the same port, empty. */
    public void restart() {
        try {
            begin();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        kill();
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
