package dev.sluice.api;

import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Models that turn a text into a vector, run by the host inside its own process: they need native libraries, which no
 * plugin's loader can hold. Asked for by {@link Scope#service}. Thread-safe.
 */
public interface Embeddings {

    /** The names of those that are there, sorted; empty where none is installed. */
    List<String> models();

    /**
     * One of them; it is loaded when it is first used, off the event loops.
     *
     * @throws IllegalArgumentException if it is not there; the message is for the user, and says which are and where to
     *     put more
     */
    Model model(String name);

    /** A model. Thread-safe. */
    @FunctionalInterface
    interface Model {

        /**
         * The vector of a text, of length 1, so that a cosine is a sum of products. Of a text longer than 4,000 characters
         * only these count. It runs on threads of the host's own; the stage completes there.
         *
         * @return fails with an {@link IllegalStateException} where the model cannot be loaded or used, or where too many
         *     texts wait
         */
        CompletionStage<float[]> embed(String text);
    }
}
