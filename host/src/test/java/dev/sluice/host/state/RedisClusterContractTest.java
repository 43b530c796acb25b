package dev.sluice.host.state;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class RedisClusterContractTest extends StateContract {
    private static RealCluster redis;
    private static Vertx vertx;
    private static RedisStore store;

    @BeforeAll
    static void start() throws Exception {
        redis = new RealCluster();
        vertx = Vertx.vertx();
        store = RedisStore.open(vertx, RedisConfigs.cluster(redis.nodes()), new SimpleMeterRegistry());
        store.tried().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @AfterAll
    static void stop() throws Exception {
        store.close();
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        redis.close();
    }

    @Override
    StateStore store() {
        return store;
    }
}
