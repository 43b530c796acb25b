package dev.sluice.plugins.websearch;

import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessage;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** References in answers of every length, streamed and not, in both dialects, as the vendors' own clients read them. */
class ReferencesTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String LIST = "**References:**\n[1] [why? 1](https://tavily.example/q/1)\n\n"
            + "[2] [why? 2](https://tavily.example/q/2)";
    private static final Map<String, OpenAIClient> OPEN_AI = new HashMap<>();
    private static final Map<String, AnthropicClient> ANTHROPIC = new HashMap<>();
    private static Vendors vendors;
    private static BrokenUpstream model;
    private static TestGateway gateway;

    @BeforeAll
    static void start() throws IOException {
        vendors = new Vendors();
        model = BrokenUpstream.start();
        gateway = TestGateway.with(new WebSearch(), new AiProxy())
                .config("""
                        providers:
                          openai: { type: openai, baseUrl: "%1$s/v1", apiTokens: [ k ] }
                          anthropic: { type: anthropic, baseUrl: "%1$s", apiTokens: [ k ] }
                        routes:
                          - name: oh
                            match: { path: "/openai/head/**" }
                            filters: [ web-search: &head { needReference: true, searchFrom: [ &e { type: tavily, url: "%2$s/tavily", apiKey: the-key, count: 2 } ] }, ai-proxy: { provider: openai } ]
                          - name: ot
                            match: { path: "/openai/tail/**" }
                            filters: [ web-search: &tail { needReference: true, referenceLocation: tail, searchFrom: [ *e ] }, ai-proxy: { provider: openai } ]
                          - name: oa
                            match: { path: "/openai/annotations/**" }
                            filters: [ web-search: { annotations: true, searchFrom: [ *e ] }, ai-proxy: { provider: openai } ]
                          - { name: ah, match: { path: "/anthropic/head/**" }, filters: [ web-search: *head, ai-proxy: { provider: anthropic } ] }
                          - { name: at, match: { path: "/anthropic/tail/**" }, filters: [ web-search: *tail, ai-proxy: { provider: anthropic } ] }
                        """.formatted(model.uri(), vendors.url()))
                .start();
    }

    @AfterAll
    static void close() throws IOException {
        OPEN_AI.values().forEach(OpenAIClient::close);
        ANTHROPIC.values().forEach(AnthropicClient::close);
        gateway.close();
        model.close();
        vendors.close();
    }

    @BeforeEach
    void works() {
        vendors.repaired();
    }

    private static List<String> pieces(String text) {
        List<String> pieces = new ArrayList<>();
        int size = Math.max(1, text.length() / 37);
        for (int i = 0; i < text.length(); i += size) {
            pieces.add(text.substring(i, Math.min(text.length(), i + size)));
        }
        return pieces;
    }

    private static ObjectNode chunk() {
        return MAPPER.createObjectNode()
                .put("id", "c")
                .put("object", "chat.completion.chunk")
                .put("created", 1)
                .put("model", "m");
    }

    private static ObjectNode choice(ObjectNode chunk) {
        return chunk.putArray("choices").addObject().put("index", 0).putNull("finish_reason");
    }

    private static void openAiSays(String text, String reason, boolean stream) {
        if (!stream) {
            ObjectNode whole = chunk().put("object", "chat.completion");
            ObjectNode choice = choice(whole).put("finish_reason", reason);
            ObjectNode message =
                    choice.putObject("message").put("role", "assistant").put("content", text);
            if (reason.equals("tool_calls")) {
                message.putArray("tool_calls").add(call());
            }
            whole.putObject("usage")
                    .put("prompt_tokens", 1)
                    .put("completion_tokens", 2)
                    .put("total_tokens", 3);
            model.next(Answer.json(200, whole.toString()));
            return;
        }
        Answer answer = Answer.stream();
        ObjectNode opening = chunk();
        choice(opening).putObject("delta").put("role", "assistant").put("content", "");
        answer = answer.event(opening.toString());
        for (String piece : pieces(text)) {
            ObjectNode chunk = chunk();
            choice(chunk).putObject("delta").put("content", piece);
            answer = answer.event(chunk.toString());
        }
        if (reason.equals("tool_calls")) {
            ObjectNode chunk = chunk();
            choice(chunk).putObject("delta").putArray("tool_calls").add(call().put("index", 0));
            answer = answer.event(chunk.toString());
        }
        ObjectNode end = chunk();
        choice(end).put("finish_reason", reason).putObject("delta");
        ObjectNode usage = chunk();
        usage.putArray("choices");
        usage.putObject("usage")
                .put("prompt_tokens", 1)
                .put("completion_tokens", 2)
                .put("total_tokens", 3);
        model.next(answer.event(end.toString())
                .event(usage.toString())
                .event("[DONE]")
                .end());
    }

    private static ObjectNode call() {
        ObjectNode call = MAPPER.createObjectNode().put("id", "t1").put("type", "function");
        call.putObject("function").put("name", "f").put("arguments", "{}");
        return call;
    }

    private static void anthropicSays(String thought, String text, String reason, boolean stream) {
        ArrayNode content = MAPPER.createArrayNode();
        if (!thought.isEmpty()) {
            content.addObject().put("type", "thinking").put("thinking", thought).put("signature", "s");
        }
        if (!text.isEmpty()) {
            content.addObject().put("type", "text").put("text", text);
        }
        if (reason.equals("tool_use")) {
            content.addObject()
                    .put("type", "tool_use")
                    .put("id", "t1")
                    .put("name", "f")
                    .putObject("input");
        }
        ObjectNode whole = MAPPER.createObjectNode()
                .put("id", "msg")
                .put("type", "message")
                .put("role", "assistant");
        whole.put("model", "m").set("content", content);
        whole.put("stop_reason", reason).putNull("stop_sequence");
        whole.putObject("usage").put("input_tokens", 1).put("output_tokens", 2);
        if (!stream) {
            model.next(Answer.json(200, whole.toString()));
            return;
        }
        Answer answer = Answer.stream();
        for (dev.sluice.api.Event event :
                dev.sluice.api.llm.Chats.stream(dev.sluice.api.Dialect.ANTHROPIC, whole, ReferencesTest::pieces)) {
            answer = answer.chunk("event: " + event.name() + "\ndata: " + event.data() + "\n\n");
        }
        model.next(answer.end());
    }

    private static OpenAIClient openAiClient(String place) {
        return OPEN_AI.computeIfAbsent(
                place,
                p -> OpenAIOkHttpClient.builder()
                        .apiKey("client")
                        .baseUrl(gateway.uri("/openai/" + p + "/v1").toString())
                        .maxRetries(0)
                        .build());
    }

    private static AnthropicClient anthropicClient(String place) {
        return ANTHROPIC.computeIfAbsent(
                place,
                p -> AnthropicOkHttpClient.builder()
                        .apiKey("client")
                        .baseUrl(gateway.uri("/anthropic/" + p).toString())
                        .maxRetries(0)
                        .build());
    }

    private static ChatCompletionMessage openAi(String place, boolean stream) {
        ChatCompletionCreateParams.Builder params =
                ChatCompletionCreateParams.builder().model("m").addUserMessage("why?");
        var chats = openAiClient(place).chat().completions();
        ChatCompletion whole;
        if (stream) {
            ChatCompletionAccumulator all = ChatCompletionAccumulator.create();
            ChatCompletionStreamOptions usage =
                    ChatCompletionStreamOptions.builder().includeUsage(true).build();
            try (com.openai.core.http.StreamResponse<ChatCompletionChunk> chunks =
                    chats.createStreaming(params.streamOptions(usage).build())) {
                chunks.stream().forEach(all::accumulate);
            }
            whole = all.chatCompletion();
        } else {
            whole = chats.create(params.build());
            whole.validate();
        }
        assertThat(whole.usage().orElseThrow().completionTokens()).isEqualTo(2);
        return whole.choices().get(0).message();
    }

    private static Message anthropic(String place, boolean stream) {
        MessageCreateParams params = MessageCreateParams.builder()
                .model("m")
                .maxTokens(100)
                .addUserMessage("why?")
                .build();
        AnthropicClient client = anthropicClient(place);
        if (!stream) {
            return client.messages().create(params).validate();
        }
        MessageAccumulator whole = MessageAccumulator.create();
        try (com.anthropic.core.http.StreamResponse<RawMessageStreamEvent> events =
                client.messages().createStreaming(params)) {
            events.stream().forEach(whole::accumulate);
        }
        return whole.message();
    }

    private static String text(Message message) {
        StringBuilder text = new StringBuilder();
        message.content().forEach(block -> block.text().ifPresent(part -> text.append(part.text())));
        return text.toString();
    }

    private static String expected(String place, String text) {
        String gap = text.isEmpty() ? "" : "\n\n";
        return place.equals("head") ? LIST + gap + text : text + gap + LIST;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 31, 100_000})
    void answersOfEveryLength(int length) {
        String text = "0123456789".repeat(10_000).substring(0, length);
        for (boolean stream : new boolean[] {false, true}) {
            for (String place : List.of("head", "tail")) {
                openAiSays(text, "stop", stream);
                assertThat(openAi(place, stream).content()).contains(expected(place, text));
                anthropicSays("", text, "end_turn", stream);
                assertThat(text(anthropic(place, stream))).isEqualTo(expected(place, text));
            }
        }
    }

    @Test
    void thoughtsStayBeforeTheHead() {
        for (boolean stream : new boolean[] {false, true}) {
            openAiSays("<think>Hm.</think>Yes.", "stop", stream);
            assertThat(openAi("head", stream).content()).contains("<think>Hm.</think>\n\n" + LIST + "\n\nYes.");
            openAiSays("<think>Hm.</think>Yes.", "length", stream);
            assertThat(openAi("tail", stream).content()).contains("<think>Hm.</think>Yes.\n\n" + LIST);
            anthropicSays("Hm.", "Yes.", "end_turn", stream);
            Message message = anthropic("head", stream);
            assertThat(message.content().get(0).asThinking().thinking()).isEqualTo("Hm.");
            assertThat(text(message)).isEqualTo(LIST + "\n\nYes.");
        }
    }

    @Test
    void callsOfToolsStayCalls() {
        for (boolean stream : new boolean[] {false, true}) {
            for (String place : List.of("head", "tail")) {
                openAiSays("", "tool_calls", stream);
                ChatCompletionMessage called = openAi(place, stream);
                assertThat(called.content().orElse("")).isEmpty();
                assertThat(called.toolCalls().orElseThrow()).hasSize(1);
                anthropicSays("", "I look.", "tool_use", stream);
                Message message = anthropic(place, stream);
                assertThat(text(message)).isEqualTo(place.equals("head") ? LIST + "\n\nI look." : "I look.");
                assertThat(message.content().get(1).asToolUse().name()).isEqualTo("f");
            }
        }
    }

    @Test
    void annotationsPointAtTheRightText() throws IOException {
        for (boolean stream : new boolean[] {false, true}) {
            for (String place : List.of("head", "tail", "annotations")) {
                openAiSays("Because [2], and [1][2]; not [3].", "stop", stream);
                ChatCompletionMessage message = openAi(place, stream);
                String text = message.content().orElseThrow();
                // The client's accumulator of streams knows no annotations: there the event itself is looked at.
                JsonNode annotations = stream
                        ? streamed(place)
                        : MAPPER.readTree(MAPPER.writeValueAsString(message.annotations().orElseThrow().stream()
                                .map(one -> new Cited(
                                        one.urlCitation().startIndex(),
                                        one.urlCitation().endIndex(),
                                        one.urlCitation().url()))
                                .toList()));
                List<String> cited = new ArrayList<>();
                for (JsonNode one : annotations) {
                    cited.add(text.substring(
                                    one.path("from").asInt(), one.path("to").asInt()) + " "
                            + one.path("url").asText().replace("https://tavily.example/q/", ""));
                }
                List<String> marks = List.of("[2] 2", "[1] 1", "[2] 2");
                List<String> links =
                        List.of("[why? 1](https://tavily.example/q/1) 1", "[why? 2](https://tavily.example/q/2) 2");
                List<String> all = new ArrayList<>(place.equals("head") ? links : marks);
                all.addAll(place.equals("head") ? marks : place.equals("tail") ? links : List.of());
                assertThat(cited).as(place + stream).isEqualTo(all);
            }
        }
    }

    private record Cited(long from, long to, String url) {}

    private static JsonNode streamed(String place) throws IOException {
        openAiSays("Because [2], and [1][2]; not [3].", "stop", true);
        String body = gateway.post(
                        "/openai/" + place + "/v1/chat/completions",
                        "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"why?\"}]}")
                .body();
        List<Cited> all = new ArrayList<>();
        for (String line : body.split("\n", -1)) {
            if (line.startsWith("data: {")) {
                for (JsonNode one : MAPPER.readTree(line.substring(6)).at("/choices/0/delta/annotations")) {
                    JsonNode citation = one.path("url_citation");
                    all.add(new Cited(
                            citation.path("start_index").asInt(),
                            citation.path("end_index").asInt(),
                            citation.path("url").asText()));
                }
            }
        }
        return MAPPER.valueToTree(all);
    }

    @Test
    void anotherAnswerHasNone() {
        vendors.instead("tavily", request -> Vendors.json(500, "{}"));
        String body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"never asked before\"}]}";
        openAiSays("Yes.", "stop", false);
        assertThat(gateway.post("/openai/head/v1/chat/completions", body).body())
                .contains("\"Yes.\"")
                .doesNotContain("annotations");
        vendors.repaired();
        model.next(Answer.json(400, "{\"error\":{\"message\":\"no [1]\",\"type\":\"invalid_request_error\"}}"));
        var error = gateway.post("/openai/head/v1/chat/completions", body);
        assertThat(error.statusCode()).isEqualTo(400);
        assertThat(error.body()).contains("no [1]").doesNotContain("References");
        assertThat(error.headers().firstValue("x-sluice-search")).contains("hit");
    }

    @Test
    void annotationsOfTheProvidersOwnMoveAlong() throws IOException {
        String body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"why?\"}]}";
        for (String thought : List.of("", "<think>x</think>")) {
            ObjectNode whole = chunk().put("object", "chat.completion");
            ObjectNode message = choice(whole)
                    .put("finish_reason", "stop")
                    .putObject("message")
                    .put("role", "assistant")
                    .put("content", thought + "The word.");
            message.putArray("annotations")
                    .addObject()
                    .put("type", "url_citation")
                    .putObject("url_citation")
                    .put("start_index", thought.length() + 4)
                    .put("end_index", thought.length() + 8)
                    .put("url", "https://own.example");
            for (String place : List.of("head", "tail")) {
                model.next(Answer.json(200, whole.toString()));
                JsonNode answer = MAPPER.readTree(gateway.post("/openai/" + place + "/v1/chat/completions", body)
                        .body());
                JsonNode said = answer.at("/choices/0/message");
                JsonNode own = said.at("/annotations/0/url_citation");
                assertThat(own.path("url").asText()).isEqualTo("https://own.example");
                assertThat(said.path("content")
                                .asText()
                                .substring(
                                        own.path("start_index").asInt(),
                                        own.path("end_index").asInt()))
                        .isEqualTo("word");
                assertThat(said.path("annotations")).hasSize(3);
            }
        }
    }

    @Test
    void severalChoicesHaveTheirOwn() throws IOException {
        ObjectNode whole = chunk().put("object", "chat.completion");
        ArrayNode choices = whole.putArray("choices");
        for (int i = 0; i < 2; i++) {
            choices.addObject()
                    .put("index", i)
                    .put("finish_reason", "stop")
                    .putObject("message")
                    .put("role", "assistant")
                    .put("content", "a" + i);
        }
        model.next(Answer.json(200, whole.toString()));
        String body = "{\"model\":\"m\",\"n\":2,\"messages\":[{\"role\":\"user\",\"content\":\"why?\"}]}";
        JsonNode answer = MAPPER.readTree(
                gateway.post("/openai/tail/v1/chat/completions", body).body());
        for (int i = 0; i < 2; i++) {
            assertThat(answer.at("/choices/" + i + "/message/content").asText()).isEqualTo("a" + i + "\n\n" + LIST);
        }
    }
}
