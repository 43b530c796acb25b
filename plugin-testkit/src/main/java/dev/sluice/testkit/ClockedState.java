package dev.sluice.testkit;

import dev.sluice.api.Script;
import dev.sluice.api.SharedState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A shared state on Redis that goes by a test's clock: scripts are given its time in place of Redis's, and what would have
 * expired by it is removed before it is touched. Every stage is complete when it is returned. Confined to the test's thread.
 */
final class ClockedState implements SharedState {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final SharedState redis;
    private final FakeClock clock;
    private final Map<String, Long> ends = new HashMap<>();
    private final Map<Script, Script> clocked = new HashMap<>();

    ClockedState(SharedState redis, FakeClock clock) {
        this.redis = redis;
        this.clock = clock;
    }

    @Override
    public CompletionStage<Long> add(String key, long delta, Duration ttl) {
        expire(key);
        long sum = await(redis.add(key, delta, ttl));
        ends.putIfAbsent(key, end(ttl));
        return CompletableFuture.completedFuture(sum);
    }

    @Override
    public CompletionStage<Optional<String>> get(String key) {
        expire(key);
        return CompletableFuture.completedFuture(await(redis.get(key)));
    }

    @Override
    public CompletionStage<Void> put(String key, String value, Duration ttl) {
        CompletionStage<Void> done = redis.put(key, value, ttl);
        var unused = await(done.thenApply(nothing -> true));
        ends.put(key, end(ttl));
        return done;
    }

    @Override
    public CompletionStage<Boolean> replace(String key, Optional<String> expected, String value, Duration ttl) {
        expire(key);
        boolean replaced = await(redis.replace(key, expected, value, ttl));
        if (replaced) {
            ends.put(key, end(ttl));
        }
        return CompletableFuture.completedFuture(replaced);
    }

    @Override
    public CompletionStage<Boolean> remove(String key) {
        expire(key);
        ends.remove(key);
        return CompletableFuture.completedFuture(await(redis.remove(key)));
    }

    @Override
    public CompletionStage<List<String>> run(Script script, List<String> keys, List<String> args) {
        keys.forEach(this::expire);
        List<String> given = new ArrayList<>(args);
        keys.forEach(key -> given.add(left(key)));
        given.add(Long.toString(clock.millis()));
        List<String> answer = await(redis.run(clocked.computeIfAbsent(script, ClockedState::clocked), keys, given));
        int own = answer.size() - keys.size();
        for (int i = 0; i < keys.size(); i++) {
            long left = Long.parseLong(answer.get(own + i));
            if (left < 0) {
                ends.remove(keys.get(i));
            } else {
                ends.put(keys.get(i), end(Duration.ofMillis(left)));
            }
        }
        return CompletableFuture.completedFuture(answer.subList(0, own));
    }

    /**
     * Takes Redis's time off the arguments, so that the test's is the last; lets keys end by the test's clock, and tells when
     * they end after it has run.
     */
    private static Script clocked(Script script) {
        String lua = "ARGV[#ARGV] = nil local time = table.remove(ARGV) for i = #KEYS, 1, -1 do "
                + "local left = table.remove(ARGV) if left ~= '' then redis.call('PEXPIRE', KEYS[i], left) end end "
                + "ARGV[#ARGV + 1] = time local made = (function() " + script.lua() + "\nend)() "
                + "if type(made) ~= 'table' then made = { made } end "
                + "for _, key in ipairs(KEYS) do made[#made + 1] = redis.call('PTTL', key) end return made";
        return Script.of(script.name(), script.version(), lua, script.javaTwin());
    }

    private String left(String key) {
        Long end = ends.get(key);
        return end == null ? "" : Long.toString((end - clock.nanos()) / 1_000_000);
    }

    private void expire(String key) {
        Long end = ends.get(key);
        if (end != null && end <= clock.nanos()) {
            ends.remove(key);
            var unused = await(redis.remove(key));
        }
    }

    private long end(Duration ttl) {
        return clock.nanos() + ttl.toNanos();
    }

    static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IllegalStateException("the state failed", e.getCause());
        } catch (TimeoutException e) {
            throw new IllegalStateException("the state has not answered within " + PATIENCE, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
