package dev.sluice.plugins.websearch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import dev.sluice.plugins.websearch.engine.Engine.Topic;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads what the model that decides has said, however well it kept to what it was told. */
final class IntentReader {
    /** A model may say something behind its JSON: it is not looked at. */
    private static final ObjectReader READER = new ObjectMapper().reader();

    private static final Pattern CATEGORY = Pattern.compile("[a-z-]{2,20}(?:\\.[A-Za-z-]{2,20})?");
    private static final int MAX_CANDIDATES = 20;

    private IntentReader() {}

    /**
     * What it wants.
     *
     * @param topics those that there are engines for
     * @param question where it wants to search, but says not for what
     * @return null if it talks nonsense
     */
    static @Nullable Intent read(String said, Set<Topic> topics, String question, int maxQueries) {
        JsonNode tree = decision(said);
        if (tree == null) {
            return null;
        }
        JsonNode search = tree.path("search");
        if (search.isBoolean() && !search.booleanValue()) {
            return Intent.NOTHING;
        }
        Set<Intent.Wanted> queries = new LinkedHashSet<>();
        for (JsonNode query : tree.path("queries")) {
            Intent.Wanted wanted = wanted(query, topics);
            if (!wanted.text().isBlank() && queries.size() < maxQueries) {
                queries.add(wanted);
            }
        }
        if (queries.isEmpty() && search.isBoolean()) {
            queries.add(new Intent.Wanted(question, usual(topics), ""));
        }
        // Neither a decision nor a query: there is nothing in it.
        return queries.isEmpty() && !tree.path("queries").isArray() ? null : new Intent(List.copyOf(queries));
    }

    private static Intent.Wanted wanted(JsonNode query, Set<Topic> topics) {
        if (query.isTextual()) {
            return new Intent.Wanted(query.textValue(), usual(topics), "");
        }
        String text = query.path("query").asText("");
        String category = query.path("category").asText("");
        Topic topic = usual(topics);
        for (Topic one : topics) {
            if (one.name().toLowerCase(Locale.ROOT).equals(query.path("topic").asText(""))) {
                topic = one;
            }
        }
        boolean known = topic == Topic.ARXIV && CATEGORY.matcher(category).matches();
        return new Intent.Wanted(text, topic, known ? category : "");
    }

    /** The web, where it can be searched. */
    static Topic usual(Set<Topic> topics) {
        return topics.contains(Topic.INTERNET)
                ? Topic.INTERNET
                : topics.stream().sorted().findFirst().orElse(Topic.INTERNET);
    }

    /** The first object behind its thinking that decides something. */
    private static @Nullable JsonNode decision(String said) {
        List<Integer> opens = new ArrayList<>();
        for (int i = said.indexOf('{'); i >= 0; i = said.indexOf('{', i + 1)) {
            opens.add(i);
        }
        int thought = said.lastIndexOf("</think>");
        int tries = 0;
        for (int open : opens) {
            if (open > thought && tries++ < MAX_CANDIDATES) {
                JsonNode tree = parsed(said.substring(open));
                if (tree != null && tree.isObject() && (tree.has("search") || tree.has("queries"))) {
                    return tree;
                }
            }
        }
        return null;
    }

    private static @Nullable JsonNode parsed(String text) {
        try {
            return READER.readTree(text);
        } catch (JsonProcessingException e) {
            return null;
        }
    }
}
