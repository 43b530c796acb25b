package dev.sluice.host.route;

import dev.sluice.host.config.Config.RouteConfig;

/**
 * A route as it serves: its config and its opened chain.
 *
 * @param order its place in the config; the lowest that matches wins
 */
public record Route(int order, RouteConfig config, Chain chain) {

    /** The route's name. */
    public String name() {
        return config.name();
    }
}
