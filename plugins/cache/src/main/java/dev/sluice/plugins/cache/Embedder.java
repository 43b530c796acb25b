package dev.sluice.plugins.cache;

import java.util.concurrent.CompletionStage;

/** What makes a vector of a text. Thread-safe. */
interface Embedder {

    /** Two of the same name make vectors that can be compared. */
    String name();

    /**
     * The vector, of any length.
     *
     * @return completes on any thread; fails with what is wrong, in words that hold no key
     */
    CompletionStage<float[]> embed(String text);
}
