package dev.sluice.plugins.websearch.engine;

/**
 * One thing that an engine found, as third parties wrote it: not to be trusted in any field.
 *
 * @param published when, in the engine's own words; empty if it does not say
 */
public record Found(String title, String url, String content, String published) {

    /** Without a date. */
    public Found(String title, String url, String content) {
        this(title, url, content, "");
    }
}
