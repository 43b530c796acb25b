package dev.sluice.plugins.websearch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.Received;
import dev.sluice.testkit.TestGateway;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Many requests at once, each with wishes of its own: none is answered by another's. */
class ParallelTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final List<String> SIZES = List.of("low", "medium", "high");
    private static final List<String> COUNTRIES = List.of("DE", "FR", "JP", "US", "BR", "IN", "ZA");

    /** The model that decides makes as many queries as it is told it may; both models repeat what they are told. */
    private static Answer answer(Received request) {
        JsonNode body = request.json();
        String told = body.at("/messages/0/content").asText();
        String content = told;
        if (body.path("model").asText().equals("small")) {
            String asked = body.at("/messages/1/content").asText();
            String name = asked.substring(asked.indexOf("<<") + 2, asked.indexOf(">>"));
            int most = Integer.parseInt(told.replaceAll("(?s).*one to (\\d+) .*", "$1"));
            ObjectNode decision = MAPPER.createObjectNode().put("search", true);
            ArrayNode queries = decision.putArray("queries");
            // More than it may: the rest must be left out.
            for (int i = 1; i <= most + 2; i++) {
                queries.addObject().put("topic", "internet").put("query", name + " part" + i);
            }
            content = decision.toString();
        }
        ObjectNode reply = MAPPER.createObjectNode().put("id", "x").put("object", "chat.completion");
        reply.put("created", 1).put("model", "m");
        ObjectNode choice =
                reply.putArray("choices").addObject().put("index", 0).put("finish_reason", "stop");
        choice.putObject("message").put("role", "assistant").put("content", content);
        return leaving(reply);
    }

    /** Each on a connection of its own, which the client must not use again. */
    private static Answer leaving(JsonNode tree) {
        byte[] bytes = tree.toString().getBytes(StandardCharsets.UTF_8);
        return Answer.status(200)
                .header("content-type", "application/json")
                .header("content-length", Integer.toString(bytes.length))
                .header("connection", "close")
                .chunk(bytes)
                .end();
    }

    @Test
    void sixteenDoNotTouchEachOther() throws Exception {
        atOnce(16);
    }

    @Test
    @Tag("long")
    void twoHundredDoNotTouchEachOther() throws Exception {
        atOnce(200);
    }

    private static void atOnce(int requests) throws Exception {
        try (Vendors vendors = new Vendors();
                BrokenUpstream model = BrokenUpstream.start();
                TestGateway gateway = TestGateway.with(new WebSearch(), new AiProxy())
                        .config("""
                                providers: { model: { type: openai, baseUrl: "%1$s/v1", apiTokens: [ k ] } }
                                routes:
                                  - name: all
                                    filters:
                                      - web-search:
                                          maxTokens: 100000
                                          searchRewrite: { provider: model, model: small, maxCount: 2 }
                                          searchFrom: [ { type: brave, url: "%2$s/brave", apiKey: the-key, count: 1, timeout: 19s } ]
                                      - ai-proxy: { provider: model }
                                """.formatted(model.uri(), vendors.url()))
                        .start()) {
            model.always(ParallelTest::answer);
            // The country that an engine was asked for comes back in what it found.
            vendors.instead("brave", request -> {
                var asked = Vendors.parameters(request.getUrl());
                ObjectNode tree = MAPPER.createObjectNode();
                tree.putObject("web")
                        .putArray("results")
                        .addObject()
                        .put("title", asked.get("q"))
                        .put("url", "https://brave.example/" + asked.get("q").replace(' ', '/'))
                        .put("description", "in " + asked.getOrDefault("country", "nowhere"));
                return Vendors.json(200, tree.toString());
            });
            HttpClient client =
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < requests; i++) {
                ObjectNode body = MAPPER.createObjectNode().put("model", "m");
                body.putArray("messages").addObject().put("role", "user").put("content", "<<name" + i + ">>");
                if (i % 4 != 3) {
                    ObjectNode options =
                            body.putObject("web_search_options").put("search_context_size", SIZES.get(i % 4));
                    options.putObject("user_location")
                            .put("type", "approximate")
                            .putObject("approximate")
                            .put("country", COUNTRIES.get(i % 7));
                }
                answers.add(client.sendAsync(
                        HttpRequest.newBuilder(gateway.uri("/v1/chat/completions"))
                                .header("content-type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                                .build(),
                        BodyHandlers.ofString()));
            }
            for (int i = 0; i < requests; i++) {
                HttpResponse<String> answer = answers.get(i).get(60, TimeUnit.SECONDS);
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
                assertThat(answer.headers().firstValue("x-sluice-search")).contains("hit");
                String told = MAPPER.readTree(answer.body())
                        .at("/choices/0/message/content")
                        .asText();
                int queries = i % 4 == 3 ? 2 : 1 + 2 * (i % 4);
                String country = i % 4 == 3 ? "nowhere" : COUNTRIES.get(i % 7);
                for (int part = 1; part <= 7; part++) {
                    String source = "Title: name" + i + " part" + part + "\nSource: https://brave.example/name" + i
                            + "/part" + part + "\n\nin " + country + "\n";
                    if (part <= queries) {
                        assertThat(told).containsOnlyOnce(source);
                    } else {
                        assertThat(told).doesNotContain("part" + part);
                    }
                }
                assertThat(told.split("Title: ", -1)).hasSize(queries + 1);
            }
        }
    }
}
