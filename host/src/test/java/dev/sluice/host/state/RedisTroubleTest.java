package dev.sluice.host.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.api.SharedState;
import dev.sluice.host.config.RedisConfig;
import dev.sluice.host.config.RedisConfig.Login;
import dev.sluice.host.config.RedisConfig.Mode;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever is wrong with Redis: operations fail in time and say why, nothing reaches an event loop, all comes back. */
@Timeout(60)
class RedisTroubleTest {
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration SOON = Duration.ofSeconds(15);
    private static final String HELLO = "+OK\r\n";

    private final ConcurrentLinkedQueue<Throwable> uncaught = new ConcurrentLinkedQueue<>();
    private final Vertx vertx = Vertx.vertx().exceptionHandler(uncaught::add);
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private RedisStore store;

    private SharedState open(RedisConfig config) throws Exception {
        store = RedisStore.open(vertx, config, meters);
        store.tried().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        return store.of("f", 1);
    }

    private SharedState fake(Mode mode, Function<String, @Nullable String> answers) throws Exception {
        FakeRedis fake = own(new FakeRedis(answers));
        return open(RedisConfigs.of(mode, mode == Mode.SENTINEL ? "m" : null, Login.NONE, fake.port()));
    }

    private <T extends AutoCloseable> T own(T resource) {
        opened.add(resource);
        return resource;
    }

    @AfterEach
    void close() throws Exception {
        if (store != null) {
            store.close();
        }
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        for (AutoCloseable resource : opened) {
            resource.close();
        }
        assertThat(uncaught).isEmpty();
    }

    private static String failure(CompletionStage<?> stage) throws Exception {
        try {
            Object value = stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
            throw new AssertionError("no failure, but " + value);
        } catch (ExecutionException e) {
            assertThat(e.getCause()).isInstanceOf(StateException.class);
            return e.getCause().getMessage();
        }
    }

    private long count(String operation, String result) {
        Timer timer = meters.find("sluice_state_operation_duration")
                .tags("operation", operation, "result", result)
                .timer();
        return timer == null ? 0 : timer.count();
    }

    private double up() {
        return meters.get("sluice_state_up").gauge().value();
    }

    @Test
    void recoversWhenRedisIsKilledAndStartedAgain() throws Exception {
        RealRedis redis = own(RealRedis.start());
        SharedState state = open(RedisConfigs.single(redis.port()));
        StateContract.done(state.put("a", "1", HOUR));
        assertThat(up()).isEqualTo(1);
        assertThat(count("put", "ok")).isEqualTo(1);
        for (int round = 1; round <= 2; round++) {
            redis.kill();
            List<CompletionStage<?>> under = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                under.add(state.add("n", 1, HOUR));
            }
            for (CompletionStage<?> stage : under) {
                assertThat(failure(stage)).startsWith("the shared state on Redis (127.0.0.1:" + redis.port());
            }
            await().atMost(SOON).until(() -> !store.isUp());
            assertThat(up()).isZero();
            CompletableFuture<?> refused = state.get("a").toCompletableFuture();
            assertThat(refused).as("fails at once").isCompletedExceptionally();
            assertThat(count("get", "refused")).isPositive();
            redis.restart();
            await().atMost(SOON).until(store::isUp);
            StateContract.done(state.put("a", "2", HOUR));
            assertThat(StateContract.done(state.add("after" + round, 1, HOUR))).isEqualTo(1);
            assertThat(up()).isEqualTo(1);
        }
    }

    @Test
    void scriptsAreLoadedAgainWhereRedisHasForgottenThem() throws Exception {
        RealRedis redis = own(RealRedis.start());
        SharedState state = open(RedisConfigs.single(redis.port()));
        assertThat(StateContract.done(state.add("n", 1, HOUR))).isEqualTo(1);
        redis.send("SCRIPT FLUSH");
        assertThat(StateContract.done(state.add("n", 1, HOUR))).isEqualTo(2);
        assertThat(count("add", "ok")).isEqualTo(2);
    }

    @Test
    void aConnectionThatRedisClosesIsMadeAgain() throws Exception {
        RealRedis redis = own(RealRedis.start());
        SharedState state = open(RedisConfigs.single(redis.port()));
        redis.send("CLIENT KILL TYPE normal");
        await().atMost(SOON).untilAsserted(() -> StateContract.done(state.put("a", "1", HOUR)));
    }

    @Test
    void saysThatThePasswordIsMissingOrWrong() throws Exception {
        RealRedis redis = own(RealRedis.startWithPassword("s3cr3t-and-long"));
        SharedState without = open(RedisConfigs.single(redis.port()));
        assertThat(failure(without.get("a"))).contains("NOAUTH Authentication required");
        store.close();
        SharedState wrong = open(RedisConfigs.of(Mode.SINGLE, null, new Login(null, "wr0ng-and-long"), redis.port()));
        assertThat(failure(wrong.get("a"))).contains("WRONGPASS").doesNotContain("wr0ng");
        store.close();
        SharedState right =
                open(RedisConfigs.of(Mode.SINGLE, null, new Login("default", "s3cr3t-and-long"), redis.port()));
        StateContract.done(right.put("a", "1", HOUR));
    }

    @Test
    void usesTheDatabaseThatIsNamed() throws Exception {
        RealRedis redis = own(RealRedis.start());
        RedisConfig zero = RedisConfigs.single(redis.port());
        SharedState state = open(new RedisConfig(
                zero.mode(),
                zero.nodes(),
                null,
                Login.NONE,
                Login.NONE,
                3,
                false,
                null,
                "own:",
                zero.timeout(),
                zero.connectTimeout(),
                1));
        StateContract.done(state.put("a", "1", HOUR));
        assertThat(redis.send("EXISTS own:{f/1}a")).isEqualTo(":0");
        redis.send("SWAPDB 0 3");
        assertThat(redis.send("EXISTS own:{f/1}a")).isEqualTo(":1");
    }

    @Test
    void whatIsRefusedForLackOfMemoryFailsAloneAndIsCounted() throws Exception {
        RealRedis redis = own(RealRedis.start("--maxmemory", "1mb", "--maxmemory-policy", "noeviction"));
        SharedState state = open(RedisConfigs.single(redis.port()));
        redis.send("CONFIG SET maxmemory 1");
        assertThat(failure(state.put("a", "1", HOUR))).contains("OOM command not allowed");
        assertThat(failure(state.add("a", 1, HOUR))).contains("OOM command not allowed");
        assertThat(StateContract.done(state.get("a"))).isEqualTo(Optional.empty());
        assertThat(count("put", "failed")).isEqualTo(1);
        assertThat(up()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "HTTP/1.1 400 Bad Request\\r\\n\\r\\n | does not speak Redis's protocol",
                "$abc\\r\\n | does not speak Redis's protocol",
                "*-5\\r\\n | does not speak Redis's protocol",
                "nonsense without an end of line | no connection within 1000 ms",
                "-LOADING Redis is loading\\r\\n | LOADING Redis is loading",
                "-ERR max number of clients reached\\r\\n | ERR max number of clients reached",
                "CLOSE | closed",
                "SILENCE | no connection within 1000 ms"
            })
    void saysWhatIsWrongWithWhatAnswersThere(String answer, String message) throws Exception {
        String sent = answer.replace("\\r", "\r").replace("\\n", "\n").trim() + (answer.contains("\\n") ? "\r\n" : "");
        SharedState state =
                fake(Mode.SINGLE, came -> answer.equals("CLOSE") ? "" : answer.equals("SILENCE") ? null : sent);
        assertThat(failure(state.get("a"))).contains(message);
        assertThat(up()).isZero();
        assertThat(count("get", "refused")).isEqualTo(1);
    }

    @Test
    void loadingIsNotTakenForWorking() throws Exception {
        SharedState state =
                fake(Mode.SINGLE, came -> came.contains("hello") ? HELLO : "-LOADING Redis is loading the dataset\r\n");
        assertThat(failure(state.get("a"))).contains("LOADING Redis is loading the dataset");
        assertThat(up()).isZero();
    }

    @Test
    void aReplicaIsNotTakenForAMaster() throws Exception {
        SharedState state = fake(
                Mode.SINGLE,
                came -> came.contains("hello") ? HELLO : "-READONLY You can't write against a replica\r\n");
        assertThat(failure(state.get("a"))).contains("READONLY");
    }

    @Test
    void anAnswerThatDoesNotComeFailsInTime() throws Exception {
        SharedState state = fake(Mode.SINGLE, came -> came.contains("\r\nget\r\n") ? null : HELLO);
        assertThat(failure(state.get("a"))).contains("no answer within 500 ms");
        assertThat(count("get", "timeout")).isEqualTo(1);
    }

    @Test
    void nonsenseInTheMiddleFailsTheOperation() throws Exception {
        for (String nonsense : List.of("?!\r\n\r\n", "$abc\r\n", "*1\r\n*1\r\n$x\r\n", "+OK\r\n+OK\r\n+OK\r\n")) {
            SharedState state = fake(Mode.SINGLE, came -> came.contains("\r\nget\r\n") ? nonsense : HELLO);
            if (!nonsense.startsWith("+")) {
                assertThat(failure(state.get("a"))).as(nonsense).startsWith("the shared state on Redis");
            } else {
                StateContract.done(state.get("a"));
            }
            await().atMost(SOON).untilAsserted(() -> StateContract.done(state.put("a", "1", HOUR)));
            store.close();
        }
    }

    @Test
    void slotsThatMoveWithoutEndFailTheOperation() throws Exception {
        int[] port = new int[1];
        FakeRedis fake = own(new FakeRedis(came -> {
            if (came.contains("hello")) {
                return HELLO;
            }
            return came.contains("cluster")
                    ? "*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:" + port[0] + "\r\n"
                    : came.contains("probe") ? HELLO : "-MOVED 1 127.0.0.1:" + port[0] + "\r\n";
        }));
        port[0] = fake.port();
        SharedState state = open(RedisConfigs.of(Mode.CLUSTER, null, Login.NONE, fake.port()));
        assertThat(failure(state.get("a"))).containsAnyOf("MOVED 1 127.0.0.1", "no answer within 500 ms");
        assertThat(count("get", "failed") + count("get", "timeout")).isEqualTo(1);
    }

    @Test
    void aClusterOfWhichNoNodeAnswersIsAway() throws Exception {
        RealRedis redis = own(RealRedis.start());
        SharedState state = open(RedisConfigs.of(Mode.CLUSTER, null, Login.NONE, redis.port()));
        assertThat(failure(state.get("a"))).contains("cluster support disabled");
    }

    @Test
    void sentinelsTellWhereTheMasterIs() throws Exception {
        RealRedis master = own(RealRedis.start());
        RealRedis sentinel = own(RealRedis.startSentinel("sentinel monitor m 127.0.0.1 " + master.port() + " 1\n"));
        SharedState unknown = open(RedisConfigs.of(Mode.SENTINEL, "other", Login.NONE, sentinel.port()));
        assertThat(failure(unknown.get("a")))
                .contains("sentinel 127.0.0.1:" + sentinel.port() + " knows no master 'other'");
        store.close();
        // The first address is of no sentinel at all.
        SharedState state = open(RedisConfigs.of(Mode.SENTINEL, "m", Login.NONE, master.port(), sentinel.port()));
        StateContract.done(state.put("a", "1", HOUR));
        assertThat(StateContract.done(state.get("a"))).contains("1");
    }

    @Test
    void aReplicaTakesOverWhenTheMasterDies() throws Exception {
        RealRedis master = own(RealRedis.start());
        RealRedis replica = own(RealRedis.start("--replicaof", "127.0.0.1", Integer.toString(master.port())));
        await().atMost(SOON)
                .until(() -> replica.send("ROLE") != null
                        && master.send("WAIT 1 1000").equals(":1"));
        RealRedis sentinel = own(RealRedis.startSentinel("sentinel monitor m 127.0.0.1 " + master.port()
                + " 1\nsentinel down-after-milliseconds m 500\nsentinel failover-timeout m 3000\n"));
        SharedState state = open(RedisConfigs.of(Mode.SENTINEL, "m", Login.NONE, sentinel.port()));
        StateContract.done(state.put("a", "1", HOUR));
        await().atMost(SOON).until(() -> !sentinel.send("SENTINEL REPLICAS m").equals("*0"));
        master.kill();
        await().atMost(Duration.ofSeconds(40))
                .ignoreExceptions()
                .untilAsserted(() -> StateContract.done(state.put("a", "2", HOUR)));
        assertThat(replica.send("GET sluice:{f/1}a")).isEqualTo("2");
    }

    @Test
    void whatIsUnderWayFailsWhenTheStoreCloses() throws Exception {
        SharedState state = fake(Mode.SINGLE, came -> came.contains("\r\nget\r\n") ? null : HELLO);
        CompletionStage<?> pending = state.get("a");
        store.close();
        assertThat(failure(pending)).startsWith("the shared state on Redis");
        assertThat(failure(state.get("a"))).endsWith("has failed: the gateway ends");
    }

    @Test
    void aScriptThatFailsSaysSo() throws Exception {
        RealRedis redis = own(RealRedis.start());
        SharedState state = open(RedisConfigs.single(redis.port()));
        for (String[] lua : new String[][] {
            {"return nonsense(", "Error compiling script"},
            {"return redis.call('NONSENSE')", "Unknown Redis command"},
            {"return { {'nested'} }", "returns a table with something else in it than text and numbers, at place 1"}
        }) {
            var script = dev.sluice.api.Script.of("s", 1, lua[0], (store, keys, args) -> List.of());
            assertThatThrownBy(() -> StateContract.done(state.run(script, List.of("a"), List.of())))
                    .cause()
                    .hasMessageContaining(lua[1]);
        }
        assertThat(up()).isEqualTo(1);
    }
}
