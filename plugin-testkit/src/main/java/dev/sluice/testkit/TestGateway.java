package dev.sluice.testkit;

import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.Scope;
import dev.sluice.host.Gateway;
import dev.sluice.host.Gateway.StartException;
import dev.sluice.host.Sources;
import dev.sluice.host.admin.Reload;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A whole gateway in the test's own process, on free loopback ports: real sockets, real config, filters from the class
 * path. Register it as a JUnit extension to have one per test, or start and close it by hand.
 *
 * <pre>{@code
 * @RegisterExtension
 * final TestGateway gateway = TestGateway.with(new MyFilterPlugin()).config("""
 *     providers: { model: { type: echo } }
 *     routes:
 *       - name: chat
 *         filters: [ my-filter: {}, ai-proxy: { provider: model } ]
 *     """);
 * }</pre>
 */
public final class TestGateway implements BeforeEachCallback, AfterEachCallback, AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final List<FilterPlugin<?>> plugins = new ArrayList<>();
    private final Map<String, Consumer<Path>> jars = new LinkedHashMap<>();
    private String yaml = "";
    private int loops = 2;
    private Duration openLimit = PATIENCE;
    private @Nullable Path directory;
    private @Nullable Gateway gateway;

    private TestGateway() {}

    /** A gateway with these filters installed; not started yet. */
    public static TestGateway with(FilterPlugin<?>... plugins) {
        TestGateway made = new TestGateway();
        made.plugins.addAll(List.of(plugins));
        return made;
    }

    /** Installs a filter that takes no config. */
    public TestGateway filter(String name, FilterFactory factory) {
        return openedFilter(name, scope -> factory);
    }

    /** Installs a filter that takes no config and is opened with its scope. */
    public TestGateway openedFilter(String name, Function<Scope, FilterFactory> open) {
        plugins.add(new AdHocPlugin(name, open));
        return this;
    }

    /**
     * Has a plugin jar put beside the config before the start.
     *
     * @param name relative to the config, such as {@code plugins/mine.jar}
     * @param write writes the jar to a file, whose directory is there
     */
    public TestGateway jar(String name, Consumer<Path> write) {
        jars.put(name, write);
        return this;
    }

    /** The config; {@code listen} and {@code admin} may be left out. */
    public TestGateway config(String sluiceYaml) {
        yaml = sluiceYaml;
        return this;
    }

    /** On that many event loops; two unless told. */
    public TestGateway loops(int count) {
        loops = count;
        return this;
    }

    /** A filter's {@code open} fails if it takes longer; 30 s unless told. */
    public TestGateway openWithin(Duration limit) {
        openLimit = limit;
        return this;
    }

    /**
     * Starts it.
     *
     * @throws IllegalStateException if it does not start; the message holds every problem
     */
    public TestGateway start() {
        try {
            Path home = Files.createTempDirectory("sluice-test-");
            directory = home;
            Path file = home.resolve("sluice.yaml");
            Files.writeString(file, complete(yaml));
            for (Map.Entry<String, Consumer<Path>> jar : jars.entrySet()) {
                Path made = home.resolve(jar.getKey());
                Files.createDirectories(made.getParent());
                jar.getValue().accept(made);
            }
            gateway = Gateway.start(new Sources(file, home.resolve("plugins"), plugins), loops, openLimit);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (StartException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** The running gateway's config file, which it follows. */
    public Path configFile() {
        return home().resolve("sluice.yaml");
    }

    private Path home() {
        Path home = directory;
        if (home == null) {
            throw new IllegalStateException("the gateway is not started");
        }
        return home;
    }

    /**
     * Gives the running gateway another config, and waits until it has read it.
     *
     * @return whether it was published, and if not, why
     */
    public Reload reconfigure(String sluiceYaml) {
        try {
            Files.writeString(configFile(), complete(sluiceYaml));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return reload();
    }

    /** Lets the running gateway read its config and its plugins now, and waits for it. */
    public Reload reload() {
        return gateway()
                .reload()
                .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .join();
    }

    private static String complete(String given) {
        String full = given;
        if (given.lines().noneMatch(line -> line.startsWith("listen:"))) {
            full = "listen: { host: 127.0.0.1, port: 0 }\n" + full;
        }
        if (given.lines().noneMatch(line -> line.startsWith("admin:"))) {
            full = "admin: { host: 127.0.0.1, port: 0 }\n" + full;
        }
        return full;
    }

    /** The running gateway. */
    public Gateway gateway() {
        Gateway running = gateway;
        if (running == null) {
            throw new IllegalStateException("the gateway is not started");
        }
        return running;
    }

    /** The address of a path on the data port. */
    public URI uri(String path) {
        return URI.create("http://127.0.0.1:" + gateway().port() + path);
    }

    /** The address of a path on the admin port. */
    public URI adminUri(String path) {
        return URI.create("http://127.0.0.1:" + gateway().adminPort() + path);
    }

    /** Gets a path of the data port. */
    public HttpResponse<String> get(String path) {
        return send(HttpRequest.newBuilder(uri(path)));
    }

    /** Gets a path of the admin port. */
    public HttpResponse<String> admin(String path) {
        return send(HttpRequest.newBuilder(adminUri(path)));
    }

    /** Posts JSON to a path of the data port, and waits for the whole answer. */
    public HttpResponse<String> post(String path, String json) {
        return send(HttpRequest.newBuilder(uri(path))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json)));
    }

    /** Sends any request, and waits for the whole answer. */
    public HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .build()
                    .send(request.timeout(PATIENCE).build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        start();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        close();
    }

    @Override
    public void close() {
        if (gateway != null) {
            gateway.close();
            gateway = null;
        }
        Path home = directory;
        if (home != null) {
            directory = null;
            try (Stream<Path> files = Files.walk(home)) {
                for (Path path :
                        files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
