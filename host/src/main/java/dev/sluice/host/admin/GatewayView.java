package dev.sluice.host.admin;

import dev.sluice.host.config.Problem;
import dev.sluice.host.exchange.HostScope;
import dev.sluice.host.plugin.LeakWatch.Leak;
import dev.sluice.host.plugin.PluginCatalog;
import dev.sluice.host.plugin.PluginCatalog.Refused;
import dev.sluice.host.plugin.PluginGeneration;
import dev.sluice.host.route.Snapshot;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What the admin port shows of a gateway, and may ask of it. Thread-safe. */
public interface GatewayView {

    /** Whether a snapshot is published and the data port is bound. */
    boolean isReady();

    /** The snapshot that serves; null while there is none. */
    @Nullable
    Snapshot snapshot();

    /** The installed plugins. */
    PluginCatalog catalog();

    /** The jars that were refused when they were last looked at. */
    List<Refused> refused();

    /** Why the last reload was not published; empty if it was. */
    List<Problem> problems();

    /** The top-level keys of the config whose change waits for a restart. */
    List<String> needRestart();

    /** Snapshots that were replaced, and still have exchanges under way. */
    List<Snapshot> draining();

    /** Generations of theirs that serve no new request. */
    Set<PluginGeneration> drainingGenerations();

    /** Generations that an operator went back to. */
    Set<PluginGeneration> rolledBack();

    /** Generations that were unloaded, and whose classes are still held by somebody. */
    List<Leak> leaks();

    /** The last reloads, the latest first. */
    List<Reload> reloads();

    /** Reads the config and the plugins anew, changed or not. */
    CompletableFuture<Reload> reload();

    /**
     * Goes back to the generation of that plugin that was there before; empty: none is kept. Where that one cannot run
     * with the config of today, the reload has not {@linkplain Reload#changed changed} the plugin.
     */
    CompletableFuture<Optional<Reload>> rollBack(String plugin);

    /** All meters, in Prometheus's text format. */
    String scrape();

    /** What the filter of that name on that route shows and offers; the route is empty for filters of all routes. */
    Optional<HostScope> filter(String route, String name);
}
