package dev.sluice.plugins.websearch.engine;

import dev.sluice.api.HttpRequest;
import dev.sluice.api.HttpResponse;
import java.util.List;

/** How one search engine is asked, and how its answer is read. Immutable, so usable from any thread. */
public interface Engine {

    /** What it knows about. */
    Topic topic();

    /** The request for a query, without its deadline. */
    HttpRequest request(Query query);

    /**
     * What a successful answer (2xx) holds, best first, as the engine wrote it.
     *
     * @throws EngineException if the answer is not what the engine's API promises
     */
    List<Found> read(HttpResponse answer);

    /** What an engine knows about, and so what kind of query is meant for it. */
    enum Topic {
        /** The web. */
        INTERNET,
        /** Papers. */
        ARXIV,
        /** What the operator keeps. */
        PRIVATE
    }
}
