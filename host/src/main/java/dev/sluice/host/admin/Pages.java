package dev.sluice.host.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Credential;
import dev.sluice.host.config.Problem;
import dev.sluice.host.plugin.InstalledFilter;
import dev.sluice.host.plugin.LeakWatch.Leak;
import dev.sluice.host.plugin.PluginCatalog;
import dev.sluice.host.plugin.PluginGeneration;
import dev.sluice.host.route.HostProvider;
import dev.sluice.host.route.Route;
import dev.sluice.host.route.Snapshot;
import dev.sluice.host.upstream.Endpoint;
import dev.sluice.host.upstream.Endpoints;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The trees that the management API shows. */
final class Pages {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private Pages() {}

    static ObjectNode status(GatewayView gateway, Snapshot snapshot) {
        ObjectNode tree = JSON.objectNode();
        tree.put("version", version());
        tree.put("ready", gateway.isReady());
        ObjectNode config = tree.putObject("config");
        config.put("valid", gateway.problems().isEmpty());
        ArrayNode errors = config.putArray("errors");
        gateway.problems().forEach(problem -> errors.add(problem(problem)));
        gateway.needRestart().forEach(config.putArray("needRestart")::add);
        config.put("generation", snapshot.number());
        config.put("since", snapshot.since().toString());
        tree.set("plugins", plugins(gateway));
        ObjectNode generations = tree.putObject("generations");
        generations.put("live", gateway.catalog().generations().size());
        generations.put("draining", gateway.drainingGenerations().size());
        generations.put("leaked", gateway.leaks().size());
        ArrayNode draining = tree.putArray("draining");
        for (Snapshot old : gateway.draining()) {
            draining.addObject()
                    .put("generation", old.number())
                    .put("since", old.since().toString())
                    .put("inFlight", old.inFlight());
        }
        ArrayNode reloads = tree.putArray("reloads");
        gateway.reloads().forEach(reload -> reloads.add(reload(reload)));
        return tree;
    }

    private static ObjectNode problem(Problem problem) {
        return JSON.objectNode()
                .put("file", problem.file())
                .put("line", problem.line())
                .put("column", problem.column())
                .put("path", problem.path())
                .put("message", problem.message());
    }

    static ObjectNode reload(Reload reload) {
        ObjectNode tree = JSON.objectNode();
        tree.put("at", reload.at().toString());
        tree.put("published", reload.published());
        tree.put("generation", reload.snapshot());
        ArrayNode changes = tree.putArray("changes");
        for (Reload.Change change : reload.changes()) {
            changes.addObject()
                    .put("plugin", change.plugin())
                    .put("from", change.from())
                    .put("to", change.to());
        }
        ArrayNode errors = tree.putArray("errors");
        reload.problems().forEach(problem -> errors.add(problem(problem)));
        tree.set("refused", refused(reload.refused()));
        return tree;
    }

    private static String version() {
        String version = Pages.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    static ObjectNode plugins(GatewayView gateway) {
        ObjectNode tree = JSON.objectNode();
        ArrayNode loaded = tree.putArray("loaded");
        gateway.catalog().generations().forEach(live -> loaded.add(generation(gateway, live, "live")));
        tree.set("refused", refused(gateway.refused()));
        return tree;
    }

    /** All generations of one plugin: live, draining, leaked; null if there is no such plugin. */
    static @Nullable ObjectNode plugin(GatewayView gateway, String id) {
        ObjectNode tree = JSON.objectNode();
        tree.put("id", id);
        ArrayNode generations = tree.putArray("generations");
        gateway.catalog().generations().stream()
                .filter(g -> g.id().equals(id))
                .forEach(g -> generations.add(generation(gateway, g, "live")));
        gateway.drainingGenerations().stream()
                .filter(g -> g.id().equals(id))
                .forEach(g -> generations.add(generation(gateway, g, "draining")));
        for (Leak leak : gateway.leaks()) {
            if (leak.plugin().equals(id)) {
                ObjectNode leaked = generations.addObject();
                leaked.put("generation", leak.generation());
                leaked.put("state", "leaked");
                leaked.put("unloaded", leak.unloaded().toString());
                leak.suspects().forEach(leaked.putArray("suspects")::add);
            }
        }
        return generations.isEmpty() ? null : tree;
    }

    private static ObjectNode generation(GatewayView gateway, PluginGeneration generation, String state) {
        ObjectNode tree = JSON.objectNode();
        tree.put("id", generation.id());
        tree.put("version", generation.version());
        tree.put("sha256", generation.sha256());
        tree.put("state", state);
        tree.put("loaded", generation.loaded().toString());
        tree.put("inFlight", inFlight(gateway, generation));
        tree.put("errors", generation.failures());
        if (gateway.rolledBack().contains(generation)) {
            tree.put("rolledBack", true);
        }
        ArrayNode filters = tree.putArray("filters");
        generation.filters().stream().map(InstalledFilter::name).forEach(filters::add);
        return tree;
    }

    /** Exchanges of the snapshots in which it serves; not all of them need to pass its filters. */
    private static long inFlight(GatewayView gateway, PluginGeneration generation) {
        Snapshot current = gateway.snapshot();
        return Stream.concat(Stream.ofNullable(current), gateway.draining().stream())
                .filter(snapshot -> snapshot.generations().contains(generation))
                .mapToLong(Snapshot::inFlight)
                .sum();
    }

    private static ArrayNode refused(List<PluginCatalog.Refused> jars) {
        ArrayNode tree = JSON.arrayNode();
        jars.forEach(jar -> tree.addObject().put("jar", jar.jar()).put("reason", jar.reason()));
        return tree;
    }

    static ArrayNode routes(Snapshot snapshot) {
        ArrayNode tree = JSON.arrayNode();
        for (Route route : snapshot.routes().routes()) {
            ObjectNode shown = tree.addObject();
            shown.put("name", route.name());
            var match = route.config().match();
            ObjectNode matches = shown.putObject("match");
            if (match.path() != null) {
                matches.put("path", match.path());
            }
            match.model().forEach(matches.withArray("model")::add);
            match.host().forEach(matches.withArray("host")::add);
            match.method().forEach(matches.withArray("method")::add);
            match.headers().forEach(matches.withObject("headers")::put);
            URI upstream = route.config().upstream();
            if (upstream != null) {
                shown.put("upstream", upstream.toString());
            }
            ArrayNode filters = shown.putArray("filters");
            for (int i = 0; i < route.chain().size(); i++) {
                filters.add(route.chain().entry(i).name());
            }
        }
        return tree;
    }

    private static ObjectNode endpoint(Endpoints endpoints, Endpoint endpoint) {
        Endpoint.State state = endpoints.state(endpoint);
        ObjectNode tree = JSON.objectNode();
        tree.put("url", endpoint.uri().toString());
        tree.put("state", state.name().toLowerCase(Locale.ROOT));
        tree.put("inFlight", endpoint.inFlight());
        tree.put("ejections", endpoint.ejections());
        if (state == Endpoint.State.EJECTED) {
            tree.put("ejectedForMillis", endpoints.ejectedFor(endpoint).toMillis());
        }
        if (!endpoint.latency().isZero()) {
            tree.put("firstEventMicros", endpoint.latency().toNanos() / 1000);
        }
        String trouble = endpoint.trouble();
        if (trouble != null) {
            tree.put("check", trouble);
        }
        return tree;
    }

    static ArrayNode providers(Snapshot snapshot) {
        ArrayNode tree = JSON.arrayNode();
        for (HostProvider provider : snapshot.providers().values()) {
            ObjectNode shown = tree.addObject();
            shown.put("name", provider.name());
            shown.put("type", provider.type());
            ArrayNode endpoints = shown.putArray("endpoints");
            provider.balanced().all().forEach(e -> endpoints.add(endpoint(provider.balanced(), e)));
            ArrayNode keys = shown.putArray("credentials");
            provider.credentials().stream().map(Credential::masked).forEach(keys::add);
        }
        return tree;
    }
}
