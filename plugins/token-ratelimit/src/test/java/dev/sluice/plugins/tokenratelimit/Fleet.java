package dev.sluice.plugins.tokenratelimit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.api.FilterFactory;
import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.plugins.modelfallback.ModelFallback;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Gateways with one config before one upstream: {@code p}, and where the chain names it {@code q}, under {@code /q}. */
final class Fleet implements AutoCloseable {
    static final String CHAT =
            "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final BrokenUpstream upstream;
    private final Map<String, FilterFactory> filters = new LinkedHashMap<>();
    private final List<TestGateway> gateways = new ArrayList<>();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    Fleet() {
        try {
            upstream = BrokenUpstream.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        upstream.always(request -> answer(10, 5));
    }

    /** A chat answered whole, with that usage. */
    static Answer answer(int input, int output) {
        return Answer.json(
                200,
                "{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hello\"},"
                        + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":" + input
                        + ",\"completion_tokens\":" + output + "}}");
    }

    /** Installs a filter without a config on those started from now on. */
    Fleet filter(String name, FilterFactory factory) {
        filters.put(name, factory);
        return this;
    }

    /**
     * Starts some more.
     *
     * @param state the value of {@code state.redis}; null: in memory
     * @param chain the filters before ai-proxy
     */
    Fleet start(int count, @Nullable String state, String chain) {
        for (int i = 0; i < count; i++) {
            TestGateway gateway = TestGateway.with(new TokenRatelimit(), new ModelFallback(), new AiProxy());
            filters.forEach(gateway::filter);
            String second =
                    chain.contains("provider: q") ? "q: { type: openai, baseUrl: \"" + upstream.uri() + "/q\" }" : "";
            gateways.add(gateway.config("""
                    %s
                    providers:
                      p: { type: openai, baseUrl: "%s" }
                      %s
                    routes:
                      - { name: r, filters: [ %s, ai-proxy: { provider: p } ] }
                    """.formatted(
                                    state == null ? "" : "state: { redis: " + state + " }",
                                    upstream.uri(),
                                    second,
                                    chain.replace('\n', ' ')))
                    .start());
        }
        return this;
    }

    BrokenUpstream upstream() {
        return upstream;
    }

    TestGateway gateway(int index) {
        return gateways.get(index);
    }

    TestGateway gateway() {
        return gateway(0);
    }

    HttpRequest.Builder request(int index, String path, String body) {
        return HttpRequest.newBuilder(gateway(index % gateways.size()).uri(path))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
    }

    HttpResponse<String> chat(String... headers) {
        HttpRequest.Builder request = request(0, "/v1/chat/completions", CHAT);
        return gateway().send(headers.length == 0 ? request : request.headers(headers));
    }

    /** Sent to the gateways in turn. */
    CompletableFuture<HttpResponse<String>> send(int index) {
        return client.sendAsync(request(index, "/v1/chat/completions", CHAT).build(), BodyHandlers.ofString());
    }

    HttpClient client() {
        return client;
    }

    /** What the first gateway shows of a rule, all subjects together. */
    long shown(String rule, String field) {
        try {
            long sum = 0;
            for (JsonNode limit : MAPPER.readTree(
                    gateway().admin("/api/v1/filters/r/token-ratelimit/limits").body())) {
                sum += limit.path("rule").asText().equals(rule)
                        ? limit.path(field).asLong()
                        : 0;
            }
            return sum;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The sum of a meter of the first gateway, of all its labels. */
    double metric(String name) {
        return gateway()
                .admin("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    @Override
    public void close() throws IOException {
        gateways.forEach(TestGateway::close);
        upstream.close();
    }
}
