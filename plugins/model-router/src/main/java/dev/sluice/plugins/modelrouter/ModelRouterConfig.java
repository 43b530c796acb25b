package dev.sluice.plugins.modelrouter;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a route says of this filter.
 *
 * @param providers those that a request may pick; empty: all
 * @param unknownProvider what becomes of a prefix that is none of them; null: as {@link #unknown} says
 * @param addProviderHeader the header that tells the provider; null: none
 * @param modelToHeader the header that tells the model; null: none
 * @param modelKey the field that names the model
 * @param enableOnPathSuffix ends of paths, {@code *} for all; empty: those of a model's API
 * @param autoRouting what {@code auto} stands for; null: nothing
 */
public record ModelRouterConfig(
        List<String> providers,
        @Nullable Unknown unknownProvider,
        @Nullable String addProviderHeader,
        @Nullable String modelToHeader,
        String modelKey,
        List<String> enableOnPathSuffix,
        @Nullable Auto autoRouting) {

    /** What becomes of {@code a/b} where {@code a} is no provider. */
    public enum Unknown {
        /** It is a model's name. */
        PASS,
        /** The model is {@code b}, whoever {@code a} may be. */
        SPLIT,
        /** It is refused. */
        REJECT
    }

    /** What {@code auto} stands for: the first rule's model, else the default. */
    public record Auto(boolean enable, @Nullable String defaultModel, List<Rule> rules) {}

    /** A model for texts in which the pattern is found. */
    public record Rule(String pattern, String model) {}

    Unknown unknown() {
        if (unknownProvider != null) {
            return unknownProvider;
        }
        return addProviderHeader == null ? Unknown.PASS : Unknown.SPLIT;
    }
}
