package dev.sluice.host;

import dev.sluice.host.admin.AdminServer;
import dev.sluice.host.admin.GatewayView;
import dev.sluice.host.admin.Reload;
import dev.sluice.host.config.Config;
import dev.sluice.host.config.Config.ProviderConfig;
import dev.sluice.host.config.ConfigLoader;
import dev.sluice.host.config.ConfigLoader.Broken;
import dev.sluice.host.config.ConfigLoader.Loaded;
import dev.sluice.host.config.Problem;
import dev.sluice.host.config.RedisConfig;
import dev.sluice.host.embedding.LocalEmbeddings;
import dev.sluice.host.exchange.Blocking;
import dev.sluice.host.exchange.HookWatch;
import dev.sluice.host.exchange.HostScope;
import dev.sluice.host.exchange.Loop;
import dev.sluice.host.exchange.Services;
import dev.sluice.host.exchange.Telemetry;
import dev.sluice.host.log.AccessLog;
import dev.sluice.host.plugin.LeakWatch.Leak;
import dev.sluice.host.plugin.PluginCatalog;
import dev.sluice.host.plugin.PluginCatalog.Refused;
import dev.sluice.host.plugin.PluginGeneration;
import dev.sluice.host.route.Snapshot;
import dev.sluice.host.state.MemoryStore;
import dev.sluice.host.state.RedisStore;
import dev.sluice.host.state.StateStore;
import dev.sluice.host.state.StateStores;
import dev.sluice.host.upstream.EndpointChecks;
import dev.sluice.host.upstream.EndpointRegistry;
import dev.sluice.host.upstream.Endpoints;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running gateway: its event loops, its ports, and the snapshot that serves. Thread-safe. */
public final class Gateway implements AutoCloseable, GatewayView {
    private static final long STATE_BYTES =
            Math.max(16L << 20, Runtime.getRuntime().maxMemory() / 16);
    private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);
    private static final long LOOK_MILLIS = 250;
    private static final long LEAK_LOOK_MILLIS = 1000;
    private static final Duration HOOK_WARN = Duration.ofMillis(200);
    private static final Duration HOOK_INTERRUPT = Duration.ofSeconds(2);
    private static final Duration OPEN_LIMIT = Duration.ofSeconds(30);

    private final Vertx vertx;
    private final PrometheusMeterRegistry meters;
    private final Blocking blocking = new Blocking();
    private final LocalEmbeddings embeddings = LocalEmbeddings.installed(Blocking::thread);
    private final HookWatch watch;
    private final List<LoopVerticle> verticles = new ArrayList<>();
    private final AtomicInteger turn = new AtomicInteger();
    private final AtomicInteger connections = new AtomicInteger();
    private final ScheduledExecutorService builderThread = daemon("sluice-snapshots");

    /** A look for leaks may wait for a collection of garbage, which no reload should. */
    private final ScheduledExecutorService leakThread = daemon("sluice-leak-watch");

    private final Services services;
    private final Sources sources;
    private final StateStore state;
    private final StateStores stores;
    private final EndpointRegistry endpoints;
    private final EndpointChecks checks;
    private final Publisher publisher;
    private final FileWatch watched;
    private final MultiGauge endpointsOut;
    private final MultiGauge generations;
    private Map<Tags, Integer> counted = Map.of();
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

    private Gateway(Sources sources, FileWatch watched, Config config, int loops, Duration openLimit) {
        this.sources = sources;
        this.watched = watched;
        meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        watch = new HookWatch(meters, HOOK_WARN, HOOK_INTERRUPT);
        vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(loops)
                .setDisableTCCL(true)
                .setFileSystemOptions(new FileSystemOptions().setFileCachingEnabled(false)));
        services = Services.of(config.listen().limits(), blocking, new Telemetry(meters), new AccessLog(), embeddings);
        endpoints = new EndpointRegistry(meters, System::nanoTime);
        checks = new EndpointChecks(vertx, (to, request) -> anyLoop().call(to, request));
        state = store(config.state());
        stores = new StateStores(state, config.state().redis(), vertx, meters);
        publisher = new Publisher(
                sources,
                new SnapshotBuilder(services, this::anyLoop, stores, endpoints, builderThread, openLimit),
                this::follow,
                snapshot -> verticles.forEach(verticle -> verticle.loop().expire(snapshot)));
        meters.gauge(
                "sluice_snapshot_generation",
                this,
                g -> g.snapshot() == null ? 0 : g.snapshot().number());
        meters.gauge("sluice_config_valid", this, g -> g.publisher.problems().isEmpty() ? 1 : 0);
        endpointsOut = MultiGauge.builder("sluice_endpoints_out").register(meters);
        generations = MultiGauge.builder("sluice_plugin_generations").register(meters);
    }

    /**
     * Starts a gateway and waits until it serves; not from an event loop. From then on it follows its sources: what
     * changes there is published, if it can be.
     *
     * @param sources closed with the gateway
     * @throws StartException if the config has problems, a filter cannot be opened or a port cannot be bound; nothing is
     *     left running
     */
    public static Gateway start(Sources sources) throws StartException {
        return start(sources, Runtime.getRuntime().availableProcessors());
    }

    /** As {@link #start(Sources)}, on that many event loops. */
    public static Gateway start(Sources sources, int loops) throws StartException {
        return start(sources, loops, OPEN_LIMIT);
    }

    /**
     * As {@link #start(Sources)}, on that many event loops.
     *
     * @param openLimit how long a filter's {@code open} may take; 30 s in the other methods
     */
    public static Gateway start(Sources sources, int loops, Duration openLimit) throws StartException {
        FileWatch watched = new FileWatch();
        watched.watch(Set.of(sources.file().toAbsolutePath()), sources.directories());
        ConfigLoader.Result result;
        do {
            result = sources.read();
        } while (watched.watch(result.files(), sources.directories()));
        if (result instanceof Broken broken) {
            sources.close();
            throw new StartException(broken.problems());
        }
        Config config = ((Loaded) result).config();
        Gateway gateway = new Gateway(sources, watched, config, loops, openLimit);
        try {
            gateway.open(config, loops);
            return gateway;
        } catch (StartException | RuntimeException e) {
            gateway.close();
            throw e;
        }
    }

    private StateStore store(Config.State where) {
        RedisConfig redis = where.redis();
        return redis == null ? MemoryStore.ofBytes(STATE_BYTES) : RedisStore.open(vertx, redis, meters);
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
        if (state instanceof RedisStore redis) {
            // So that filters which ask it while they open are not refused; it may be away for all that.
            await(redis.tried(), config, "the shared state cannot be looked for");
        }
        List<Problem> problems = publisher.start(config);
        if (!problems.isEmpty()) {
            throw new StartException(problems);
        }
        List<Future<Integer>> bound = new ArrayList<>();
        for (LoopVerticle verticle : verticles) {
            bound.add(verticle.listen(services, publisher::current, config.listen()));
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
        every(LOOK_MILLIS, builderThread, this::look);
        every(LEAK_LOOK_MILLIS, leakThread, () -> sources.leaks().look());
    }

    private static void every(long millis, ScheduledExecutorService thread, Runnable task) {
        var unused = thread.scheduleWithFixedDelay(task, millis, millis, TimeUnit.MILLISECONDS);
    }

    // Following the sources; all on the builder's thread.

    private void look() {
        try {
            if (watched.look()) {
                reloadNow();
            }
            publisher.tick();
            countGenerations();
        } catch (Throwable e) {
            // One that gets out would end the looking for good.
            LOG.warn(
                    "the config and the plugins could not be looked at; the next look is due in {} ms", LOOK_MILLIS, e);
        }
    }

    private Reload reloadNow() {
        Reload reload = publisher.reload(files -> watched.watch(files, sources.directories()));
        meters.counter("sluice_reloads_total", "result", reload.published() ? "published" : "refused")
                .increment();
        return reload;
    }

    private void countGenerations() {
        Map<Tags, Integer> counts = new HashMap<>();
        for (PluginGeneration live : publisher.catalog().generations()) {
            count(counts, live.id(), "live");
        }
        for (PluginGeneration draining : drainingGenerations()) {
            count(counts, draining.id(), "draining");
        }
        for (Leak leak : sources.leaks().leaks()) {
            count(counts, leak.plugin(), "leaked");
        }
        if (!counts.equals(counted)) {
            counted = counts;
            List<MultiGauge.Row<?>> rows = new ArrayList<>();
            counts.forEach((tags, count) -> rows.add(MultiGauge.Row.of(tags, count)));
            generations.register(rows, true);
        }
    }

    private static void count(Map<Tags, Integer> counts, String plugin, String state) {
        counts.merge(Tags.of("plugin", plugin, "state", state), 1, Integer::sum);
    }

    @Override
    public CompletableFuture<Reload> reload() {
        return CompletableFuture.supplyAsync(
                () -> {
                    // What has changed so far is read now; a look that found it, too, would read it once more.
                    watched.take();
                    return reloadNow();
                },
                builderThread);
    }

    @Override
    public CompletableFuture<Optional<Reload>> rollBack(String plugin) {
        return CompletableFuture.supplyAsync(
                () -> {
                    if (!sources.rollBack(plugin, publisher.catalog())) {
                        return Optional.empty();
                    }
                    Reload reload = reloadNow();
                    if (!reload.changed(plugin)) {
                        // What was there before cannot run with the config of today.
                        sources.forgetRollBack(plugin);
                        reloadNow();
                    }
                    return Optional.of(reload);
                },
                builderThread);
    }

    private static ScheduledExecutorService daemon(String name) {
        return Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
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

    private void follow(Snapshot snapshot) {
        Map<ProviderConfig, Endpoints> providers = new HashMap<>();
        snapshot.providers().values().forEach(p -> providers.put(p.settings(), p.balanced()));
        endpoints.keep(providers.values());
        checks.follow(providers);
        List<MultiGauge.Row<?>> rows = new ArrayList<>();
        snapshot.providers()
                .values()
                .forEach(p -> rows.add(MultiGauge.Row.of(Tags.of("provider", p.name()), p.balanced(), Endpoints::out)));
        endpointsOut.register(rows, true);
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
        return publisher.current();
    }

    @Override
    public PluginCatalog catalog() {
        return publisher.catalog();
    }

    @Override
    public List<Refused> refused() {
        return publisher.refused();
    }

    @Override
    public List<Problem> problems() {
        return publisher.problems();
    }

    @Override
    public List<String> needRestart() {
        return publisher.needRestart();
    }

    @Override
    public List<Snapshot> draining() {
        return publisher.draining();
    }

    @Override
    public Set<PluginGeneration> drainingGenerations() {
        Set<PluginGeneration> all = new LinkedHashSet<>();
        publisher.draining().forEach(snapshot -> all.addAll(snapshot.generations()));
        all.removeAll(publisher.catalog().generations());
        return all;
    }

    @Override
    public Set<PluginGeneration> rolledBack() {
        return publisher.rolledBack();
    }

    @Override
    public List<Leak> leaks() {
        return sources.leaks().leaks();
    }

    /** How many generations are unloaded, and neither collected yet nor leaked. */
    public int unloading() {
        return sources.leaks().waiting();
    }

    @Override
    public List<Reload> reloads() {
        return publisher.reloads();
    }

    @Override
    public String scrape() {
        return meters.scrape();
    }

    @Override
    public Optional<HostScope> filter(String route, String name) {
        return publisher.open().values().stream()
                .filter(f -> f.identity().route().equals(route)
                        && f.identity().filter().equals(name))
                .map(OpenFilter::scope)
                .findFirst();
    }

    /**
     * Shuts down gracefully: not ready any more, no new connections, what is under way finishes or its time
     * ({@code drain.shutdown}) runs out.
     *
     * @return whether everything finished in time
     */
    public boolean shutdown() {
        ready = false;
        Snapshot serving = publisher.current();
        Duration limit =
                serving == null ? Duration.ZERO : serving.config().drain().shutdown();
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
        List<Snapshot> ending = new ArrayList<>(publisher.draining());
        Snapshot last = endPublishing();
        if (last != null) {
            ending.add(last);
        }
        for (Snapshot snapshot : ending) {
            whole &= ends(snapshot.ended(), deadline);
        }
        close();
        return whole;
    }

    /** No reload publishes anything any more; the snapshot that served last, or null. */
    private @Nullable Snapshot endPublishing() {
        ready = false;
        try {
            return builderThread.submit(publisher::end).get(5, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException | RejectedExecutionException e) {
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
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
        endPublishing();
        stores.close();
        try {
            vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            // Nothing can be done about it any more, and the process is about to end.
            watch.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        watch.close();
        leakThread.shutdownNow();
        builderThread.shutdown();
        try {
            if (!builderThread.awaitTermination(5, TimeUnit.SECONDS)) {
                builderThread.shutdownNow();
                var unused = builderThread.awaitTermination(5, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        blocking.close();
        embeddings.close();
        sources.close();
        meters.close();
    }
}
