package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.Script;
import dev.sluice.api.SharedState;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ScriptsOnRedisTest {
    /** So many in ten seconds from the first. */
    private static final Script LIMIT = Script.of("limit", 1, """
            local used = tonumber(redis.call('GET', KEYS[1]) or '0')
            if used >= tonumber(ARGV[1]) then return { 'no', used, ARGV[2] } end
            if used == 0 then redis.call('SET', KEYS[1], '0', 'PX', 10000) end
            return { redis.call('INCRBY', KEYS[1], 2) }
            """, (store, keys, args) -> {
        String held = store.get(keys.get(0));
        long used = held == null ? 0 : Long.parseLong(held);
        if (used >= Long.parseLong(args.get(0))) {
            return List.of("no", Long.toString(used), Long.toString(store.now()));
        }
        if (used == 0) {
            store.set(keys.get(0), "0", Duration.ofSeconds(10));
        }
        return List.of(Long.toString(store.incrBy(keys.get(0), 2)));
    });

    private static TestRedis redis;

    @BeforeAll
    static void start() {
        redis = TestRedis.single();
    }

    @AfterAll
    static void stop() {
        redis.close();
    }

    @Test
    void bothFormsAgreeOnRealRedisWhileTimePasses() {
        for (int seed = 1; seed <= 10; seed++) {
            FakeClock clock = new FakeClock();
            Scripts.assertAgree(
                    LIMIT, new FakeScope(clock).shared(), redis.state(clock), seed, 100, random -> next(random, clock));
        }
    }

    private static Scripts.Call next(Random random, FakeClock clock) {
        // Never to the millisecond at which something ends, which Redis's own clock may have left behind.
        clock.advance(Duration.ofMillis(random.nextInt(4) * 777L));
        return new Scripts.Call(List.of("k" + random.nextInt(3)), List.of(Integer.toString(1 + random.nextInt(20))));
    }

    @Test
    void aFormThatForgetsTheTimeToLiveIsFound() {
        Script wrong = Script.of("limit", 1, LIMIT.lua().replace("'PX', 10000", "'PX', 20000"), LIMIT.javaTwin());
        FakeClock clock = new FakeClock();
        SharedState memory = new FakeScope(clock).shared();
        assertThatThrownBy(() ->
                        Scripts.assertAgree(wrong, memory, redis.state(clock), 1, 100, random -> next(random, clock)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("script 'limit', seed 1, call ");
    }

    @Test
    void whatIsKeptOnRedisEndsByTheTestsClock() throws Exception {
        FakeClock clock = new FakeClock();
        SharedState state = redis.state(clock);
        Duration minute = Duration.ofMinutes(1);
        state.put("put", "1", minute).toCompletableFuture().join();
        state.add("added", 1, minute).toCompletableFuture().join();
        state.replace("replaced", Optional.empty(), "1", minute)
                .toCompletableFuture()
                .join();
        clock.advance(Duration.ofSeconds(30));
        assertThat(state.add("added", 1, minute).toCompletableFuture().join()).isEqualTo(2);
        clock.advance(Duration.ofSeconds(30));
        assertThat(state.get("put").toCompletableFuture().join()).isEmpty();
        assertThat(state.add("added", 1, minute).toCompletableFuture().join()).isEqualTo(1);
        assertThat(state.replace("replaced", Optional.empty(), "2", minute)
                        .toCompletableFuture()
                        .join())
                .isTrue();
        assertThat(state.remove("replaced").toCompletableFuture().join()).isTrue();
    }

    @Test
    void aGatewayIsGivenIt() {
        try (TestGateway gateway = TestGateway.with()
                .config("state: { redis: " + redis.config() + " }\n"
                        + "routes: [{ name: r, upstream: \"http://127.0.0.1:1\" }]")
                .start()) {
            assertThat(gateway.admin("/metrics").body()).contains("sluice_state_up 1.0");
        }
    }
}
