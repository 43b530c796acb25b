package dev.sluice.plugins.tokenratelimit;

import dev.sluice.testkit.FakeClock;
import dev.sluice.testkit.FakeScope;
import dev.sluice.testkit.Scripts;
import dev.sluice.testkit.TestRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The script by both its forms, over the same random calls. */
@Timeout(120)
final class WindowsOnRedisTest {

    @Test
    void bothFormsAgreeOnRedis() {
        try (TestRedis redis = TestRedis.single()) {
            agree(redis, 4, 100);
        }
    }

    @Test
    @Tag("long")
    void bothFormsAgreeOnACluster() {
        try (TestRedis redis = TestRedis.cluster()) {
            agree(redis, 2, 100);
        }
    }

    @Test
    @Tag("long")
    void bothFormsAgreeForLong() {
        try (TestRedis redis = TestRedis.single()) {
            agree(redis, 100, 200);
        }
    }

    private static void agree(TestRedis redis, int seeds, int calls) {
        for (int seed = 1; seed <= seeds; seed++) {
            FakeClock clock = new FakeClock();
            // Each group in a slot of its own.
            String group = "{" + seed + "}";
            Scripts.assertAgree(
                    Windows.SCRIPT,
                    new FakeScope(clock).shared(),
                    redis.state(clock),
                    seed,
                    calls,
                    random -> call(random, clock, group));
        }
    }

    /** Anything that a request may do to three limits, on a clock that is set now and then; some of it repeated. */
    private static Scripts.Call call(Random random, FakeClock clock, String group) {
        clock.advance(Duration.ofMillis(random.nextInt(3000)));
        if (random.nextInt(20) == 0) {
            clock.set(Duration.ofMillis(random.nextInt(200_000) - 100_000L));
        }
        List<String> keys = new ArrayList<>();
        List<String> args = new ArrayList<>();
        for (String algorithm : List.of("s", "f", "b")) {
            long limit = 50 + random.nextInt(3) * 25L;
            long step = 150_000 / 4;
            long end = (clock.millis() + 150_000 + step - 1) / step * step - step * random.nextInt(3);
            keys.add(group + algorithm);
            args.add(algorithm);
            args.addAll(List.of(Long.toString(limit), "30000", Long.toString(limit + random.nextInt(20))));
            args.add(List.of("strict", "once", "none", "over").get(random.nextInt(4)));
            args.add("150000");
            args.add(Integer.toString(random.nextInt(20) - 5));
            args.add(Integer.toString(random.nextInt(10)));
            args.add(Long.toString(end));
            args.add(Integer.toString(random.nextInt(20)));
            args.add(Integer.toString(random.nextInt(3)));
            args.add(Integer.toString(random.nextInt(20)));
        }
        if (random.nextBoolean()) {
            keys.add(group + "i" + random.nextInt(10));
            args.add("20001");
        }
        return new Scripts.Call(keys, args);
    }
}
