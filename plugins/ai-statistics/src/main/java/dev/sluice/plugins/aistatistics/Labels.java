package dev.sluice.plugins.aistatistics;

/**
 * The names that are labels so far. One for all places of the filter, however often they are opened anew: their meters
 * stay, too.
 *
 * @param cacheResults what caches say
 * @param risks what guards say
 * @param limits what limiters say
 */
record Labels(
        BoundedNames models,
        BoundedNames consumers,
        BoundedNames cacheResults,
        BoundedNames risks,
        BoundedNames limits) {

    Labels() {
        this(new BoundedNames(), new BoundedNames(), new BoundedNames(), new BoundedNames(), new BoundedNames());
    }
}
