package dev.sluice.api.llm;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A tool that the model calls: a whole call in a reply, a fragment of one in a stream. Immutable, equal by value.
 *
 * <p>Fragments of one call share its {@link #index}; only the first carries id and name, and their arguments, put one
 * behind the other, are the call's.
 */
public final class ToolCall {
    private final int index;
    private final @Nullable String id;
    private final @Nullable String name;
    private final String arguments;

    private ToolCall(int index, @Nullable String id, @Nullable String name, String arguments) {
        this.index = index;
        this.id = id;
        this.name = name;
        this.arguments = Objects.requireNonNull(arguments, "arguments");
    }

    /**
     * A call, or a fragment of one.
     *
     * @param index which call of the answer; in Anthropic's streams the content block's index
     * @param id null in a fragment that is not the first
     * @param name null in a fragment that is not the first
     * @param arguments JSON as text, or a piece of it; may be empty
     */
    public static ToolCall of(int index, @Nullable String id, @Nullable String name, String arguments) {
        return new ToolCall(index, id, name, arguments);
    }

    /** Which call of the answer. */
    public int index() {
        return index;
    }

    /** The call's id; null in a fragment that is not the first. */
    public @Nullable String id() {
        return id;
    }

    /** The tool's name; null in a fragment that is not the first. */
    public @Nullable String name() {
        return name;
    }

    /** The arguments, JSON as text, or a piece of it; as the model wrote them, so perhaps not valid. */
    public String arguments() {
        return arguments;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ToolCall c
                && index == c.index
                && Objects.equals(id, c.id)
                && Objects.equals(name, c.name)
                && arguments.equals(c.arguments);
    }

    @Override
    public int hashCode() {
        return Objects.hash(index, id, name, arguments);
    }

    @Override
    public String toString() {
        return "ToolCall[" + index + ", " + id + ", " + name + ", " + arguments + "]";
    }
}
