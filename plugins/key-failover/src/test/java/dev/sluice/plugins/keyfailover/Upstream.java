package dev.sluice.plugins.keyfailover;

import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.Received;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** A provider that knows its keys: each is fine until the test says what becomes of it. */
final class Upstream implements AutoCloseable {
    private static final String ANSWER = """
            {"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,
            "message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],
            "usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}
            """;

    private final BrokenUpstream server;
    private final Map<String, Supplier<Answer>> bad = new ConcurrentHashMap<>();

    Upstream() throws IOException {
        server = BrokenUpstream.start();
        server.always(received -> {
            Supplier<Answer> answer = bad.get(key(received));
            return answer == null ? good(received) : answer.get();
        });
    }

    static Answer good(Received received) {
        if (!received.text().contains("\"stream\":true")) {
            return Answer.json(200, ANSWER);
        }
        return Answer.stream()
                .event("{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,"
                        + "\"delta\":{\"role\":\"assistant\",\"content\":\"Hel\"}}]}")
                .event("{\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"lo\"},"
                        + "\"finish_reason\":\"stop\"}]}")
                .event("{\"id\":\"c\",\"model\":\"m\",\"choices\":[],"
                        + "\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5}}")
                .event("[DONE]")
                .end();
    }

    static Answer refused() {
        return Answer.json(401, "{\"error\":{\"message\":\"Incorrect API key\",\"code\":\"invalid_api_key\"}}");
    }

    static String key(Received received) {
        String value = received.headers().get("authorization");
        return value == null ? "" : value.substring("Bearer ".length());
    }

    /** Has every request with that key answered so. */
    void bad(String key, Supplier<Answer> answer) {
        bad.put(key, answer);
    }

    void good(String key) {
        bad.remove(key);
    }

    URI uri() {
        return server.uri();
    }

    List<Received> requests() {
        return server.requests();
    }

    /** How many requests came with that key; probes among them. */
    long requests(String key) {
        return requests().stream().filter(r -> key(r).equals(key)).count();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
