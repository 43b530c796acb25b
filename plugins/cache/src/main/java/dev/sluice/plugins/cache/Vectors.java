package dev.sluice.plugins.cache;

import java.util.List;
import java.util.concurrent.CompletionStage;

/** Where the vectors of questions are kept that have an answer. Thread-safe. */
interface Vectors {

    /**
     * A question that was answered.
     *
     * @param hash the key of its answer
     * @param similarity the cosine of the two vectors
     */
    record Near(String hash, String text, double similarity) {}

    /** Begins whatever it takes to know the questions of a group, so that it is done once a vector is there. */
    CompletionStage<?> prepare(String group);

    /**
     * Those of the group that are nearest, the nearest first.
     *
     * @param least only from this similarity on
     * @param most so many
     * @return fails where they are kept elsewhere and that place does not answer as it should
     */
    CompletionStage<List<Near>> nearest(String group, Vector vector, double least, int most);

    /** Keeps one. Fails as {@link #nearest}. */
    CompletionStage<?> add(Question question, String hash, Vector vector);

    /** Forgets one, whose answer is gone. */
    void drop(String group, String hash);

    /** How many are kept in this node's memory. */
    long size();
}
