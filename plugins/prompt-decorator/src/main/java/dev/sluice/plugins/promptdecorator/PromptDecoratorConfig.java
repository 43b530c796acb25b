package dev.sluice.plugins.promptdecorator;

import dev.sluice.api.llm.ChatMessage;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a route says of this filter.
 *
 * @param prepend turns before the conversation
 * @param append turns behind it
 * @param replace replacements in all texts, in order
 * @param geoHeaders the headers that say where a client is, by what they say: {@code country}, {@code city} …
 */
public record PromptDecoratorConfig(
        List<Turn> prepend, List<Turn> append, List<Replacement> replace, Map<String, String> geoHeaders) {

    /** One turn, of text alone. */
    public record Turn(ChatMessage.Role role, String content) {}

    /**
     * One replacement.
     *
     * @param onRole whose texts; null: everybody's
     * @param regex whether the pattern is a regular expression
     */
    public record Replacement(ChatMessage.@Nullable Role onRole, String pattern, String replacement, boolean regex) {}
}
