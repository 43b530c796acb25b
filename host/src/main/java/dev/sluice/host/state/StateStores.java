package dev.sluice.host.state;

import dev.sluice.api.SharedState;
import dev.sluice.host.config.RedisConfig;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The gateway's own store, and those that filters name in its place: one for each config of a Redis, however many filters
 * have it, closed with the last of them. Thread-safe; not from an event loop.
 */
public final class StateStores implements AutoCloseable {
    private final StateStore common;
    private final @Nullable RedisConfig commonRedis;
    private final Vertx vertx;
    private final MeterRegistry meters;
    private final Map<RedisConfig, Shared> own = new HashMap<>();

    /** A state, until it is released. */
    public record Lease(SharedState state, Runnable release) {}

    private static final class Shared {
        private final RedisStore store;
        private int uses;

        Shared(RedisStore store) {
            this.store = store;
        }
    }

    /**
     * The stores of a gateway.
     *
     * @param commonRedis what the common store is on; null: none
     */
    public StateStores(StateStore common, @Nullable RedisConfig commonRedis, Vertx vertx, MeterRegistry meters) {
        this.common = common;
        this.commonRedis = commonRedis;
        this.vertx = vertx;
        this.meters = meters;
    }

    /**
     * What one filter sees of its store; a Redis that is new here is waited for until it is known whether it is there.
     *
     * @param redis its own; null: the gateway's
     */
    public Lease lease(String filter, int version, @Nullable RedisConfig redis) {
        if (redis == null || redis.equals(commonRedis)) {
            return new Lease(common.of(filter, version), () -> {});
        }
        Shared shared;
        synchronized (own) {
            shared = own.computeIfAbsent(redis, config -> new Shared(RedisStore.openOwn(vertx, config, meters)));
            shared.uses++;
        }
        awaitTried(shared.store, redis);
        return new Lease(shared.store.of(filter, version), () -> release(redis));
    }

    private static void awaitTried(RedisStore store, RedisConfig redis) {
        try {
            store.tried()
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(redis.connectTimeout().toMillis() + 1000, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            // It goes on trying, and the filter knows what to do meanwhile.
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void release(RedisConfig redis) {
        Shared last = null;
        synchronized (own) {
            Shared shared = own.get(redis);
            if (shared != null && --shared.uses == 0) {
                own.remove(redis);
                last = shared;
            }
        }
        if (last != null) {
            last.store.close();
        }
    }

    /** Closes all of them, whoever uses them. */
    @Override
    public void close() {
        common.close();
        List<Shared> left;
        synchronized (own) {
            left = List.copyOf(own.values());
            own.clear();
        }
        left.forEach(shared -> shared.store.close());
    }
}
