package dev.sluice.plugins.tokenratelimit;

import dev.sluice.api.Script;
import dev.sluice.api.SharedState;
import dev.sluice.host.config.RedisConfig;
import dev.sluice.host.config.RedisConfig.Login;
import dev.sluice.host.state.MemoryStore;
import dev.sluice.host.state.RealRedis;
import dev.sluice.host.state.RedisStore;
import dev.sluice.testkit.Scripts;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The script of budgets by both its forms, over the same random calls. */
@Timeout(120)
final class BudgetsOnRedisTest {
    /** Far enough apart that no call falls between two ends of reservations, whose times both forms would tell apart. */
    private static final String TTL = Long.toString(Duration.ofDays(365_000).toMillis());

    private static final Script SCRIPT =
            Script.of("budgets without times", 1, withoutTimes(Budgets.SCRIPT.lua()), (store, keys, args) -> {
                List<String> answer = new ArrayList<>(Budgets.SCRIPT.javaTwin().run(store, keys, args));
                answer.set(3, "0");
                return answer;
            });

    /** How long it is to an end depends on the moment of the call, which two stores do not share. */
    private static String withoutTimes(String lua) {
        return lua.replace("n(held), n(reset),", "n(held), '0',");
    }

    @Test
    void bothFormsAgree() throws Exception {
        Vertx vertx = Vertx.vertx();
        RedisConfig config;
        try (RealRedis redis = RealRedis.start()) {
            config = new RedisConfig(
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
                    2);
            try (RedisStore store = RedisStore.open(vertx, config, new SimpleMeterRegistry())) {
                store.tried().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
                for (int seed = 1; seed <= 5; seed++) {
                    SharedState memory = MemoryStore.ofBytes(1 << 20).of("limiter", 1);
                    Scripts.assertAgree(SCRIPT, memory, store.of("limiter", seed), seed, 200, BudgetsOnRedisTest::call);
                }
            }
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        }
    }

    private static Scripts.Call call(Random random) {
        List<String> keys = new ArrayList<>(List.of("{a}" + random.nextInt(2)));
        String check = List.of("strict", "left", "none", "strict", "add", "set").get(random.nextInt(6));
        long step = Long.parseLong(TTL) / 4;
        long end = ((System.currentTimeMillis() + Long.parseLong(TTL) + step - 1) / step) * step;
        List<String> args = new ArrayList<>(List.of(
                Long.toString(random.nextBoolean() ? 0 : 9_000_000_000_000L),
                random.nextBoolean() ? "0" : Long.toString(System.currentTimeMillis() + 3_600_000),
                TTL,
                check,
                Integer.toString(random.nextInt(2000) - 300),
                Integer.toString(random.nextInt(3) == 0 ? random.nextInt(500) : 0),
                Long.toString(end),
                Integer.toString(random.nextInt(check.equals("add") ? 4000 : 1000) - (check.equals("add") ? 2000 : 0)),
                Integer.toString(random.nextInt(1000))));
        if (random.nextInt(4) == 0) {
            keys.add("{a}i" + random.nextInt(10));
            args.add("600000");
        }
        return new Scripts.Call(keys, args);
    }
}
