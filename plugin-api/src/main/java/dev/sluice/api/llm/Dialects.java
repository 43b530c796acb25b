package dev.sluice.api.llm;

import dev.sluice.api.Dialect;
import java.util.EnumMap;
import java.util.Map;

/** The views by dialect. */
final class Dialects {
    static final DialectView OPENAI = new OpenAiChat();
    private static final DialectView NONE = new DialectView();
    private static final Map<Dialect, DialectView> VIEWS = new EnumMap<>(Map.of(
            Dialect.OPENAI, OPENAI, Dialect.ANTHROPIC, new AnthropicMessages(), Dialect.GEMINI, new GeminiErrors()));

    private Dialects() {}

    static DialectView view(Dialect dialect) {
        return VIEWS.getOrDefault(dialect, NONE);
    }
}
