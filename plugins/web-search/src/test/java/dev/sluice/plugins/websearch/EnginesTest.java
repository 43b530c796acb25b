package dev.sluice.plugins.websearch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.sluice.api.HttpRequest;
import dev.sluice.api.HttpResponse;
import dev.sluice.plugins.websearch.engine.Engine;
import dev.sluice.plugins.websearch.engine.EngineConfig;
import dev.sluice.plugins.websearch.engine.EngineException;
import dev.sluice.plugins.websearch.engine.Engines;
import dev.sluice.plugins.websearch.engine.Found;
import dev.sluice.plugins.websearch.engine.Location;
import dev.sluice.plugins.websearch.engine.Query;
import dev.sluice.testkit.FakeAnswers;
import dev.sluice.testkit.FakeVendor;
import java.net.http.HttpClient;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each engine against its vendor's API: the key, pages, options, languages, places; errors and broken answers. */
class EnginesTest {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final Location BERLIN = new Location("DE", "Berlin", "Berlin", "Europe/Berlin");
    private static Vendors vendors;

    @BeforeAll
    static void start() {
        vendors = new Vendors();
    }

    @AfterAll
    static void close() {
        vendors.close();
    }

    private static EngineConfig config(EngineConfig.Type type, int count, int start, Map<String, JsonNode> options) {
        return Configs.engine(type, vendors.url(type.word()), count, start, options);
    }

    private static Query query(Engine engine, String text) {
        return new Query(text, engine.topic(), "en-US", BERLIN, "");
    }

    private static HttpResponse send(HttpRequest request) throws Exception {
        var builder = java.net.http.HttpRequest.newBuilder(request.uri())
                .method(request.method(), java.net.http.HttpRequest.BodyPublishers.ofByteArray(request.body()));
        request.headers().forEach(header -> builder.header(header.getKey(), header.getValue()));
        java.net.http.HttpResponse<byte[]> answer = CLIENT.send(builder.build(), BodyHandlers.ofByteArray());
        return HttpResponse.of(answer.statusCode(), answer.headers().map(), answer.body());
    }

    private static List<Found> found(EngineConfig config, String text) throws Exception {
        Engine engine = Engines.of(config, "x");
        HttpResponse answer = send(engine.request(query(engine, text)));
        assertThat(answer.status()).isEqualTo(200);
        return engine.read(answer);
    }

    @ParameterizedTest
    @EnumSource
    void theSecondPageIsTheSecondPage(EngineConfig.Type type) throws Exception {
        List<Found> found = found(config(type, 5, 5, Map.of()), "rust \"c\\\" & größe?");

        assertThat(found).extracting(Found::url).containsExactly(urls(type, 6, 10));
        assertThat(found.get(0).content())
                .startsWith(type == EngineConfig.Type.BRAVE ? "What" : "What " + type.word() + " knows of it, part 6");
        String title =
                type == EngineConfig.Type.ARXIV ? "all:rust AND all:c AND all:größe 6" : "rust \"c\\\" & größe? 6";
        assertThat(found.get(0).title()).isEqualTo(title);
    }

    private static String[] urls(EngineConfig.Type type, int from, int to) {
        return java.util.stream.IntStream.rangeClosed(from, to)
                .mapToObj(n -> "https://" + type.word() + ".example/q/" + n)
                .toArray(String[]::new);
    }

    @ParameterizedTest
    @EnumSource
    void whatBreaksIsNoResult(EngineConfig.Type type) {
        Engine engine = Engines.of(config(type, 5, 0, Map.of()), "x");
        String whole =
                type == EngineConfig.Type.ARXIV ? "<feed xmlns='http://www.w3.org/2005/Atom'><entry>" : "{\"a\":[";
        for (String broken : List.of("", "<html>Sorry</html>", whole, "[1,2]", "\"text\"", "null")) {
            assertThatThrownBy(() -> engine.read(FakeAnswers.json(200, broken)))
                    .as(broken)
                    .isInstanceOf(EngineException.class)
                    .hasMessageStartingWith("the answer ");
        }
        if (type != EngineConfig.Type.ARXIV) {
            assertThatThrownBy(() -> engine.read(FakeAnswers.json(200, "{\"error\":{\"message\":\"quota\"}}")))
                    .isInstanceOf(EngineException.class)
                    .hasMessageStartingWith("the answer has no '");
        }
    }

    @Test
    void nothingFoundIsNoError() {
        for (Map.Entry<EngineConfig.Type, String> empty : Map.of(
                        EngineConfig.Type.GOOGLE, "{\"searchInformation\":{\"totalResults\":\"0\"}}",
                        EngineConfig.Type.BING, "{\"_type\":\"SearchResponse\"}",
                        EngineConfig.Type.BRAVE, "{\"type\":\"search\"}",
                        EngineConfig.Type.TAVILY, "{\"results\":[]}",
                        EngineConfig.Type.ELASTICSEARCH, "{\"hits\":{\"hits\":[]}}")
                .entrySet()) {
            Engine engine = Engines.of(config(empty.getKey(), 5, 0, Map.of()), "x");
            assertThat(engine.read(FakeAnswers.json(200, empty.getValue()))).isEmpty();
        }
        Engine arxiv = Engines.of(config(EngineConfig.Type.ARXIV, 5, 0, Map.of()), "x");
        assertThat(arxiv.read(FakeAnswers.json(200, "<feed xmlns='http://www.w3.org/2005/Atom'/>")))
                .isEmpty();
    }

    @Test
    void whereTheUserIsReachesThoseThatAsk() throws Exception {
        record Said(EngineConfig.Type type, Set<String> parameters) {}
        for (Said said : List.of(
                new Said(EngineConfig.Type.GOOGLE, Set.of("gl=de", "lr=lang_en", "cx=my-cx", "key=the-key")),
                new Said(EngineConfig.Type.BING, Set.of("cc=DE")),
                new Said(EngineConfig.Type.BRAVE, Set.of("country=DE", "search_lang=en")),
                new Said(EngineConfig.Type.SEARXNG, Set.of("language=en-US")))) {
            found(config(said.type(), 5, 0, Map.of()), "x");
            List<FakeVendor.Asked> asked = vendors.asked(said.type().word());
            assertThat(asked.get(asked.size() - 1).target().split("[?&]", -1)).containsAll(said.parameters());
        }
        record Body(EngineConfig.Type type, String field, String value) {}
        for (Body body : List.of(
                new Body(EngineConfig.Type.TAVILY, "country", "germany"),
                new Body(EngineConfig.Type.SERPER, "gl", "de"),
                new Body(EngineConfig.Type.SERPER, "hl", "en-us"),
                new Body(EngineConfig.Type.EXA, "userLocation", "DE"))) {
            found(config(body.type(), 5, 0, Map.of()), "x");
            List<FakeVendor.Asked> asked = vendors.asked(body.type().word());
            assertThat(vendors.lastJson(body.type().word()).path(body.field()).asText())
                    .isEqualTo(body.value());
        }
    }

    @Test
    void optionsOverruleWhatTheRequestSays() throws Exception {
        found(config(EngineConfig.Type.BRAVE, 5, 0, Map.of("country", TextNode.valueOf("FR"))), "x");
        assertThat(vendors.asked("brave").get(vendors.asked("brave").size() - 1).target())
                .contains("country=FR")
                .doesNotContain("DE");
        found(
                config(
                        EngineConfig.Type.TAVILY,
                        5,
                        0,
                        Map.of("topic", TextNode.valueOf("news"), "days", IntNode.valueOf(3))),
                "x");
        JsonNode body = vendors.lastJson("tavily");
        assertThat(body.path("days").isInt()).isTrue();
        assertThat(body.has("country"))
                .as("only the general topic knows countries")
                .isFalse();
    }

    @Test
    void quarkGivesWholeTextsIfAsked() throws Exception {
        EngineConfig plain = config(EngineConfig.Type.QUARK, 2, 0, Map.of());
        EngineConfig full = new EngineConfig(
                plain.type(),
                plain.url(),
                plain.apiKey(),
                2,
                null,
                plain.timeout(),
                Map.of(),
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                EngineConfig.ContentMode.FULL,
                null,
                null,
                null);
        assertThat(found(full, "x")).extracting(Found::content).containsExactly("# whole x 1", "# whole x 2");
    }

    @Test
    void aCategoryNarrowsPapers() {
        Engine arxiv = Engines.of(config(EngineConfig.Type.ARXIV, 5, 0, Map.of()), "x");
        String target = arxiv.request(new Query("attention OR (x)", Engine.Topic.ARXIV, "", Location.NONE, "cs.AI"))
                .uri()
                .getRawQuery();
        assertThat(target)
                .startsWith("search_query=all%3Aattention%20AND%20all%3AOR%20AND%20all%3Ax%20AND%20cat%3Acs.AI&");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<!DOCTYPE feed [<!ENTITY x SYSTEM \"file:///etc/hostname\">]><feed xmlns='http://www.w3.org/2005/Atom'>"
                        + "<entry><id>https://a.example</id><title>t</title><summary>[&x;]</summary></entry></feed>",
                "<!DOCTYPE feed [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>"
                        + "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>https://a.example</id><title>t</title>"
                        + "<summary>[&b;]</summary></entry></feed>"
            })
    void entitiesOfADocumentAreNotRead(String feed) {
        Engine arxiv = Engines.of(config(EngineConfig.Type.ARXIV, 5, 0, Map.of()), "x");
        try {
            List<Found> found = arxiv.read(HttpResponse.of(200, Map.of(), feed.getBytes(StandardCharsets.UTF_8)));
            assertThat(found).extracting(Found::content).containsExactly("[]");
        } catch (EngineException refused) {
            assertThat(refused).hasMessageContaining("no XML");
        }
    }

    @Test
    void elasticsearchTakesAKeyToo() throws Exception {
        EngineConfig plain = config(EngineConfig.Type.ELASTICSEARCH, 3, 0, Map.of());
        EngineConfig keyed = new EngineConfig(
                plain.type(),
                plain.url(),
                Vendors.KEY,
                3,
                null,
                plain.timeout(),
                Map.of(),
                null,
                null,
                "my docs",
                "content",
                "meaning",
                "meta.url",
                "meta.title",
                null,
                null,
                null,
                null,
                null,
                null);
        assertThat(found(keyed, "\"}}, {\"x\": \"y")).hasSize(3);
    }

    @Test
    void queriesAreOneBoundedLine() {
        Query query = new Query("a\n\tb\0c " + "x".repeat(1000), Engine.Topic.INTERNET, "", Location.NONE, "");
        assertThat(query.text()).startsWith("a b c x").hasSize(400);
        assertThat(new Query("x".repeat(399) + "😀", Engine.Topic.INTERNET, "", Location.NONE, "").text())
                .isEqualTo("x".repeat(399));
    }
}
