package dev.sluice.bench.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestRedis;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A thousand requests at once at three processes of the distribution, against a limit that a hundred would use up. */
@Tag("long")
@Timeout(180)
class LimitProcessesTest {
    private static final Path PROGRAM = Path.of("../host/target/sluice/bin/sluice");
    private static final int LIMIT = 1000;
    private static final int COST = 10;
    private static final String ANSWER = "{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":"
            + "{\"role\":\"assistant\",\"content\":\"Hello\"},\"finish_reason\":\"stop\"}],"
            + "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":7}}";

    @Test
    void onOneRedis() throws Exception {
        try (TestRedis redis = TestRedis.single()) {
            neverOvershoot(redis);
        }
    }

    @Test
    void onACluster() throws Exception {
        try (TestRedis redis = TestRedis.cluster()) {
            neverOvershoot(redis);
        }
    }

    private static void neverOvershoot(TestRedis redis) throws Exception {
        assumeTrue(Files.isExecutable(PROGRAM), "the distribution is built by 'mvn package'");
        List<Distribution> gateways = new ArrayList<>();
        try (BrokenUpstream upstream = BrokenUpstream.start()) {
            upstream.always(request -> Answer.json(200, ANSWER));
            String config = """
                    state: { redis: %s }
                    providers: { p: { type: openai, baseUrl: "%s" } }
                    routes:
                      - name: r
                        filters:
                          - token-ratelimit:
                              { storeTimeout: 60s, onStoreFailure: deny, rules: [ { name: all, tokens: %d, window: 1h } ] }
                          - ai-proxy: { provider: p }
                    """.formatted(redis.config(), upstream.uri(), LIMIT);
            for (int i = 0; i < 3; i++) {
                gateways.add(Distribution.start(PROGRAM, config));
            }
            HttpClient client =
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
            List<CompletableFuture<Integer>> statuses = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                URI uri = gateways.get(i % 3).uri().resolve("v1/chat/completions");
                HttpRequest request = HttpRequest.newBuilder(uri)
                        .header("content-type", "application/json")
                        .POST(
                                HttpRequest.BodyPublishers.ofString(
                                        "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}"))
                        .build();
                statuses.add(
                        client.sendAsync(request, BodyHandlers.ofString()).thenApply(answer -> answer.statusCode()));
            }
            assertThat(statuses).allSatisfy(status -> assertThat(status.join()).isIn(200, 429));
            long served =
                    statuses.stream().filter(status -> status.join() == 200).count();
            assertThat(served).isEqualTo(upstream.requests().size()).isPositive();
            assertThat(served * COST).isLessThanOrEqualTo(LIMIT);
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(kept(redis))
                            .as("what was used, and nothing reserved")
                            .isEqualTo(served * COST));
        } finally {
            gateways.forEach(Distribution::close);
        }
    }

    /** What is kept of the limit; -1 while something is reserved. */
    private static long kept(TestRedis redis) {
        String kept = redis.state("token-ratelimit")
                .get("{all|}ts3600000")
                .toCompletableFuture()
                .join()
                .orElse("");
        return kept.contains("r")
                ? -1
                : Pattern.compile("u\\d+:(\\d+)")
                        .matcher(kept)
                        .results()
                        .mapToLong(entry -> Long.parseLong(entry.group(1)))
                        .sum();
    }
}
