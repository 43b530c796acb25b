package dev.sluice.api.llm;

/** Why an answer ended, in any dialect. May grow: switch with a default. */
public enum FinishReason {
    /** The model was done, or met a stop sequence. */
    STOP,
    /** No more tokens were allowed, or fitted. */
    LENGTH,
    /** The model waits for the results of its tool calls. */
    TOOL_CALLS,
    /** The answer was refused or withheld. */
    CONTENT_FILTER,
    /** A reason that has no name here. */
    OTHER
}
