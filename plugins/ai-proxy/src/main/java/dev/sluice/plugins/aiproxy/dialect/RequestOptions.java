package dev.sluice.plugins.aiproxy.dialect;

/**
 * What a provider's own config says of requests in its dialect.
 *
 * @param defaultMaxTokens Anthropic's {@code max_tokens} where the client sets no bound
 * @param completionTokens whether OpenAI's bound is {@code max_completion_tokens}, not the older {@code max_tokens}
 */
public record RequestOptions(long defaultMaxTokens, boolean completionTokens) {}
