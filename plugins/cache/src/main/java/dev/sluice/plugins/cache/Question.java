package dev.sluice.plugins.cache;

/**
 * A question that others may ask in other words.
 *
 * @param group equal for requests that are the same but for their question: SHA-256, in hexadecimal
 * @param text what is asked
 */
record Question(String group, String text) {
    /** Of a longer one, a sentence that matters hardly moves the vector, and the models do not read on for ever. */
    static final int LONGEST = 1000;
}
