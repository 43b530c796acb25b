package dev.sluice.api;

/**
 * The vendor format that a client speaks, recognised by path; requests, answers, errors and stream events follow it.
 * May grow: switch with a default.
 */
public enum Dialect {
    /** OpenAI chat completions, and every OpenAI operation that has no dialect of its own here. */
    OPENAI,
    /** OpenAI responses ({@code /v1/responses}). */
    OPENAI_RESPONSES,
    /** OpenAI's older text completions ({@code /v1/completions}). */
    OPENAI_COMPLETIONS,
    /** Anthropic messages ({@code /v1/messages}). */
    ANTHROPIC,
    /** Gemini {@code generateContent} and {@code streamGenerateContent}. */
    GEMINI,
    /** Cohere v2 chat. */
    COHERE,
    /** Bedrock Converse and ConverseStream. */
    BEDROCK,
    /** Not a request to a model, as far as the path tells. Errors are in OpenAI's shape. */
    NONE
}
