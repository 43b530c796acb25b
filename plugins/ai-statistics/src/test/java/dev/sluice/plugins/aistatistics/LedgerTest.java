package dev.sluice.plugins.aistatistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.plugins.keyauth.KeyAuth;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.Received;
import dev.sluice.testkit.TestGateway;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Many calls of all kinds against upstreams that keep a ledger of what they report. What an upstream reported counts,
 * also where the client then left; where it had not reported by then, the estimate is counted apart, as estimated; a whole
 * answer that the client did not wait for counts nothing.
 */
final class LedgerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final List<String> CONSUMERS = List.of("alice", "bob", "carol");
    private static final int CALLS = 320;
    private static final Pattern SAID = Pattern.compile("consumer=(\\w+) call=(\\d+) kind=(\\w+)");

    /** What happens in a call. */
    private enum Kind {
        JSON,
        STREAM,
        TOOLS,
        TOOL_STREAM,
        ERROR,
        /** The client leaves a stream whose usage was reported with its pieces, or its beginning. */
        LEFT_REPORTED,
        /** It leaves a stream that has reported nothing. */
        LEFT_UNREPORTED,
        /** It leaves before there is an answer. */
        LEFT_EARLY
    }

    private final Map<String, AtomicLong> ledger = new ConcurrentHashMap<>();
    private final Map<String, AtomicLong> unreported = new ConcurrentHashMap<>();

    private void reported(String consumer, long input, long output) {
        add(ledger, consumer + " input", input);
        add(ledger, consumer + " output", output);
    }

    private static void add(Map<String, AtomicLong> sums, String what, long tokens) {
        sums.computeIfAbsent(what, w -> new AtomicLong()).addAndGet(tokens);
    }

    private static long of(Map<String, AtomicLong> sums, String what) {
        AtomicLong sum = sums.get(what);
        return sum == null ? 0 : sum.get();
    }

    private record Call(String consumer, int number, Kind kind) {
        static Call of(Received request) {
            Matcher said = SAID.matcher(request.text());
            assertThat(said.find()).as(request.text()).isTrue();
            return new Call(said.group(1), Integer.parseInt(said.group(2)), Kind.valueOf(said.group(3)));
        }

        long input() {
            return 100 + number;
        }

        long output() {
            return 10 + number % 7;
        }
    }

    private Answer openAi(Received request) {
        Call call = Call.of(request);
        String usage = "\"usage\":{\"prompt_tokens\":" + call.input() + ",\"completion_tokens\":" + call.output() + "}";
        String tool =
                "\"tool_calls\":[{\"index\":0,\"id\":\"t\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]";
        switch (call.kind) {
            case ERROR -> {
                return Answer.json(call.number % 2 == 0 ? 500 : 400, "{\"error\":{\"message\":\"no\"}}");
            }
            case LEFT_EARLY -> {
                return Answer.stream().silence();
            }
            case JSON, TOOLS -> {
                reported(call.consumer, call.input(), call.output());
                String message = call.kind == Kind.JSON ? "\"content\":\"hi\"" : "\"content\":null," + tool;
                return Answer.json(
                        200,
                        "{\"id\":\"c\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                                + message + "},\"finish_reason\":\"" + (call.kind == Kind.JSON ? "stop" : "tool_calls")
                                + "\"}]," + usage + "}");
            }
            case LEFT_UNREPORTED -> {
                add(unreported, call.consumer, 1);
                return Answer.stream()
                        .event(piece("\"content\":\"a\"", ""))
                        .event(piece("\"content\":\"b\"", ""))
                        .silence();
            }
            case LEFT_REPORTED -> {
                reported(call.consumer, call.input(), 2);
                String so = ",\"usage\":{\"prompt_tokens\":" + call.input() + ",\"completion_tokens\":";
                return Answer.stream()
                        .event(piece("\"content\":\"a\"", so + "1}"))
                        .event(piece("\"content\":\"b\"", so + "2}"))
                        .silence();
            }
            default -> {
                reported(call.consumer, call.input(), call.output());
                String said = call.kind == Kind.STREAM ? "\"content\":\"hi\"" : tool;
                return Answer.stream()
                        .event(piece("\"role\":\"assistant\"", ""))
                        .event(piece(said, ""))
                        .event(
                                "{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}")
                        .event("{\"id\":\"c\",\"model\":\"m\",\"choices\":[]," + usage + "}")
                        .event("[DONE]")
                        .end();
            }
        }
    }

    private static String piece(String delta, String more) {
        return "{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{" + delta
                + "},\"finish_reason\":null}]" + more + "}";
    }

    private Answer anthropic(Received request) {
        Call call = Call.of(request);
        String tool = "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}";
        switch (call.kind) {
            case ERROR -> {
                return Answer.json(
                        call.number % 2 == 0 ? 529 : 400,
                        "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"no\"}}");
            }
            case LEFT_EARLY -> {
                return Answer.stream().silence();
            }
            case JSON, TOOLS -> {
                reported(call.consumer, call.input(), call.output());
                return Answer.json(
                        200,
                        "{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":["
                                + (call.kind == Kind.JSON ? "{\"type\":\"text\",\"text\":\"hi\"}" : tool)
                                + "],\"stop_reason\":\"" + (call.kind == Kind.JSON ? "end_turn" : "tool_use")
                                + "\",\"usage\":{\"input_tokens\":" + call.input() + ",\"output_tokens\":"
                                + call.output() + "}}");
            }
            default -> {
                boolean leaves = call.kind == Kind.LEFT_REPORTED || call.kind == Kind.LEFT_UNREPORTED;
                reported(call.consumer, call.input(), leaves ? 1 : call.output());
                Answer begun = named(
                        "message_start",
                        "{\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],\"stop_reason\":null,\"usage\":{\"input_tokens\":"
                                + call.input() + ",\"output_tokens\":1}}}",
                        Answer.stream());
                boolean tools = call.kind == Kind.TOOL_STREAM;
                begun = named(
                        "content_block_start",
                        "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":"
                                + (tools ? tool : "{\"type\":\"text\",\"text\":\"\"}") + "}",
                        begun);
                for (int i = 0; i < 2; i++) {
                    begun = named(
                            "content_block_delta",
                            "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
                                    + (tools
                                            ? "{\"type\":\"input_json_delta\",\"partial_json\":\""
                                                    + (i == 0 ? "{" : "}") + "\"}"
                                            : "{\"type\":\"text_delta\",\"text\":\"x\"}")
                                    + "}",
                            begun);
                }
                if (leaves) {
                    return begun.silence();
                }
                begun = named("content_block_stop", "{\"type\":\"content_block_stop\",\"index\":0}", begun);
                begun = named(
                        "message_delta",
                        "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":"
                                + call.output() + "}}",
                        begun);
                return named("message_stop", "{\"type\":\"message_stop\"}", begun)
                        .end();
            }
        }
    }

    private static Answer named(String name, String data, Answer answer) {
        return answer.chunk("event: " + name + "\ndata: " + data + "\n\n");
    }

    @Test
    void theMetricsAreTheLedger() throws Exception {
        try (BrokenUpstream openAi = BrokenUpstream.start();
                BrokenUpstream anthropic = BrokenUpstream.start();
                TestGateway gateway = TestGateway.with(new AiStatistics(), new KeyAuth(), new AiProxy())
                        .config("""
                                consumers:
                                  - { name: alice, credentials: [alice-key-0123456789] }
                                  - { name: bob, credentials: [bob-key-0123456789] }
                                  - { name: carol, credentials: [carol-key-0123456789] }
                                providers:
                                  o: { type: openai, baseUrl: "%s" }
                                  a: { type: anthropic, baseUrl: "%s" }
                                filters:
                                  - ai-statistics: {}
                                  - key-auth: {}
                                routes:
                                  - { name: o, match: { model: "gpt-*" }, filters: [ ai-proxy: { provider: o } ] }
                                  - { name: a, match: { model: "claude-*" }, filters: [ ai-proxy: { provider: a } ] }
                                """.formatted(openAi.uri(), anthropic.uri()))
                        .start()) {
            openAi.always(this::openAi);
            anthropic.always(this::anthropic);
            ExecutorService pool = Executors.newFixedThreadPool(8);
            try {
                List<Future<?>> calls = new ArrayList<>();
                for (int i = 0; i < CALLS; i++) {
                    int number = i;
                    calls.add(pool.submit(() -> call(gateway, number)));
                }
                for (Future<?> call : calls) {
                    call.get();
                }
            } finally {
                pool.shutdown();
            }
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(metric(gateway, "gen_ai_server_request_duration_seconds_count"))
                            .isEqualTo(CALLS));
            for (String consumer : CONSUMERS) {
                for (String type : List.of("input", "output")) {
                    assertThat(tokens(gateway, consumer, type, false))
                            .as(consumer + " " + type)
                            .isEqualTo(of(ledger, consumer + " " + type))
                            .isPositive();
                }
                assertThat(of(unreported, consumer)).isPositive();
                assertThat(tokens(gateway, consumer, "output", true))
                        .as("two pieces each")
                        .isEqualTo(2 * of(unreported, consumer));
                assertThat(tokens(gateway, consumer, "input", true)).isGreaterThan(of(unreported, consumer));
            }
        }
    }

    private static double tokens(TestGateway gateway, String consumer, String type, boolean estimated) {
        return metric(
                gateway,
                "gen_ai_client_token_usage_sum",
                "consumer=\"" + consumer + "\"",
                "type=\"" + type + "\"",
                "estimated=\"" + estimated + "\"");
    }

    private static double metric(TestGateway gateway, String name, String... labels) {
        return Stream.of(gateway.admin("/metrics").body().split("\n"))
                .filter(line -> line.startsWith(name + "{"))
                .filter(line -> Stream.of(labels).allMatch(line::contains))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** By its number: each kind with each client and each upstream. */
    private static void call(TestGateway gateway, int number) {
        Kind kind = Kind.values()[number % Kind.values().length];
        boolean anthropicClient = number / Kind.values().length % 2 == 1;
        String model = number / (2 * Kind.values().length) % 2 == 0 ? "gpt-x" : "claude-x";
        String consumer = CONSUMERS.get(number / 3 % CONSUMERS.size());
        boolean stream = kind != Kind.JSON && kind != Kind.TOOLS && kind != Kind.ERROR && kind != Kind.LEFT_EARLY;
        String tools = anthropicClient
                ? "[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}}]"
                : "[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\"}}}]";
        String body = "{\"model\":\"" + model + "\",\"max_tokens\":50,\"stream\":" + stream + ",\"tools\":" + tools
                + ",\"messages\":[{\"role\":\"user\",\"content\":\"consumer=" + consumer + " call=" + number + " kind="
                + kind + "\"}]}";
        String path = anthropicClient ? "/v1/messages" : "/v1/chat/completions";
        String key = consumer + "-key-0123456789";
        if (kind.name().startsWith("LEFT")) {
            leave(gateway, path, key, body, kind == Kind.LEFT_EARLY ? 0 : 2);
            return;
        }
        int status = gateway.send(HttpRequest.newBuilder(gateway.uri(path))
                        .header("content-type", "application/json")
                        .header(
                                anthropicClient ? "x-api-key" : "authorization",
                                anthropicClient ? key : "Bearer " + key)
                        .POST(HttpRequest.BodyPublishers.ofString(body)))
                .statusCode();
        assertThat(status >= 400).as(kind + " " + status).isEqualTo(kind == Kind.ERROR);
    }

    /** Hangs up once so many pieces of text have come. */
    private static void leave(TestGateway gateway, String path, String key, String body, int pieces) {
        try (Socket client = new Socket("127.0.0.1", gateway.gateway().port())) {
            client.setSoTimeout(30_000);
            client.getOutputStream()
                    .write(("POST " + path + " HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nX-Api-Key: "
                                    + key + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                            .getBytes(StandardCharsets.US_ASCII));
            BufferedReader lines =
                    new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8));
            int seen = 0;
            while (seen < pieces) {
                String line = lines.readLine();
                assertThat(line).isNotNull();
                boolean text = line.contains("\"content\":\"") || line.contains("text_delta");
                seen += line.startsWith("data:") && text ? 1 : 0;
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
