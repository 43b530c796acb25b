package dev.sluice.testkit;

import dev.sluice.api.SharedState;
import dev.sluice.host.config.RedisConfig;
import dev.sluice.host.config.RedisConfig.Login;
import dev.sluice.host.config.RedisConfig.Mode;
import dev.sluice.host.config.RedisConfig.Node;
import dev.sluice.host.state.RealCluster;
import dev.sluice.host.state.RealRedis;
import dev.sluice.host.state.RedisStore;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A Redis, or a Redis Cluster of three masters, in processes of their own on free loopback ports; it comes with the kit and
 * ends with {@link #close}. A gateway is given it by {@link #config}, a script is run on it through {@link #state}.
 */
public final class TestRedis implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final List<RealRedis> nodes;
    private @Nullable Vertx vertx;
    private @Nullable RedisStore store;
    private int states;

    private TestRedis(List<RealRedis> nodes) {
        this.nodes = nodes;
    }

    /** One Redis, with these options, as on the command line of {@code redis-server}. */
    public static TestRedis single(String... options) {
        return new TestRedis(List.of(RealRedis.start(options)));
    }

    /** A cluster of three masters. */
    @SuppressWarnings("resource") // Its nodes are closed one by one.
    public static TestRedis cluster() {
        try {
            return new TestRedis(new RealCluster().nodes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The value of {@code state.redis} in a config, such as {@code state: { redis: … }}; operations may take 10 s. */
    public String config() {
        String urls = nodes.stream().map(node -> '"' + node.url() + '"').collect(Collectors.joining(", "));
        return "{ urls: [" + urls + "], mode: " + (isCluster() ? "cluster" : "single") + ", timeout: 10s }";
    }

    private boolean isCluster() {
        return nodes.size() > 1;
    }

    /**
     * An empty shared state whose scripts run on this Redis and see that clock's time; by it, time to live ends, too. Confined
     * to the test's thread.
     */
    public SharedState state(FakeClock clock) {
        return new ClockedState(store().of("test", ++states), clock);
    }

    /** As a gateway has it, by Redis's own time; what is kept under other names is not seen. */
    public SharedState state(String filter) {
        return store().of(filter, 1);
    }

    private RedisStore store() {
        RedisStore open = store;
        if (open == null) {
            Vertx made = Vertx.vertx();
            vertx = made;
            open = RedisStore.open(made, connection(), new SimpleMeterRegistry());
            store = open;
            ClockedState.await(open.tried().toCompletionStage());
        }
        return open;
    }

    private RedisConfig connection() {
        return new RedisConfig(
                isCluster() ? Mode.CLUSTER : Mode.SINGLE,
                nodes.stream().map(node -> new Node("127.0.0.1", node.port())).toList(),
                null,
                Login.NONE,
                Login.NONE,
                0,
                false,
                null,
                "sluice:",
                PATIENCE,
                PATIENCE,
                2);
    }

    /** How many keys there are, expired ones that nobody has asked for included. */
    public long size() {
        return nodes.stream()
                .mapToLong(node -> Long.parseLong(send(node, "DBSIZE").substring(1)))
                .sum();
    }

    /** Sends each node a command in one line; the first line of the first one's answer. */
    public String send(String line) {
        List<String> answers = nodes.stream().map(node -> send(node, line)).toList();
        return answers.get(0);
    }

    private static String send(RealRedis node, String line) {
        try {
            return node.send(line);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends all its processes at once; what they held is lost. */
    public void kill() {
        nodes.forEach(RealRedis::kill);
    }

    /** Starts them again on the same ports, empty. */
    public void restart() {
        nodes.forEach(RealRedis::restart);
    }

    @Override
    public void close() {
        if (store != null) {
            store.close();
        }
        if (vertx != null) {
            ClockedState.await(vertx.close().toCompletionStage());
        }
        nodes.forEach(RealRedis::close);
    }
}
