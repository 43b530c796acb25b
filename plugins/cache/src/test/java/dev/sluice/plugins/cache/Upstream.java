package dev.sluice.plugins.cache;

import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.Received;
import java.io.IOException;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** A model that numbers its answers, in either mode: what is answered twice with the same number came from a cache. */
final class Upstream implements AutoCloseable {
    private final BrokenUpstream server;
    private final Map<String, Function<Received, Answer>> scripts = new ConcurrentHashMap<>();

    Upstream() throws IOException {
        server = BrokenUpstream.start();
        server.always(received -> scripts.entrySet().stream()
                .filter(script -> received.text().contains(script.getKey()))
                .findFirst()
                .map(Map.Entry::getValue)
                .orElse(this::good)
                .apply(received));
    }

    /** Answers what holds that word like this. */
    void when(String word, Function<Received, Answer> answer) {
        scripts.put(word, answer);
    }

    Answer good(Received received) {
        String text = "Answer number " + server.requests().size() + ", in \\\"words\\\" \\uD83D\\uDC4B";
        return received.text().contains("\"stream\":true") ? stream(text) : json(text, "stop");
    }

    static Answer json(String text, String finish) {
        return Answer.json(200, """
                {"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,
                "message":{"role":"assistant","content":"%s"},"finish_reason":"%s"}],
                "usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}
                """.formatted(text, finish));
    }

    static Answer stream(String text) {
        Answer answer = Answer.stream();
        for (String word : text.split("(?<= )", -1)) {
            answer = answer.event("{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
                    + "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"" + word
                    + "\"},\"finish_reason\":null}]}");
        }
        return ended(answer, "stop");
    }

    static Answer ended(Answer answer, String finish) {
        return answer.event("{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
                        + "\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" + finish + "\"}]}")
                .event(
                        "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[],"
                                + "\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":15}}")
                .event("[DONE]")
                .end();
    }

    URI uri() {
        return server.uri();
    }

    /** How many requests with that word have come. */
    long count(String word) {
        return server.requests().stream()
                .filter(received -> received.text().contains(word))
                .count();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
