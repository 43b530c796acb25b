package dev.sluice.plugins.contentsafety;

/** What is done about a risk. */
public enum Action {
    /** The request is refused, the answer ends in a refusal. */
    BLOCK,
    /** What was found is replaced, for good. */
    MASK,
    /** What was found is replaced on its way to the model, and put back on its way to the client. */
    MASK_AND_RESTORE,
    /** It is counted and noted, and goes on. */
    FLAG,
    /** It is no risk here. */
    PASS;

    boolean masks() {
        return this == MASK || this == MASK_AND_RESTORE;
    }
}
