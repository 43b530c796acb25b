package dev.sluice.host.admin;

import dev.sluice.host.exchange.HostScope;
import dev.sluice.host.plugin.PluginCatalog;
import dev.sluice.host.route.Snapshot;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the admin port shows of a gateway. Thread-safe. */
public interface GatewayView {

    /** Whether a snapshot is published and the data port is bound. */
    boolean isReady();

    /** The snapshot that serves; null while there is none. */
    @Nullable
    Snapshot snapshot();

    /** The installed plugins, and the refused ones. */
    PluginCatalog catalog();

    /** All meters, in Prometheus's text format. */
    String scrape();

    /** What the filter of that name on that route shows and offers; the route is empty for filters of all routes. */
    Optional<HostScope> filter(String route, String name);
}
