package dev.sluice.quickstart;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a caller does and sees. */
final class Client {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String DATA = "data: ";

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    HttpResponse<String> get(URI uri) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(uri)
                        .timeout(Duration.ofSeconds(Distribution.PATIENCE_SECONDS))
                        .build(),
                BodyHandlers.ofString());
    }

    HttpResponse<String> post(URI uri, String json) throws IOException, InterruptedException {
        return http.send(request(uri, json), BodyHandlers.ofString());
    }

    /** The same, to be read line by line as it comes. */
    HttpResponse<Stream<String>> stream(URI uri, String json) throws IOException, InterruptedException {
        return http.send(request(uri, json), BodyHandlers.ofLines());
    }

    private static HttpRequest request(URI uri, String json) {
        return HttpRequest.newBuilder(uri)
                .header("content-type", "application/json")
                .timeout(Duration.ofSeconds(Distribution.PATIENCE_SECONDS))
                .POST(BodyPublishers.ofString(json))
                .build();
    }

    /** A chat of one user's turn, for either dialect. */
    static String chat(String text, boolean stream) {
        var chat = JSON.createObjectNode()
                .put("model", "echo")
                .put("max_tokens", 100)
                .put("stream", stream);
        chat.putArray("messages").addObject().put("role", "user").put("content", text);
        return chat.toString();
    }

    static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError("not JSON: " + text, e);
        }
    }

    /** The data of a stream's events, in order. */
    static List<String> data(Stream<String> lines) {
        return lines.filter(line -> line.startsWith(DATA))
                .map(line -> line.substring(DATA.length()))
                .toList();
    }

    /** What the model has said in these events of a stream in OpenAI's or Anthropic's dialect. */
    static String said(List<String> data) {
        return data.stream()
                .filter(event -> event.startsWith("{"))
                .map(Client::json)
                .map(event -> event.at("/choices/0/delta/content").asText("")
                        + event.at("/delta/text").asText(""))
                .collect(Collectors.joining());
    }
}
