package dev.sluice.plugins.websearch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.plugins.websearch.WebSearchConfig.Place;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where one answer's results are from: as a list for its text, and as annotations of it. Immutable. */
final class References {
    static final String GAP = "\n\n";

    /** Stands for the list in a format. */
    static final String LIST = "%s";

    /** A number in brackets that is neither an index of an array nor the text of a link. */
    private static final Pattern MARK = Pattern.compile("(?<![\\w)])\\[(\\d{1,3})](?![(:])");

    private static final Pattern MARKDOWN = Pattern.compile("[\\[\\]<>`*_\\\\]");

    private final List<Source> sources;
    private final String list;
    private final Place place;
    private final boolean annotated;

    /**
     * References to these.
     *
     * @param config its format holds {@code %s}
     */
    References(List<Source> sources, WebSearchConfig config) {
        this.sources = sources;
        this.place = config.referenceLocation();
        this.annotated = config.annotates();
        this.list = config.needReference() ? config.referenceFormat().replace(LIST, items()) : "";
    }

    private String items() {
        StringBuilder items = new StringBuilder();
        for (int i = 0; i < sources.size(); i++) {
            items.append(i == 0 ? "" : GAP)
                    .append('[')
                    .append(i + 1)
                    .append("] ")
                    .append(link(sources.get(i)));
        }
        return items.toString();
    }

    /** A title must not end the link, nor begin anything else. */
    private static String link(Source source) {
        String title = MARKDOWN.matcher(source.title()).replaceAll("\\\\$0");
        return source.url().isEmpty() ? title : "[" + title + "](" + source.url() + ")";
    }

    /** The list as it stands in an answer; empty if there is to be none. */
    String list() {
        return list;
    }

    Place place() {
        return place;
    }

    boolean annotated() {
        return annotated;
    }

    /**
     * {@code url_citation}s of a text: of each number that names a source, and of each link of the list. Places are
     * counted in characters as Unicode does (code points), which is how OpenAI counts.
     *
     * @param listAt where in the text the list stands; negative if it does not
     */
    ArrayNode annotations(CharSequence text, int listAt) {
        ArrayNode all = JsonNodeFactory.instance.arrayNode();
        int listEnd = listAt < 0 ? -1 : listAt + list.length();
        Counted counted = new Counted(text);
        boolean linked = false;
        for (Matcher mark = MARK.matcher(text); mark.find(); ) {
            boolean inList = mark.start() >= listAt && mark.start() < listEnd;
            if (inList && !linked) {
                linked = true;
                links(all, text, listAt, listEnd, counted);
            }
            int number = Integer.parseInt(mark.group(1));
            if (!inList && number >= 1 && number <= sources.size()) {
                annotation(all, sources.get(number - 1), counted.points(mark.start()), counted.points(mark.end()));
            }
        }
        return all;
    }

    private void links(ArrayNode all, CharSequence text, int from, int to, Counted counted) {
        String whole = text.subSequence(from, to).toString();
        int at = 0;
        for (Source source : sources) {
            String link = link(source);
            int found = whole.indexOf(link, at);
            if (found >= 0) {
                at = found + link.length();
                annotation(all, source, counted.points(from + found), counted.points(from + at));
            }
        }
    }

    private static void annotation(ArrayNode all, Source source, int from, int to) {
        if (source.url().isEmpty()) {
            return;
        }
        all.addObject()
                .put("type", "url_citation")
                .putObject("url_citation")
                .put("start_index", from)
                .put("end_index", to)
                .put("title", source.title())
                .put("url", source.url());
    }

    /** Moves annotations that another has made behind the place where something was put in. */
    static void shift(JsonNode annotations, int from, int by) {
        for (JsonNode annotation : annotations) {
            if (annotation.path("url_citation") instanceof ObjectNode citation
                    && citation.path("start_index").asInt(0) >= from) {
                citation.put("start_index", citation.path("start_index").asInt() + by);
                citation.put("end_index", citation.path("end_index").asInt() + by);
            }
        }
    }

    /** Counts code points up to places that only grow. */
    private static final class Counted {
        private final CharSequence text;
        private int at;
        private int points;

        private Counted(CharSequence text) {
            this.text = text;
        }

        int points(int place) {
            points += Character.codePointCount(text, at, place);
            at = place;
            return points;
        }
    }
}
