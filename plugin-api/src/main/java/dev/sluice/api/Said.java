package dev.sluice.api;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the model had said when a try broke off, as accepted at the exit of the tries and before outer filters.
 * Immutable, equal by value.
 */
public final class Said {
    /** Nothing. */
    public static final Said NOTHING = new Said("", "", false, false);

    private final String text;
    private final String reasoning;
    private final boolean toolCallOpen;
    private final boolean truncated;

    private Said(String text, String reasoning, boolean toolCallOpen, boolean truncated) {
        this.text = text;
        this.reasoning = reasoning;
        this.toolCallOpen = toolCallOpen;
        this.truncated = truncated;
    }

    /**
     * What was said.
     *
     * @param toolCallOpen whether a tool call had begun: its arguments can never be continued by another model
     * @param truncated whether more was said than is kept (1 MiB)
     */
    public static Said of(String text, String reasoning, boolean toolCallOpen, boolean truncated) {
        return new Said(text, reasoning, toolCallOpen, truncated);
    }

    /** The answer's text so far. */
    public String text() {
        return text;
    }

    /** The reasoning so far. */
    public String reasoning() {
        return reasoning;
    }

    /** Whether a tool call had begun. */
    public boolean toolCallOpen() {
        return toolCallOpen;
    }

    /** Whether more was said than is kept. */
    public boolean truncated() {
        return truncated;
    }

    /** Whether nothing was said at all. */
    public boolean isEmpty() {
        return text.isEmpty() && reasoning.isEmpty() && !toolCallOpen;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Said s
                && text.equals(s.text)
                && reasoning.equals(s.reasoning)
                && toolCallOpen == s.toolCallOpen
                && truncated == s.truncated;
    }

    @Override
    public int hashCode() {
        return Objects.hash(text, reasoning, toolCallOpen);
    }

    @Override
    public String toString() {
        return "Said[" + text.length() + " characters" + (toolCallOpen ? ", tool call open" : "") + "]";
    }
}
