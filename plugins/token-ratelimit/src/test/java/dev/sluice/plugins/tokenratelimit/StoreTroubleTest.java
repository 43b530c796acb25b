package dev.sluice.plugins.tokenratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.host.state.FakeRedis;
import dev.sluice.testkit.TestRedis;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever is wrong with Redis: requests are judged all the same as the route says, at once, and it is counted. */
@Tag("long")
@Timeout(120)
final class StoreTroubleTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String FAILURES = "sluice_token_ratelimit_store_failures_total";
    private static final String OK = "+OK\r\n";

    private static String chain(String onStoreFailure) {
        return "token-ratelimit: { onStoreFailure: " + onStoreFailure
                + ", storeTimeout: 100ms, localShare: 0.5, rules: [ " + "{ name: calls, requests: 4, window: 1h } ] }";
    }

    private static String at(int port, String more) {
        return "{ urls: \"redis://127.0.0.1:" + port + "\", connectTimeout: 500ms, " + more + " }";
    }

    /** Two pass by this node's half of four, or all, or none. */
    private static void judgedAs(Fleet fleet, String onStoreFailure) {
        for (int i = 1; i <= 3; i++) {
            HttpResponse<String> answer = fleet.chat();
            switch (onStoreFailure) {
                case "local" -> assertThat(answer.statusCode()).isEqualTo(i <= 2 ? 200 : 429);
                case "allow" -> assertThat(answer.statusCode()).isEqualTo(200);
                default -> {
                    assertThat(answer.statusCode()).isEqualTo(503);
                    assertThat(answer.body()).contains("overloaded", "limits cannot be checked at the moment");
                }
            }
        }
        assertThat(fleet.metric(FAILURES)).isPositive();
    }

    @ParameterizedTest
    @CsvSource({"local", "allow", "deny"})
    void aWrongPasswordIsAStoreThatIsAway(String onStoreFailure) throws Exception {
        try (TestRedis redis = TestRedis.single("--requirepass", "right-and-long");
                Fleet fleet = new Fleet()
                        .start(
                                1,
                                redis.config().replace("redis://", "redis://:wrong-and-long@"),
                                chain(onStoreFailure))) {
            judgedAs(fleet, onStoreFailure);
            assertThat(fleet.metric("sluice_state_up")).isZero();
        }
    }

    @Test
    void aRedisWithoutMemoryIsStoodInForUntilItHasSome() throws Exception {
        try (TestRedis redis = TestRedis.single("--maxmemory-policy", "noeviction");
                Fleet fleet = new Fleet().start(1, redis.config(), chain("local"))) {
            redis.send("CONFIG SET maxmemory 1");
            judgedAs(fleet, "local");
            assertThat(fleet.metric("sluice_state_up"))
                    .as("it refuses writes alone")
                    .isEqualTo(1);
            redis.send("CONFIG SET maxmemory 0");
            await().atMost(PATIENCE).until(() -> fleet.chat().statusCode() == 200);
            assertThat(redis.state("token-ratelimit")
                            .get("{calls|}rs3600000")
                            .toCompletableFuture()
                            .join())
                    .isPresent();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "local | HTTP/1.1 400 Bad Request",
                "allow | $abc",
                "deny  | *1",
                "local | +OK",
                "allow | *2\\r\\n$1\\r\\n1\\r\\n$5\\r\\nwords",
                "deny  | *7\\r\\n:1\\r\\n$5\\r\\nwords\\r\\n:0\\r\\n:0\\r\\n:0\\r\\n:0\\r\\n:0",
                "local | -READONLY You can't write against a read only replica.",
                "allow | -ERR user_script:1: no",
                "deny  | -LOADING Redis is loading the dataset in memory",
                "local | SILENCE",
                "allow | CLOSE"
            })
    void whateverItAnswersRequestsAreJudged(String onStoreFailure, String answer) throws Exception {
        String said = answer.replace("\\r", "\r").replace("\\n", "\n") + "\r\n";
        Function<String, @Nullable String> answers = came ->
                !came.contains("eval") ? OK : answer.equals("SILENCE") ? null : answer.equals("CLOSE") ? "" : said;
        // An operation may take a minute, a request waits for 100 ms of it.
        try (FakeRedis redis = new FakeRedis(answers);
                Fleet fleet = new Fleet().start(1, at(redis.port(), "timeout: 60s"), chain(onStoreFailure))) {
            judgedAs(fleet, onStoreFailure);
        }
    }

    @Test
    void slotsThatMoveWithoutEndAreAStoreThatIsAway() throws Exception {
        int[] port = new int[1];
        try (FakeRedis redis = new FakeRedis(came -> {
            if (came.contains("cluster")) {
                return "*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:" + port[0] + "\r\n";
            }
            return came.contains("eval") ? "-MOVED 1 127.0.0.1:" + port[0] + "\r\n" : OK;
        })) {
            port[0] = redis.port();
            try (Fleet fleet = new Fleet().start(1, at(redis.port(), "mode: cluster"), chain("local"))) {
                judgedAs(fleet, "local");
            }
        }
    }
}
