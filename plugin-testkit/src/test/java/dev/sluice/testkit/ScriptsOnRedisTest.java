package dev.sluice.testkit;

import dev.sluice.api.Script;
import dev.sluice.host.config.RedisConfig;
import dev.sluice.host.config.RedisConfig.Login;
import dev.sluice.host.state.MemoryStore;
import dev.sluice.host.state.RealRedis;
import dev.sluice.host.state.RedisStore;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ScriptsOnRedisTest {
    private static final Script LIMIT = Script.of("limit", 1, """
            local used = tonumber(redis.call('GET', KEYS[1]) or '0')
            if used >= tonumber(ARGV[1]) then return { 'no', used } end
            if used == 0 then redis.call('SET', KEYS[1], '0', 'PX', 3600000) end
            return { redis.call('INCRBY', KEYS[1], 2) }
            """, (store, keys, args) -> {
        String held = store.get(keys.get(0));
        long used = held == null ? 0 : Long.parseLong(held);
        if (used >= Long.parseLong(args.get(0))) {
            return List.of("no", Long.toString(used));
        }
        if (used == 0) {
            store.set(keys.get(0), "0", Duration.ofHours(1));
        }
        return List.of(Long.toString(store.incrBy(keys.get(0), 2)));
    });

    private static Scripts.Call next(Random random) {
        return new Scripts.Call(List.of("k" + random.nextInt(3)), List.of(Integer.toString(1 + random.nextInt(20))));
    }

    @Test
    void bothFormsAgreeOnRealRedis() throws Exception {
        Vertx vertx = Vertx.vertx();
        try (RealRedis redis = RealRedis.start();
                RedisStore store = RedisStore.open(
                        vertx,
                        new RedisConfig(
                                RedisConfig.Mode.SINGLE,
                                List.of(new RedisConfig.Node("127.0.0.1", redis.port())),
                                null,
                                Login.NONE,
                                Login.NONE,
                                0,
                                false,
                                null,
                                "sluice:",
                                Duration.ofSeconds(5),
                                Duration.ofSeconds(5),
                                2),
                        new SimpleMeterRegistry())) {
            store.tried().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
            for (int seed = 1; seed <= 10; seed++) {
                Scripts.assertAgree(
                        LIMIT,
                        MemoryStore.ofBytes(1 << 20).of("limiter", 1),
                        store.of("limiter", seed),
                        seed,
                        100,
                        ScriptsOnRedisTest::next);
            }
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        }
    }
}
