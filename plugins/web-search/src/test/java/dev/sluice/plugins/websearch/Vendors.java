package dev.sluice.plugins.websearch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.client.WireMock;
import com.github.tomakehurst.wiremock.http.Request;
import dev.sluice.testkit.FakeVendor;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * All search engines at once, as their documentation has them: each below a path of its own, with its way of asking for
 * the key, its pages, and the shape of its errors. The n-th result of a query is called "q n" and stands at
 * {@code https://<engine>.example/q/n}.
 */
final class Vendors implements AutoCloseable {
    static final String KEY = "the-key";
    private static final int RESULTS = 45;
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final FakeVendor server = FakeVendor.start(this::answer);
    private final Map<String, Function<Request, ResponseDefinitionBuilder>> instead = new ConcurrentHashMap<>();

    /** Where all engines are, each in a folder of its own. */
    String url() {
        return server.url();
    }

    /** Where an engine is. */
    String url(String engine) {
        return url() + "/" + engine;
    }

    /** From now on an engine answers so. */
    Vendors instead(String engine, Function<Request, ResponseDefinitionBuilder> answer) {
        instead.put(engine, answer);
        return this;
    }

    /** All engines work as they should. */
    void repaired() {
        instead.clear();
    }

    /** What all engines were asked, in order. */
    List<FakeVendor.Asked> asked() {
        return server.asked();
    }

    /** What this engine was asked, in order. */
    List<FakeVendor.Asked> asked(String engine) {
        return asked().stream()
                .filter(one -> one.target().startsWith("/" + engine + "/"))
                .toList();
    }

    /** The JSON of the last request of an engine. */
    JsonNode lastJson(String engine) {
        List<FakeVendor.Asked> all = asked(engine);
        return tree(all.get(all.size() - 1).text());
    }

    private ResponseDefinitionBuilder answer(Request request) {
        String engine = request.getUrl().split("[/?]", -1)[1];
        return instead.getOrDefault(engine, it -> usual(engine, it)).apply(request);
    }

    /** As the vendor would. */
    private static ResponseDefinitionBuilder usual(String engine, Request request) {
        return switch (engine) {
            case "google" -> google(request);
            case "bing" -> bing(request);
            case "quark" -> quark(request);
            case "arxiv" -> arxiv(request);
            case "elasticsearch" -> elasticsearch(request);
            case "tavily" -> tavily(request);
            case "brave" -> brave(request);
            case "searxng" -> searxng(request);
            case "serper" -> serper(request);
            case "exa" -> exa(request);
            default -> json(404, "{}");
        };
    }

    static ResponseDefinitionBuilder json(int status, String json) {
        return WireMock.jsonResponse(json, status);
    }

    static JsonNode tree(String json) {
        try {
            return MAPPER.readTree(json);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Map<String, String> parameters(String target) {
        Map<String, String> all = new LinkedHashMap<>();
        String query = URI.create(target).getRawQuery();
        for (String pair : query == null ? new String[0] : query.split("&", -1)) {
            String[] both = pair.split("=", 2);
            all.put(
                    URLDecoder.decode(both[0], StandardCharsets.UTF_8),
                    URLDecoder.decode(both[1], StandardCharsets.UTF_8));
        }
        return all;
    }

    private static String pathOf(Request request) {
        return URI.create(request.getUrl()).getRawPath();
    }

    private static int number(Map<String, String> parameters, String name, int otherwise) {
        return Integer.parseInt(parameters.getOrDefault(name, String.valueOf(otherwise)));
    }

    private static ResponseDefinitionBuilder google(Request request) {
        Map<String, String> asked = parameters(request.getUrl());
        if (!pathOf(request).endsWith("/customsearch/v1")) {
            return json(404, "{}");
        }
        if (!KEY.equals(asked.get("key"))) {
            return json(
                    400,
                    "{\"error\":{\"code\":400,\"message\":\"API key not valid. Please pass a valid API key.\","
                            + "\"status\":\"INVALID_ARGUMENT\",\"details\":[{\"reason\":\"API_KEY_INVALID\"}]}}");
        }
        int start = number(asked, "start", 1);
        int num = number(asked, "num", 10);
        if (num > 10 || start + num > 101 || !asked.containsKey("cx")) {
            return json(400, "{\"error\":{\"code\":400,\"message\":\"Request contains an invalid argument.\"}}");
        }
        ObjectNode tree = tree().put("kind", "customsearch#search");
        tree.putObject("searchInformation").put("totalResults", "45");
        ArrayNode items = MAPPER.createArrayNode();
        page("google", asked.get("q"), start - 1, num, items, "title", "link", "snippet");
        if (!items.isEmpty()) {
            tree.set("items", items);
        }
        return json(200, tree.toString());
    }

    private static ResponseDefinitionBuilder bing(Request request) {
        Map<String, String> asked = parameters(request.getUrl());
        if (!KEY.equals(request.getHeader("Ocp-Apim-Subscription-Key"))) {
            return json(
                    401,
                    "{\"error\":{\"code\":\"401\",\"message\":\"Access denied due to invalid subscription key.\"}}");
        }
        if (asked.containsKey("cc") && asked.containsKey("mkt")) {
            return json(
                    400,
                    "{\"_type\":\"ErrorResponse\",\"errors\":[{\"code\":\"InvalidRequest\",\"parameter\":\"mkt\"}]}");
        }
        ObjectNode tree = tree().put("_type", "SearchResponse");
        page(
                "bing",
                asked.get("q"),
                number(asked, "offset", 0),
                number(asked, "count", 10),
                tree.putObject("webPages").putArray("value"),
                "name",
                "url",
                "snippet");
        return json(200, tree.toString());
    }

    private static ResponseDefinitionBuilder quark(Request request) {
        if (!KEY.equals(request.getHeader("X-API-Key"))) {
            return json(403, "{\"requestId\":\"r\",\"errorCode\":\"AccessDenied\",\"errorMessage\":\"no such key\"}");
        }
        ObjectNode tree = tree().put("requestId", "r");
        ArrayNode items = tree.putArray("pageItems");
        page("quark", parameters(request.getUrl()).get("query"), 0, 10, items, "title", "link", "snippet");
        items.forEach(item -> ((ObjectNode) item)
                .put("mainText", "plain text")
                .put("markdownText", "# whole " + item.path("title").asText()));
        return json(200, tree.toString());
    }

    private static ResponseDefinitionBuilder arxiv(Request request) {
        Map<String, String> asked = parameters(request.getUrl());
        String query = asked.getOrDefault("search_query", "");
        if (query.isEmpty()) {
            return atom(
                    400,
                    "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>http://arxiv.org/api/errors#empty</id>"
                            + "<title>Error</title><summary>empty query</summary></entry></feed>");
        }
        ArrayNode entries = MAPPER.createArrayNode();
        page(
                "arxiv",
                query,
                number(asked, "start", 0),
                number(asked, "max_results", 10),
                entries,
                "title",
                "id",
                "summary");
        StringBuilder feed = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                + "<feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:arxiv=\"http://arxiv.org/schemas/atom\">"
                + "<title type=\"html\">ArXiv Query</title><id>http://arxiv.org/api/x</id>");
        entries.forEach(entry -> feed.append("<entry><id>")
                .append(entry.path("id").asText())
                .append("</id><published>2026-11-20T10:00:00Z</published><title>")
                .append(entry.path("title").asText())
                .append("</title><summary>\n  ")
                .append(entry.path("summary").asText())
                .append(" &amp; more\n</summary><author><name>A. Nobody</name></author>"
                        + "<arxiv:comment>5 pages</arxiv:comment><link href=\"http://x\" rel=\"alternate\"/></entry>"));
        return atom(200, feed.append("</feed>").toString());
    }

    private static ResponseDefinitionBuilder atom(int status, String feed) {
        return WireMock.status(status)
                .withHeader("content-type", "application/atom+xml")
                .withBody(feed);
    }

    private static ResponseDefinitionBuilder elasticsearch(Request request) {
        String basic =
                "Basic " + Base64.getEncoder().encodeToString(("elastic:" + KEY).getBytes(StandardCharsets.UTF_8));
        String given = String.valueOf(request.getHeader("authorization"));
        if (!given.equals(basic) && !given.equals("ApiKey " + KEY)) {
            return json(
                    401,
                    "{\"error\":{\"type\":\"security_exception\",\"reason\":\"unable to authenticate\"},\"status\":401}");
        }
        JsonNode retrievers = tree(request.getBodyAsString()).at("/retriever/rrf/retrievers");
        String words = retrievers.at("/0/standard/query/match/content").asText();
        String meaning = retrievers.at("/1/standard/query/semantic/query").asText();
        Map<String, String> asked = parameters(request.getUrl());
        int size = number(asked, "size", 10);
        boolean understood = retrievers.size() == 2
                && words.equals(meaning)
                && retrievers.at("/1/standard/query/semantic/field").asText().equals("meaning")
                && tree(request.getBodyAsString())
                                .at("/retriever/rrf/rank_window_size")
                                .asInt(10)
                        >= size
                && pathOf(request).endsWith("/my%20docs/_search");
        if (!understood) {
            return json(400, "{\"error\":{\"type\":\"parsing_exception\"},\"status\":400}");
        }
        ArrayNode found = MAPPER.createArrayNode();
        page("elasticsearch", words, number(asked, "from", 0), size, found, "title", "url", "content");
        ObjectNode tree = tree().put("timed_out", false);
        ArrayNode hits = tree.putObject("hits").putArray("hits");
        found.forEach(one -> {
            ObjectNode source = hits.addObject().put("_id", "1").putObject("_source");
            source.put("content", one.path("content").asText());
            source.putObject("meta")
                    .put("title", one.path("title").asText())
                    .put("url", one.path("url").asText());
        });
        return json(200, tree.toString());
    }

    private static ResponseDefinitionBuilder tavily(Request request) {
        if (!("Bearer " + KEY).equals(request.getHeader("authorization"))) {
            return json(401, "{\"detail\":{\"error\":\"Unauthorized: missing or invalid API key.\"}}");
        }
        JsonNode asked = tree(request.getBodyAsString());
        if (asked.path("max_results").asInt(5) > 20) {
            return json(400, "{\"detail\":{\"error\":\"Invalid max results\"}}");
        }
        ObjectNode tree = tree().put("query", asked.path("query").asText());
        page(
                "tavily",
                asked.path("query").asText(),
                0,
                asked.path("max_results").asInt(5),
                tree.putArray("results"),
                "title",
                "url",
                "content");
        return json(200, tree.put("response_time", 1.2).toString());
    }

    private static ResponseDefinitionBuilder brave(Request request) {
        Map<String, String> asked = parameters(request.getUrl());
        if (!KEY.equals(request.getHeader("X-Subscription-Token"))) {
            return json(
                    422,
                    "{\"id\":\"x\",\"status\":422,\"error\":{\"code\":\"SUBSCRIPTION_TOKEN_INVALID\",\"status\":422},"
                            + "\"type\":\"ErrorResponse\"}");
        }
        int count = number(asked, "count", 20);
        int offset = number(asked, "offset", 0);
        if (count > 20 || offset > 9 || asked.get("q").split(" ", -1).length > 50) {
            return json(422, "{\"error\":{\"code\":\"VALIDATION\"},\"type\":\"ErrorResponse\"}");
        }
        ObjectNode tree = tree().put("type", "search");
        page(
                "brave",
                asked.get("q"),
                offset * count,
                count,
                tree.putObject("web").putArray("results"),
                "title",
                "url",
                "description");
        return json(200, tree.toString());
    }

    private static ResponseDefinitionBuilder searxng(Request request) {
        Map<String, String> asked = parameters(request.getUrl());
        if (!"json".equals(asked.get("format"))) {
            return WireMock.status(403).withHeader("content-type", "text/html").withBody("<h1>Forbidden</h1>");
        }
        ObjectNode tree = tree().put("query", asked.get("q"));
        page("searxng", asked.get("q"), 0, 20, tree.putArray("results"), "title", "url", "content");
        return json(200, tree.toString());
    }

    private static ResponseDefinitionBuilder serper(Request request) {
        if (!KEY.equals(request.getHeader("X-API-KEY"))) {
            return json(403, "{\"message\":\"Unauthorized.\",\"statusCode\":403}");
        }
        JsonNode asked = tree(request.getBodyAsString());
        int num = asked.path("num").asInt(10);
        ObjectNode tree = tree();
        tree.putObject("searchParameters").put("q", asked.path("q").asText());
        page(
                "serper",
                asked.path("q").asText(),
                (asked.path("page").asInt(1) - 1) * num,
                num,
                tree.putArray("organic"),
                "title",
                "link",
                "snippet");
        return json(200, tree.put("credits", 1).toString());
    }

    private static ResponseDefinitionBuilder exa(Request request) {
        if (!KEY.equals(request.getHeader("x-api-key"))) {
            return json(401, "{\"requestId\":\"r\",\"error\":\"Invalid API key\",\"tag\":\"INVALID_API_KEY\"}");
        }
        JsonNode asked = tree(request.getBodyAsString());
        ObjectNode tree = tree().put("requestId", "r");
        boolean text = asked.at("/contents/text").isContainerNode();
        page(
                "exa",
                asked.path("query").asText(),
                0,
                asked.path("numResults").asInt(10),
                tree.putArray("results"),
                "title",
                "url",
                text ? "text" : "id");
        return json(200, tree.toString());
    }

    private static ObjectNode tree() {
        return MAPPER.createObjectNode();
    }

    private static void page(
            String engine,
            String query,
            int from,
            int count,
            ArrayNode into,
            String title,
            String url,
            String content) {
        for (int n = from + 1; n <= Math.min(RESULTS, from + count); n++) {
            into.addObject()
                    .put(title, query + " " + n)
                    .put(url, "https://" + engine + ".example/q/" + n)
                    .put(content, "What " + engine + " knows of it, part " + n);
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
