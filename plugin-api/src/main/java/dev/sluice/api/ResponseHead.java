package dev.sluice.api;

/** The head of an answer; may be changed in {@link ResponseHooks#onResponse} until its first byte is written. */
public interface ResponseHead {

    /** The status code. */
    int status();

    /** Sets the status code. */
    void status(int status);

    /** The header fields. */
    Headers headers();

    /** Whether the answer is a stream of events, which the hooks will see one by one. */
    boolean isStream();

    /** Where the answer comes from: {@code upstream}, or the name of the filter that replied. */
    String source();
}
