package dev.sluice.plugins.aiproxy.dialect;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One part of what is said in a turn or in an answer. */
sealed interface Part {

    /** Words. */
    record Text(String text) implements Part {}

    /** A picture: either base64 data with its media type, or a URL; the others are null. */
    record Image(
            @Nullable String mediaType,
            @Nullable String data,
            @Nullable String url) implements Part {}

    /** What the model thought; with the provider's signature, if it gave one. */
    record Thinking(String text, @Nullable String signature) implements Part {}

    /**
     * A tool that the model calls.
     *
     * @param arguments JSON as text, as the model wrote it
     */
    record Call(String id, String name, String arguments) implements Part {}

    /**
     * What came of a call.
     *
     * @param at where it stands in the request
     * @param parts texts and images
     */
    record Result(String at, String id, List<Part> parts, boolean failed) implements Part {}
}
