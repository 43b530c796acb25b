package dev.sluice.api;

/** What a request asks a model to do, recognised by path. May grow: switch with a default. */
public enum Operation {
    /** A conversation, in any dialect. */
    CHAT,
    /** Vectors of texts. */
    EMBEDDINGS,
    /** Making or changing images. */
    IMAGES,
    /** Speech to text, text to speech. */
    AUDIO,
    /** Listing or describing models. */
    MODELS,
    /** Judging content. */
    MODERATIONS,
    /** Ordering documents by relevance. */
    RERANK,
    /** Counting the tokens of a request. */
    COUNT_TOKENS,
    /** Stored files. */
    FILES,
    /** Batches of requests. */
    BATCHES,
    /** Training on examples. */
    FINE_TUNING,
    /** Anything else. */
    OTHER
}
