package dev.sluice.plugins.cache;

/** Why an answer is not stored. */
enum Flaw {
    /** Its status is not 200. */
    STATUS,
    /** It did not come to its end. */
    CUT,
    /** It says no reason for its end, or none that makes it a whole answer. */
    UNFINISHED,
    /** It was withheld, in part or whole. */
    FILTERED,
    /** It is an error, or no answer to a chat. */
    NO_ANSWER,
    /** It is another model's than the one that was asked. */
    FALLBACK,
    /** Another filter has made it, or found a risk in it. */
    FILTER,
    /** It is larger than one may be. */
    TOO_LARGE
}
