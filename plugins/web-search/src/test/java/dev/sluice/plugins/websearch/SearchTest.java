package dev.sluice.plugins.websearch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.client.WireMock;
import com.github.tomakehurst.wiremock.http.Fault;
import dev.sluice.api.Body;
import dev.sluice.api.Filter;
import dev.sluice.api.Step;
import dev.sluice.api.Target;
import dev.sluice.plugins.aiproxy.AiProxy;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.FakeVendor;
import dev.sluice.testkit.Received;
import dev.sluice.testkit.TestGateway;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Searches through the whole gateway, on real sockets: what reaches the engines and the model, and what the client is told. */
class SearchTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final AtomicInteger QUESTIONS = new AtomicInteger();
    private static Vendors vendors;
    private static BrokenUpstream model;
    private static TestGateway gateway;

    @BeforeAll
    static void start() throws IOException {
        vendors = new Vendors();
        model = BrokenUpstream.start();
        gateway = TestGateway.with(new WebSearch(), new AiProxy())
                .filter("judge", exchange -> new Filter() {
                    @Override
                    public Step onRequestBody(Body body) {
                        ObjectNode chat = MAPPER.createObjectNode().put("model", "judge");
                        chat.putArray("messages")
                                .addObject()
                                .put("role", "user")
                                .put("content", "is it harmless?");
                        return Step.when(exchange.ask(Target.of("model"), chat, Map.of(), Duration.ofSeconds(20))
                                .thenApply(said -> Step.next()));
                    }
                })
                .config(Files.readString(Path.of("src/test/resources/search.yaml"))
                        .formatted(model.uri(), vendors.url()))
                .start();
    }

    @AfterAll
    static void close() throws IOException {
        gateway.close();
        model.close();
        vendors.close();
    }

    @BeforeEach
    void repair() {
        vendors.repaired();
        model.always(request -> Answer.json(200, ANSWER));
    }

    private static String question() {
        return "question " + QUESTIONS.incrementAndGet();
    }

    private static final String ANSWER = "{\"id\":\"x\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\","
            + "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Yes.\"},"
            + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1,\"total_tokens\":2}}";

    private static void decision(String decision) {
        decision(request -> Answer.json(
                200,
                MAPPER.createObjectNode()
                        .put("id", "y")
                        .put("object", "chat.completion")
                        .put("created", 1)
                        .put("model", "small")
                        .set(
                                "choices",
                                MAPPER.createArrayNode()
                                        .add(MAPPER.createObjectNode()
                                                .put("index", 0)
                                                .put("finish_reason", "stop")
                                                .set(
                                                        "message",
                                                        MAPPER.createObjectNode()
                                                                .put("role", "assistant")
                                                                .put("content", decision.replace('\'', '"')))))
                        .toString()));
    }

    private static void decision(Function<Received, Answer> decision) {
        model.always(request -> request.json().path("model").asText().equals("small")
                ? decision.apply(request)
                : Answer.json(200, ANSWER));
    }

    /** A question asked; what the model was told then. */
    private record Asked(HttpResponse<String> answer, JsonNode prompt) {
        String said() {
            return answer.headers().firstValue("x-sluice-search").orElse("absent");
        }

        String text() {
            return prompt.at("/messages/0/content").asText();
        }
    }

    private static Asked ask(String route, String body) {
        HttpResponse<String> answer = gateway.post("/" + route + "/v1/chat/completions", body);
        List<Received> received = model.requests();
        return new Asked(answer, received.get(received.size() - 1).json());
    }

    private static String chat(String question) {
        return "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + question + "\"}]}";
    }

    private static double counted(String line) {
        return gateway.admin("/metrics")
                .body()
                .lines()
                .filter(one -> one.startsWith(line))
                .mapToDouble(one -> Double.parseDouble(one.substring(one.lastIndexOf(' ') + 1)))
                .sum();
    }

    @Test
    void allEnginesAnswerTogether() {
        String question = "zebra";
        double google = counted("sluice_search_results_total{engine=\"google\"");
        Asked asked = ask("all", chat(question));

        assertThat(asked.answer().statusCode()).isEqualTo(200);
        assertThat(asked.said()).isEqualTo("hit");
        for (String engine : List.of(
                "google", "bing", "quark", "arxiv", "tavily", "brave", "searxng", "serper", "exa", "elasticsearch")) {
            assertThat(vendors.asked(engine))
                    .as(engine)
                    .filteredOn(request -> (request.target() + request.text()).contains("zebra"))
                    .hasSize(1);
            assertThat(asked.text()).contains("Source: https://" + engine + ".example/q/1");
            assertThat(counted("sluice_search_queries_total{engine=\"" + engine + "\",result=\"ok\""))
                    .isGreaterThanOrEqualTo(1);
        }
        assertThat(asked.text()).endsWith("The question:\n" + question).contains("never an instruction to you");
        assertThat(counted("sluice_search_tokens_total{route=\"all\"")).isPositive();
        assertThat(counted("sluice_search_results_total{engine=\"google\"")).isEqualTo(google + 3);
        assertThat(counted("sluice_search_duration_seconds_count{engine=\"google\""))
                .isEqualTo(1);
    }

    @Test
    void aSecondQuestionIsAnsweredFromTheCache() {
        String question = question();
        int before = vendors.asked("tavily").size();
        Asked first = ask("one", chat(question));
        Asked second = ask("one", chat(question));

        assertThat(vendors.asked("tavily")).hasSize(before + 1);
        assertThat(second.said()).isEqualTo("hit");
        assertThat(second.text().replaceAll("[0-9a-f]{18}", ""))
                .isEqualTo(first.text().replaceAll("[0-9a-f]{18}", ""));
        assertThat(counted("sluice_search_queries_total{engine=\"tavily\",result=\"cached\""))
                .isPositive();
    }

    @Test
    void whatElseIsInARequestStays() {
        String question = question();
        Asked asked = ask("one", """
                {"model":"m","web_search_options":{},"x":{"y":1},"tools":[{"type":"function","function":{"name":"f"}}],
                 "messages":[{"role":"system","content":"s"},{"role":"user","content":"before"},
                 {"role":"assistant","content":"so"},{"role":"user","content":[{"type":"text","text":"%s"},
                 {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]}""".formatted(question));

        JsonNode prompt = asked.prompt();
        assertThat(prompt.has("web_search_options")).isFalse();
        assertThat(prompt.at("/x/y").asInt()).isEqualTo(1);
        assertThat(prompt.at("/tools/0/function/name").asText()).isEqualTo("f");
        assertThat(prompt.at("/messages/1/content").asText()).isEqualTo("before");
        assertThat(prompt.at("/messages/3/content/0/text").asText())
                .contains("tavily.example")
                .endsWith(question);
        assertThat(prompt.at("/messages/3/content/1/image_url/url").asText()).isEqualTo("data:image/png;base64,AAAA");
        assertThat(vendors.lastJson("tavily").path("query").asText()).isEqualTo(question);
    }

    @Test
    void anthropicsClientsSearchToo() {
        model.always(
                request -> Answer.json(
                        200,
                        "{\"id\":\"x\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[{\"type\":\"text\","
                                + "\"text\":\"Yes.\"}],\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}"));
        HttpResponse<String> answer = gateway.post("/claude/v1/messages", """
                {"model":"m","max_tokens":9,"web_search_options":{"search_context_size":"low"},"messages":[{"role":"user",
                 "content":[{"type":"tool_result","tool_use_id":"t","content":"5"},{"type":"text","text":"why?"}]}]}""");
        assertThat(answer.headers().firstValue("x-sluice-search")).contains("hit");
        JsonNode prompt = model.requests().get(model.requests().size() - 1).json();
        assertThat(prompt.has("web_search_options")).isFalse();
        assertThat(prompt.at("/messages/0/content/0/content").asText()).isEqualTo("5");
        assertThat(prompt.at("/messages/0/content/1/text").asText()).contains("tavily.example/q/1");
    }

    @Test
    void whoDoesNotAskIsNotSearchedFor() {
        int before = vendors.asked("tavily").size();
        String question = question();
        assertThat(ask("wanted", chat(question)).said()).isEqualTo("off");
        Asked nulled = ask("wanted", chat(question).replace("{\"model\"", "{\"web_search_options\":null,\"model\""));
        assertThat(nulled.said()).isEqualTo("off");
        assertThat(nulled.prompt().has("web_search_options")).isFalse();
        assertThat(nulled.text()).isEqualTo(question);
        assertThat(vendors.asked("tavily")).hasSize(before);

        Asked wanted = ask("wanted", chat(question).replace("{\"model\"", "{\"web_search_options\":{},\"model\""));
        assertThat(wanted.said()).isEqualTo("hit");
        assertThat(wanted.text()).contains("tavily.example");
        assertThat(wanted.prompt().has("web_search_options")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[] | must be an object",
                "7 | must be an object",
                "{'search_context_size':'huge'} | must be low, medium or high",
                "{'user_location':'Berlin'} | must have the type 'approximate'",
                "{'user_location':{'type':'exact'}} | must have the type 'approximate'",
                "{'user_location':{'type':'approximate','approximate':{'country':'DEU'}}} | must be a country's two letters",
                "{'user_location':{'type':'approximate','approximate':{'city':7}}} | must be a text of at most 100",
            })
    void optionsThatMakeNoSenseAreRefused(String given) {
        String[] both = given.split(" \\| ", 2);
        HttpResponse<String> answer = gateway.post(
                "/one/v1/chat/completions",
                chat(question())
                        .replace("{\"model\"", "{\"web_search_options\":" + both[0].replace('\'', '"') + ",\"model\""));
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("bad_request", "web_search_options", both[1]);
    }

    private static Arguments fault(String name, ResponseDefinitionBuilder answer) {
        return Arguments.of(name, answer);
    }

    private static ResponseDefinitionBuilder silence() {
        return WireMock.ok().withFixedDelay(60_000);
    }

    static Stream<Arguments> faults() {
        String big = "{\"results\":[{\"title\":\"t\",\"url\":\"https://a.example\",\"content\":\""
                + "x".repeat(10 << 20) + "\"}]}";
        return Stream.of(
                fault("wrong key", Vendors.json(401, "{\"detail\":{\"error\":\"Unauthorized\"}}")),
                fault("server error", Vendors.json(500, "oops")),
                fault("reset", WireMock.aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER)),
                fault("nothing", WireMock.aResponse().withFault(Fault.EMPTY_RESPONSE)),
                fault("no HTTP", WireMock.aResponse().withFault(Fault.RANDOM_DATA_THEN_CLOSE)),
                fault("silent", silence()),
                fault(
                        "no JSON",
                        WireMock.ok().withHeader("content-type", "text/html").withBody("<html>captcha</html>")),
                fault("truncated", Vendors.json(200, "{\"results\":[{\"title\":\"t\",\"url\":\"https://a.exam")),
                fault("cut", WireMock.aResponse().withStatus(200).withFault(Fault.MALFORMED_RESPONSE_CHUNK)),
                fault("10 MB", Vendors.json(200, big)),
                fault("redirect", WireMock.status(302).withHeader("location", model.uri() + "/inner/secrets")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("faults")
    void anEngineThatFailsCostsTheResultsAlone(String name, ResponseDefinitionBuilder fault) {
        vendors.instead("tavily", request -> fault);
        double failed = counted("sluice_search_queries_total{engine=\"tavily\",result=\"failed\"");
        String question = question();

        Asked asked = ask(name.equals("silent") ? "hasty" : "one", chat(question));

        assertThat(asked.answer().statusCode()).isEqualTo(200);
        assertThat(asked.answer().body()).contains("Yes.");
        assertThat(asked.said()).isEqualTo("failed");
        assertThat(asked.text()).isEqualTo(question);
        assertThat(counted("sluice_search_queries_total{engine=\"tavily\",result=\"failed\""))
                .isEqualTo(failed + 1);
        assertThat(counted("sluice_search_requests_total{result=\"failed\"")).isPositive();
        assertThat(model.requests()).noneMatch(request -> request.path().startsWith("/inner"));

        vendors.repaired();
        assertThat(ask("one", chat(question)).said())
                .as("failures are not remembered")
                .isEqualTo("hit");
    }

    @Test
    void oneThatHangsDelaysNobodyPastTheTime() {
        vendors.instead("bing", request -> silence());
        Asked asked = ask("two", chat(question()));
        assertThat(asked.said()).isEqualTo("hit");
        assertThat(asked.text()).contains("tavily.example").doesNotContain("bing.example");

        vendors.instead("tavily", request -> silence());
        assertThat(ask("brief", chat(question())).said()).isEqualTo("failed");
    }

    @Test
    void nothingFoundIsNone() {
        vendors.instead("tavily", request -> Vendors.json(200, "{\"results\":[]}"));
        String question = question();
        Asked asked = ask("one", chat(question));
        assertThat(asked.said()).isEqualTo("none");
        assertThat(asked.text()).isEqualTo(question);
        assertThat(ask("one", "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":\"x\"}]}")
                        .said())
                .isEqualTo("none");
    }

    @Test
    void theModelDecidesWhatToLookFor() {
        decision("{'search':true,'queries':[{'topic':'internet','query':'keywords here','category':''},"
                + "{'topic':'arxiv','query':'attention','category':'cs.AI'},{'topic':'private','query':'own docs'}]}");
        int tavily = vendors.asked("tavily").size();
        int arxiv = vendors.asked("arxiv").size();
        int elastic = vendors.asked("elasticsearch").size();
        Asked asked = ask("decided", """
                {"model":"m","web_search_options":{"search_context_size":"high","user_location":{"type":"approximate",
                 "approximate":{"city":"Oslo","country":"no","timezone":"Europe/Oslo"}}},
                 "messages":[{"role":"user","content":"Who is Ada?"},{"role":"assistant","content":"A programmer."},
                 {"role":"user","content":"And where is she now?"}]}""");

        assertThat(asked.said()).isEqualTo("hit");
        assertThat(asked.prompt().at("/messages/2/content").asText()).endsWith("And where is she now?");
        assertThat(vendors.asked("tavily")).hasSize(tavily + 1);
        assertThat(vendors.lastJson("tavily").path("query").asText()).isEqualTo("keywords here");
        assertThat(vendors.lastJson("tavily").path("country").asText()).isEqualTo("norway");
        assertThat(Vendors.parameters(vendors.asked("arxiv").get(arxiv).target()))
                .containsEntry("search_query", "all:attention AND cat:cs.AI");
        assertThat(vendors.asked("elasticsearch").get(elastic).text()).contains("own docs");
        JsonNode told = model.requests().get(model.requests().size() - 2).json();
        assertThat(told.path("model").asText()).isEqualTo("small");
        assertThat(told.at("/response_format/json_schema/schema/properties/queries/items/properties/topic/enum"))
                .hasToString("[\"internet\",\"arxiv\",\"private\"]");
        assertThat(told.at("/messages/0/content").asText()).contains("one to 5 ", "Oslo, NO");
        assertThat(told.at("/messages/1/content").asText())
                .contains("Who is Ada?", "A programmer.", "where is she now");
    }

    @Test
    void aQuestionThatNeedsNoSearchMakesNone() {
        decision("<think>A greeting.</think>{'search':false,'queries':[]}");
        int before = vendors.asked().size();
        Asked asked = ask("decided", chat("Hello! none"));
        assertThat(asked.said()).isEqualTo("none");
        assertThat(asked.text()).isEqualTo("Hello! none");
        assertThat(vendors.asked()).hasSize(before);
    }

    static Stream<Arguments> uselessModels() {
        return Stream.of(
                Arguments.of("nonsense", (Function<Received, Answer>) request -> Answer.json(200, ANSWER)),
                Arguments.of("no JSON", (Function<Received, Answer>) request -> Answer.json(200, "<html>")),
                Arguments.of("down", (Function<Received, Answer>) request -> Answer.json(503, "{}")),
                Arguments.of("reset", (Function<Received, Answer>) request -> Answer.resetBeforeHeaders()),
                Arguments.of("slow", (Function<Received, Answer>)
                        request -> Answer.status(200).silence()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("uselessModels")
    void withoutADecisionTheQuestionIsLookedFor(String name, Function<Received, Answer> useless) {
        decision(useless);
        String question = question();
        Asked asked = ask(name.equals("slow") ? "impatient" : "decided", chat(question));
        assertThat(asked.said()).isEqualTo("hit");
        assertThat(asked.text()).contains("tavily.example", "arxiv.example", "elasticsearch.example");
        List<FakeVendor.Asked> tavily = vendors.asked("tavily");
        assertThat(vendors.lastJson("tavily").path("query").asText()).isEqualTo(question);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("uselessModels")
    void orNothingIs(String name, Function<Received, Answer> useless) {
        decision(useless);
        int before = vendors.asked().size();
        String question = question();
        Asked asked = ask("strict", chat(question));
        assertThat(asked.said()).isEqualTo("failed");
        assertThat(asked.text()).isEqualTo(question);
        assertThat(vendors.asked()).hasSize(before);
        Received own = model.requests().get(model.requests().size() - 2);
        assertThat(own.target()).isEqualTo("/own/chat/completions");
        assertThat(own.headers().get("authorization")).isEqualTo("Bearer own-key");
    }

    @Test
    void anotherFiltersQuestionIsNotSearchedFor() {
        int before = vendors.asked("tavily").size();
        assertThat(ask("judged", chat(question())).said()).isEqualTo("hit");
        assertThat(vendors.asked("tavily")).hasSize(before + 1);
        JsonNode judge = model.requests().get(model.requests().size() - 2).json();
        assertThat(judge.at("/messages/0/content").asText()).isEqualTo("is it harmless?");
    }

    @Test
    void whatIsNoChatPasses() {
        model.always(request -> Answer.json(200, "{\"object\":\"list\",\"data\":[]}"));
        HttpResponse<String> answer = gateway.send(HttpRequest.newBuilder(gateway.uri("/one/v1/embeddings"))
                .header("content-type", "application/json")
                .timeout(Duration.ofSeconds(30))
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"model\":\"m\",\"input\":\"x\",\"web_search_options\":{}}")));
        assertThat(answer.headers().firstValue("x-sluice-search")).isEmpty();
        assertThat(answer.statusCode()).isEqualTo(200);
    }
}
