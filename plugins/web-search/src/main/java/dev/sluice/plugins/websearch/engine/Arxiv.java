package dev.sluice.plugins.websearch.engine;

import dev.sluice.api.HttpRequest;
import dev.sluice.api.HttpResponse;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** arXiv's query API, whose words are joined by AND, narrowed to a category, and whose answer is Atom. */
final class Arxiv implements Engine {
    private static final Pattern NO_WORD = Pattern.compile("[^\\p{L}\\p{N}]+");
    private static final int MAX_WORDS = 12;

    private final String base;
    private final EngineConfig config;

    Arxiv(String base, EngineConfig config) {
        this.base = base;
        this.config = config;
    }

    @Override
    public Topic topic() {
        return Topic.ARXIV;
    }

    @Override
    public HttpRequest request(Query query) {
        Map<String, String> parameters = Calls.parameters(config);
        parameters.put("search_query", search(query));
        parameters.put("start", Integer.toString(config.skipped()));
        parameters.put("max_results", Integer.toString(config.count()));
        return HttpRequest.get(Calls.uri(base, "/api/query", parameters)).header("accept", "application/atom+xml");
    }

    private String search(Query query) {
        // Words alone: whatever else the question holds must not become an operator.
        Set<String> terms = new LinkedHashSet<>();
        for (String word : NO_WORD.split(query.text(), -1)) {
            if (!word.isEmpty() && terms.size() < MAX_WORDS) {
                terms.add("all:" + word);
            }
        }
        String category = query.category().isEmpty() ? Calls.orEmpty(config.arxivCategory()) : query.category();
        if (!category.isEmpty()) {
            terms.add("cat:" + category);
        }
        return String.join(" AND ", terms);
    }

    @Override
    public List<Found> read(HttpResponse answer) {
        return Atom.read(answer.body());
    }
}
