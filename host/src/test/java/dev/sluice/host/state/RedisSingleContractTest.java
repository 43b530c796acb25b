package dev.sluice.host.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class RedisSingleContractTest extends StateContract {
    private static RealRedis redis;
    private static Vertx vertx;
    private static RedisStore store;

    @BeforeAll
    static void start() throws Exception {
        redis = RealRedis.start();
        vertx = Vertx.vertx();
        store = RedisStore.open(vertx, RedisConfigs.single(redis.port()), new SimpleMeterRegistry());
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

    @Test
    void otherNodesSeeItToo() {
        assertThat(store.of("f", 1).isShared()).isTrue();
        assertThat(MemoryStore.ofBytes(1 << 20).of("f", 1).isShared()).isFalse();
    }
}
