package dev.sluice.api;

import org.jspecify.annotations.Nullable;

/**
 * Tokens that a try or an exchange used. Immutable, equal by value.
 *
 * <p>{@link #input()} includes cached and cache-written tokens, {@link #output()} includes reasoning tokens (OpenAI's
 * meaning).
 */
public final class Usage {
    /** No tokens at all, exactly known. */
    public static final Usage NONE = new Usage(0, 0, 0, 0, 0, false);

    private final long input;
    private final long output;
    private final long cachedInput;
    private final long cacheWrite;
    private final long reasoning;
    private final boolean estimated;

    private Usage(long input, long output, long cachedInput, long cacheWrite, long reasoning, boolean estimated) {
        this.input = input;
        this.output = output;
        this.cachedInput = cachedInput;
        this.cacheWrite = cacheWrite;
        this.reasoning = reasoning;
        this.estimated = estimated;
    }

    /** Input and output tokens as the provider reported them. */
    public static Usage of(long input, long output) {
        return new Usage(input, output, 0, 0, 0, false);
    }

    /** The same, of whose input this many tokens were read from the provider's cache. */
    public Usage cachedInput(long tokens) {
        return new Usage(input, output, tokens, cacheWrite, reasoning, estimated);
    }

    /** The same, of whose input this many tokens were written to the provider's cache. */
    public Usage cacheWrite(long tokens) {
        return new Usage(input, output, cachedInput, tokens, reasoning, estimated);
    }

    /** The same, of whose output this many tokens were reasoning. */
    public Usage reasoning(long tokens) {
        return new Usage(input, output, cachedInput, cacheWrite, tokens, estimated);
    }

    /** The same, marked as counted by us instead of reported. */
    public Usage asEstimated() {
        return new Usage(input, output, cachedInput, cacheWrite, reasoning, true);
    }

    /** Tokens of the request. */
    public long input() {
        return input;
    }

    /** Tokens of the answer. */
    public long output() {
        return output;
    }

    /** The part of {@link #input()} that came from the provider's cache. */
    public long cachedInput() {
        return cachedInput;
    }

    /** The part of {@link #input()} that was written to the provider's cache. */
    public long cacheWrite() {
        return cacheWrite;
    }

    /** The part of {@link #output()} that was reasoning. */
    public long reasoning() {
        return reasoning;
    }

    /** Whether any of it was counted by us instead of reported. */
    public boolean estimated() {
        return estimated;
    }

    /** Input plus output. */
    public long total() {
        return input + output;
    }

    /** The sum; estimated if either is. */
    public Usage plus(Usage other) {
        return new Usage(
                input + other.input,
                output + other.output,
                cachedInput + other.cachedInput,
                cacheWrite + other.cacheWrite,
                reasoning + other.reasoning,
                estimated || other.estimated);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Usage u
                && input == u.input
                && output == u.output
                && cachedInput == u.cachedInput
                && cacheWrite == u.cacheWrite
                && reasoning == u.reasoning
                && estimated == u.estimated;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(input * 31 + output);
    }

    @Override
    public String toString() {
        return "Usage[input=" + input + ", output=" + output + ", cachedInput=" + cachedInput + ", cacheWrite="
                + cacheWrite + ", reasoning=" + reasoning + (estimated ? ", estimated" : "") + "]";
    }
}
