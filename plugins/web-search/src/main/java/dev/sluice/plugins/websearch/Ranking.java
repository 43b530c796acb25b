package dev.sluice.plugins.websearch;

import dev.sluice.plugins.websearch.engine.Found;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Joins what several engines found: by reciprocal rank, one entry for each page. */
final class Ranking {
    /** The usual constant: it keeps the first of one list from outweighing the second of several. */
    private static final double DAMPING = 60;

    private Ranking() {}

    /** The best first; of pages that several lists have, the longest text. */
    static List<Found> merge(List<List<Found>> lists) {
        Map<String, Entry> entries = new LinkedHashMap<>();
        for (List<Found> list : lists) {
            Map<String, Integer> seen = new LinkedHashMap<>();
            for (Found found : list) {
                String page = identity(found);
                if (page.isEmpty()
                        || (found.title().isBlank() && found.content().isBlank())) {
                    continue;
                }
                Entry entry = entries.computeIfAbsent(page, p -> new Entry(found));
                entry.better(found);
                // A page that a list names twice counts where it stands first.
                if (seen.putIfAbsent(page, seen.size()) == null) {
                    entry.score += 1 / (DAMPING + seen.size());
                }
            }
        }
        List<Entry> sorted = new ArrayList<>(entries.values());
        sorted.sort(Comparator.comparingDouble((Entry entry) -> -entry.score));
        return sorted.stream().map(entry -> entry.found).toList();
    }

    /** The page's address; of a document that is on no page, its name. Empty for what is neither. */
    private static String identity(Found found) {
        String page = Urls.canonical(found.url());
        boolean document = page.isEmpty() && found.url().indexOf(':') < 0;
        return document ? "document " + found.url() + " " + found.title() : page;
    }

    private static final class Entry {
        private Found found;
        private double score;

        private Entry(Found found) {
            this.found = found;
        }

        void better(Found other) {
            if (other.content().length() > found.content().length()) {
                found = new Found(found.title(), found.url(), other.content(), found.published());
            }
        }
    }
}
