package dev.sluice.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.pf4j.ExtensionPoint;

/**
 * A kind of filter, as one jar brings it: its name, the shape of its config, and how to open it.
 *
 * <p>One instance lives as long as the jar's generation. Annotate the class with PF4J's {@code @Extension}; a jar may
 * export several. Beside it the jar carries {@code META-INF/sluice/<name>.json}, the descriptor: a JSON Schema
 * (2020-12) of the config, and where in a chain the filter may stand.
 *
 * @param <C> the config: a record whose components are the schema's properties
 */
public interface FilterPlugin<C extends Record> extends ExtensionPoint {

    /** The filter's name as written in a route, for example {@code cache}. Unique among all installed plugins. */
    String name();

    /** The record that a route's config is bound to, once the descriptor's schema has accepted it. */
    Class<C> configType();

    /**
     * Rewrites a config before it is validated; called once per entry, at load, on no event loop.
     *
     * <p>Plain renames belong into the descriptor's {@code x-aliases}, which keep the place in the file for error
     * messages; this is for what is more than a rename.
     *
     * @param config the entry's own copy of the tree, aliases already resolved; may be changed and returned
     */
    default ObjectNode normalize(ObjectNode config) {
        return config;
    }

    /**
     * Opens the filter for one place in one chain; called once per (generation, config, place), on no event loop, and
     * may take its time. An unchanged place keeps its factory over config reloads.
     *
     * @param config bound and validated
     * @param scope everything acquired through it is released when this place goes away
     * @throws ConfigException if the config is valid by schema and still cannot work; the message reaches the operator
     *     with file, line and column
     */
    FilterFactory open(C config, Scope scope);
}
