package dev.sluice.plugins.websearch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.testkit.Answer;
import dev.sluice.testkit.BrokenUpstream;
import dev.sluice.testkit.Received;
import java.io.IOException;
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

    final BrokenUpstream server;
    private final Map<String, Function<Received, Answer>> instead = new ConcurrentHashMap<>();

    Vendors() throws IOException {
        server = BrokenUpstream.start();
        server.always(this::answer);
    }

    /** Where an engine is. */
    String url(String engine) {
        return server.uri() + "/" + engine;
    }

    /** From now on an engine answers so; with null, as it should. */
    Vendors instead(String engine, Function<Received, Answer> answer) {
        instead.put(engine, answer);
        return this;
    }

    /** All engines work as they should. */
    void repaired() {
        instead.clear();
    }

    /** What this engine was asked. */
    List<Received> asked(String engine) {
        return server.requests().stream()
                .filter(request -> request.path().startsWith("/" + engine + "/"))
                .toList();
    }

    private Answer answer(Received request) {
        String engine = request.path().split("/", -1)[1];
        Function<Received, Answer> other = instead.get(engine);
        return other != null ? other.apply(request) : usual(engine, request);
    }

    /** As the vendor would. */
    static Answer usual(String engine, Received request) {
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
            default -> Answer.json(404, "{}");
        };
    }

    static Map<String, String> parameters(Received request) {
        Map<String, String> all = new LinkedHashMap<>();
        String query = URI.create(request.target()).getRawQuery();
        for (String pair : query == null ? new String[0] : query.split("&", -1)) {
            String[] both = pair.split("=", 2);
            all.put(
                    URLDecoder.decode(both[0], StandardCharsets.UTF_8),
                    URLDecoder.decode(both[1], StandardCharsets.UTF_8));
        }
        return all;
    }

    private static int number(Map<String, String> parameters, String name, int otherwise) {
        return Integer.parseInt(parameters.getOrDefault(name, String.valueOf(otherwise)));
    }

    private static Answer google(Received request) {
        Map<String, String> asked = parameters(request);
        if (!request.path().endsWith("/customsearch/v1")) {
            return Answer.json(404, "{}");
        }
        if (!KEY.equals(asked.get("key"))) {
            return Answer.json(
                    400,
                    "{\"error\":{\"code\":400,\"message\":\"API key not valid. Please pass a valid API key.\","
                            + "\"status\":\"INVALID_ARGUMENT\",\"details\":[{\"reason\":\"API_KEY_INVALID\"}]}}");
        }
        int start = number(asked, "start", 1);
        int num = number(asked, "num", 10);
        if (num > 10 || start + num > 101 || !asked.containsKey("cx")) {
            return Answer.json(400, "{\"error\":{\"code\":400,\"message\":\"Request contains an invalid argument.\"}}");
        }
        ObjectNode tree = tree().put("kind", "customsearch#search");
        tree.putObject("searchInformation").put("totalResults", "45");
        ArrayNode items = MAPPER.createArrayNode();
        page("google", asked.get("q"), start - 1, num, items, "title", "link", "snippet");
        if (!items.isEmpty()) {
            tree.set("items", items);
        }
        return Answer.json(200, tree.toString());
    }

    private static Answer bing(Received request) {
        Map<String, String> asked = parameters(request);
        if (!KEY.equals(request.headers().get("Ocp-Apim-Subscription-Key"))) {
            return Answer.json(
                    401,
                    "{\"error\":{\"code\":\"401\",\"message\":\"Access denied due to invalid subscription key.\"}}");
        }
        if (asked.containsKey("cc") && asked.containsKey("mkt")) {
            return Answer.json(
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
        return Answer.json(200, tree.toString());
    }

    private static Answer quark(Received request) {
        if (!KEY.equals(request.headers().get("X-API-Key"))) {
            return Answer.json(
                    403, "{\"requestId\":\"r\",\"errorCode\":\"AccessDenied\",\"errorMessage\":\"no such key\"}");
        }
        ObjectNode tree = tree().put("requestId", "r");
        ArrayNode items = tree.putArray("pageItems");
        page("quark", parameters(request).get("query"), 0, 10, items, "title", "link", "snippet");
        items.forEach(item -> ((ObjectNode) item)
                .put("mainText", "plain text")
                .put("markdownText", "# whole " + item.path("title").asText()));
        return Answer.json(200, tree.toString());
    }

    private static Answer arxiv(Received request) {
        Map<String, String> asked = parameters(request);
        String query = asked.getOrDefault("search_query", "");
        if (query.isEmpty()) {
            return Answer.status(400)
                    .header("content-type", "application/atom+xml")
                    .chunk("<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>http://arxiv.org/api/errors#empty</id>"
                            + "<title>Error</title><summary>empty query</summary></entry></feed>")
                    .end();
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
        return Answer.status(200)
                .header("content-type", "application/atom+xml")
                .chunk(feed.append("</feed>").toString())
                .end();
    }

    private static Answer elasticsearch(Received request) {
        String basic =
                "Basic " + Base64.getEncoder().encodeToString(("elastic:" + KEY).getBytes(StandardCharsets.UTF_8));
        String given = String.valueOf(request.headers().get("authorization"));
        if (!given.equals(basic) && !given.equals("ApiKey " + KEY)) {
            return Answer.json(
                    401,
                    "{\"error\":{\"type\":\"security_exception\",\"reason\":\"unable to authenticate\"},\"status\":401}");
        }
        JsonNode retrievers = request.json().at("/retriever/rrf/retrievers");
        String words = retrievers.at("/0/standard/query/match/content").asText();
        String meaning = retrievers.at("/1/standard/query/semantic/query").asText();
        Map<String, String> asked = parameters(request);
        int size = number(asked, "size", 10);
        boolean understood = retrievers.size() == 2
                && words.equals(meaning)
                && retrievers.at("/1/standard/query/semantic/field").asText().equals("meaning")
                && request.json().at("/retriever/rrf/rank_window_size").asInt(10) >= size
                && request.path().endsWith("/my%20docs/_search");
        if (!understood) {
            return Answer.json(400, "{\"error\":{\"type\":\"parsing_exception\"},\"status\":400}");
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
        return Answer.json(200, tree.toString());
    }

    private static Answer tavily(Received request) {
        if (!("Bearer " + KEY).equals(request.headers().get("authorization"))) {
            return Answer.json(401, "{\"detail\":{\"error\":\"Unauthorized: missing or invalid API key.\"}}");
        }
        JsonNode asked = request.json();
        if (asked.path("max_results").asInt(5) > 20) {
            return Answer.json(400, "{\"detail\":{\"error\":\"Invalid max results\"}}");
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
        return Answer.json(200, tree.put("response_time", 1.2).toString());
    }

    private static Answer brave(Received request) {
        Map<String, String> asked = parameters(request);
        if (!KEY.equals(request.headers().get("X-Subscription-Token"))) {
            return Answer.json(
                    422,
                    "{\"id\":\"x\",\"status\":422,\"error\":{\"code\":\"SUBSCRIPTION_TOKEN_INVALID\",\"status\":422},"
                            + "\"type\":\"ErrorResponse\"}");
        }
        int count = number(asked, "count", 20);
        int offset = number(asked, "offset", 0);
        if (count > 20 || offset > 9 || asked.get("q").split(" ", -1).length > 50) {
            return Answer.json(422, "{\"error\":{\"code\":\"VALIDATION\"},\"type\":\"ErrorResponse\"}");
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
        return Answer.json(200, tree.toString());
    }

    private static Answer searxng(Received request) {
        Map<String, String> asked = parameters(request);
        if (!"json".equals(asked.get("format"))) {
            return Answer.status(403)
                    .header("content-type", "text/html")
                    .chunk("<h1>Forbidden</h1>")
                    .end();
        }
        ObjectNode tree = tree().put("query", asked.get("q"));
        page("searxng", asked.get("q"), 0, 20, tree.putArray("results"), "title", "url", "content");
        return Answer.json(200, tree.toString());
    }

    private static Answer serper(Received request) {
        if (!KEY.equals(request.headers().get("X-API-KEY"))) {
            return Answer.json(403, "{\"message\":\"Unauthorized.\",\"statusCode\":403}");
        }
        JsonNode asked = request.json();
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
        return Answer.json(200, tree.put("credits", 1).toString());
    }

    private static Answer exa(Received request) {
        if (!KEY.equals(request.headers().get("x-api-key"))) {
            return Answer.json(401, "{\"requestId\":\"r\",\"error\":\"Invalid API key\",\"tag\":\"INVALID_API_KEY\"}");
        }
        JsonNode asked = request.json();
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
        return Answer.json(200, tree.toString());
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
    public void close() throws IOException {
        server.close();
    }
}
