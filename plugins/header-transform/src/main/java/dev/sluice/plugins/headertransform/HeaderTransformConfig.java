package dev.sluice.plugins.headertransform;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a route says of this filter.
 *
 * @param request what is done to requests, in order
 * @param response what is done to answers, in order
 */
public record HeaderTransformConfig(List<Rule> request, List<Rule> response) {

    /** One operation on some headers. */
    public record Rule(Operation operate, @Nullable Source mapSource, List<Entry> headers) {}

    /** What is done. */
    public enum Operation {
        REMOVE,
        RENAME,
        REPLACE,
        ADD,
        APPEND,
        MAP,
        DEDUPE
    }

    /** Where {@code map} takes its value from. */
    public enum Source {
        /** The headers that are written, as where none is given. */
        HEADERS,
        /** The request's query. */
        QUERYS,
        /** The request's headers. */
        REQUEST
    }

    /** Which values {@code dedupe} keeps. */
    public enum Strategy {
        RETAIN_FIRST,
        RETAIN_LAST,
        RETAIN_UNIQUE,
        SPLIT_AND_RETAIN_FIRST,
        SPLIT_AND_RETAIN_LAST
    }

    /** One header; which components an operation takes is {@link Compiler}'s to check. */
    public record Entry(
            @Nullable String key,
            @Nullable String oldKey,
            @Nullable String newKey,
            @Nullable String value,
            @Nullable String newValue,
            @Nullable String appendValue,
            @Nullable String fromKey,
            @Nullable String toKey,
            @Nullable Strategy strategy,
            @Nullable String hostPattern,
            @Nullable String pathPattern) {}
}
