package dev.sluice.host;

import dev.sluice.host.OpenFilter.Identity;
import dev.sluice.host.admin.AdminServer;
import dev.sluice.host.admin.GatewayView;
import dev.sluice.host.config.Config;
import dev.sluice.host.config.Problem;
import dev.sluice.host.exchange.Blocking;
import dev.sluice.host.exchange.HookWatch;
import dev.sluice.host.exchange.HostScope;
import dev.sluice.host.exchange.Loop;
import dev.sluice.host.exchange.Services;
import dev.sluice.host.exchange.Telemetry;
import dev.sluice.host.log.AccessLog;
import dev.sluice.host.plugin.PluginCatalog;
import dev.sluice.host.route.Snapshot;
import dev.sluice.host.state.MemoryStore;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A running gateway: its event loops, its ports, and the snapshot that serves. Thread-safe. */
public final class Gateway implements AutoCloseable, GatewayView {
    private static final long STATE_BYTES =
            Math.max(16L << 20, Runtime.getRuntime().maxMemory() / 16);
    private static final Duration HOOK_WARN = Duration.ofMillis(200);
    private static final Duration HOOK_INTERRUPT = Duration.ofSeconds(2);

    private final Vertx vertx;
    private final PrometheusMeterRegistry meters;
    private final Blocking blocking = new Blocking();
    private final HookWatch watch;
    private final List<LoopVerticle> verticles = new ArrayList<>();
    private final AtomicInteger turn = new AtomicInteger();
    private final ExecutorService builderThread = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "sluice-snapshots");
        thread.setDaemon(true);
        return thread;
    });
    private final Services services;
    private final SnapshotBuilder builder;
    private final PluginCatalog catalog;
    private volatile @Nullable Snapshot current;
    private volatile Map<Identity, OpenFilter> open = Map.of();
    private volatile boolean ready;
    private volatile int port;
    private @Nullable AdminServer admin;

    /** Why a gateway did not start: every problem, each with its place. */
    public static final class StartException extends Exception {
        private static final long serialVersionUID = 1L;
        private final transient List<Problem> problems;

        StartException(List<Problem> problems) {
            super(problems.stream()
                    .map(Problem::toString)
                    .reduce((a, b) -> a + System.lineSeparator() + b)
                    .orElse(""));
            this.problems = problems;
        }

        /** The problems, in file order. */
        public List<Problem> problems() {
            return problems;
        }
    }

    private Gateway(Config config, PluginCatalog catalog, int loops) {
        this.catalog = catalog;
        meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        watch = new HookWatch(meters, HOOK_WARN, HOOK_INTERRUPT);
        vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(loops)
                .setDisableTCCL(true)
                .setFileSystemOptions(new FileSystemOptions().setFileCachingEnabled(false)));
        services = Services.of(config.listen().limits(), blocking, new Telemetry(meters), new AccessLog());
        builder = new SnapshotBuilder(services, this::anyLoop, MemoryStore.ofBytes(STATE_BYTES), builderThread);
        meters.gauge(
                "sluice_snapshot_generation",
                this,
                g -> g.snapshot() == null ? 0 : g.snapshot().number());
    }

    /**
     * Starts a gateway and waits until it serves; not from an event loop.
     *
     * @param config checked
     * @param catalog the plugins it was checked against; closed with the gateway
     * @throws StartException if a filter cannot be opened or a port cannot be bound; nothing is left running
     */
    public static Gateway start(Config config, PluginCatalog catalog) throws StartException {
        return start(config, catalog, Runtime.getRuntime().availableProcessors());
    }

    /** As {@link #start(Config, PluginCatalog)}, on that many event loops. */
    public static Gateway start(Config config, PluginCatalog catalog, int loops) throws StartException {
        Gateway gateway = new Gateway(config, catalog, loops);
        try {
            gateway.open(config, loops);
            return gateway;
        } catch (StartException e) {
            gateway.close();
            throw e;
        } catch (RuntimeException e) {
            gateway.close();
            throw e;
        }
    }

    private void open(Config config, int loops) throws StartException {
        for (int i = 0; i < loops; i++) {
            verticles.add(new LoopVerticle(watch, connections));
        }
        AtomicInteger next = new AtomicInteger();
        await(
                vertx.deployVerticle(
                        () -> verticles.get(next.getAndIncrement()), new DeploymentOptions().setInstances(loops)),
                config,
                "the event loops cannot be started");
        publish(config);
        List<Future<Integer>> bound = new ArrayList<>();
        for (LoopVerticle verticle : verticles) {
            bound.add(verticle.listen(services, () -> current, config.listen()));
        }
        for (Future<Integer> future : bound) {
            port = await(
                    future,
                    config,
                    "cannot listen on " + config.listen().host() + ":"
                            + config.listen().port());
        }
        AdminServer adminServer = new AdminServer(vertx, this, config.admin());
        await(
                adminServer.listen(),
                config,
                "cannot listen on " + config.admin().host() + ":"
                        + config.admin().port());
        admin = adminServer;
        ready = true;
    }

    private final AtomicInteger connections = new AtomicInteger();

    private void publish(Config config) throws StartException {
        Snapshot before = current;
        SnapshotBuilder.Result result = builder.build(before == null ? 1 : before.number() + 1, config, open);
        if (result instanceof SnapshotBuilder.Failed failed) {
            throw new StartException(failed.problems());
        }
        SnapshotBuilder.Built built = (SnapshotBuilder.Built) result;
        open = built.open();
        current = built.snapshot();
        if (before != null) {
            before.retire();
        }
    }

    private static <T> T await(Future<T> future, Config config, String trouble) throws StartException {
        try {
            return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new StartException(
                    List.of(new Problem(String.valueOf(config.file()), 0, 0, "", trouble + ": " + e.getCause())));
        } catch (TimeoutException e) {
            throw new StartException(
                    List.of(new Problem(String.valueOf(config.file()), 0, 0, "", trouble + ": no answer within 30 s")));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartException(
                    List.of(new Problem(String.valueOf(config.file()), 0, 0, "", trouble + ": interrupted")));
        }
    }

    private Loop anyLoop() {
        return verticles
                .get(Math.floorMod(turn.getAndIncrement(), verticles.size()))
                .loop();
    }

    /** The data port. */
    public int port() {
        return port;
    }

    /** The admin port. */
    public int adminPort() {
        return admin == null ? 0 : admin.port();
    }

    @Override
    public boolean isReady() {
        return ready;
    }

    @Override
    public @Nullable Snapshot snapshot() {
        return current;
    }

    @Override
    public PluginCatalog catalog() {
        return catalog;
    }

    @Override
    public String scrape() {
        return meters.scrape();
    }

    @Override
    public Optional<HostScope> filter(String route, String name) {
        return open.values().stream()
                .filter(f -> f.identity().route().equals(route)
                        && f.identity().filter().equals(name))
                .map(OpenFilter::scope)
                .findFirst();
    }

    /**
     * Shuts down gracefully: not ready any more, no new connections, what is under way finishes or its time runs out.
     *
     * @return whether everything finished in time
     */
    public boolean shutdown(Duration limit) {
        ready = false;
        long deadline = System.nanoTime() + limit.toNanos();
        List<Future<Void>> draining = new ArrayList<>();
        for (LoopVerticle verticle : verticles) {
            draining.add(verticle.drain(limit));
        }
        boolean whole = true;
        for (Future<Void> future : draining) {
            // Connections that are still open a second after their time are not waited for.
            whole &= ends(future.toCompletionStage().toCompletableFuture(), deadline + TimeUnit.SECONDS.toNanos(1));
        }
        Snapshot snapshot = current;
        if (snapshot != null) {
            current = null;
            snapshot.retire();
            whole &= ends(snapshot.ended(), deadline);
        }
        close();
        return whole;
    }

    private static boolean ends(CompletableFuture<?> future, long deadline) {
        try {
            future.get(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
            return true;
        } catch (ExecutionException | TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void close() {
        ready = false;
        Snapshot snapshot = current;
        current = null;
        if (snapshot != null) {
            snapshot.retire();
        }
        try {
            vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            // Nothing can be done about it any more, and the process is about to end.
            watch.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        watch.close();
        builderThread.shutdown();
        try {
            if (!builderThread.awaitTermination(5, TimeUnit.SECONDS)) {
                builderThread.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        blocking.close();
        catalog.generations().forEach(generation -> {
            try {
                generation.close();
            } catch (Exception e) {
                org.slf4j.LoggerFactory.getLogger(Gateway.class).warn("{} cannot be unloaded", generation, e);
            }
        });
        meters.close();
    }
}
