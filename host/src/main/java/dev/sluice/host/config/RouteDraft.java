package dev.sluice.host.config;

import dev.sluice.host.config.Config.RouteConfig;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A route as far as it was understood.
 *
 * @param filters its own entries that name an installed filter
 * @param known whether all of its entries do
 * @param config the route with what the host's schema says of it; null if that found problems
 */
record RouteDraft(
        String path,
        List<FilterDraft> filters,
        boolean known,
        @Nullable RouteConfig config) {}
