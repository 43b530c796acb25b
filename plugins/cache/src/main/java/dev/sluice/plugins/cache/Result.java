package dev.sluice.plugins.cache;

import java.util.Locale;

/** What the cache did for a request. */
enum Result {
    /** It looked nothing up. */
    SKIP,
    /** It had no answer. */
    MISS,
    /** It had one that was too old, and this request fetched another. */
    REFRESH,
    /** It had one. */
    HIT,
    /** It had one to a question that means the same. */
    SEMANTIC,
    /** It had one that another request is replacing. */
    STALE;

    /** As callers and metrics read it. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** As other filters read it, who care for no more. */
    String plain() {
        return switch (this) {
            case SKIP -> "skip";
            case MISS, REFRESH -> "miss";
            case HIT, STALE -> "hit";
            case SEMANTIC -> "semantic";
        };
    }
}
