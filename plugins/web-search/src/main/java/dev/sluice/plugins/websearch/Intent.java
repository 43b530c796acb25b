package dev.sluice.plugins.websearch;

import dev.sluice.plugins.websearch.engine.Engine;
import java.util.List;

/**
 * What is to be looked for.
 *
 * @param queries empty: nothing
 */
record Intent(List<Wanted> queries) {
    static final Intent NOTHING = new Intent(List.of());

    /**
     * One query.
     *
     * @param category of arXiv's; empty: any
     */
    record Wanted(String text, Engine.Topic topic, String category) {}
}
