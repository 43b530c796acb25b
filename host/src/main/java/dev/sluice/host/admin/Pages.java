package dev.sluice.host.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Credential;
import dev.sluice.host.plugin.InstalledFilter;
import dev.sluice.host.plugin.PluginCatalog;
import dev.sluice.host.plugin.PluginGeneration;
import dev.sluice.host.route.HostProvider;
import dev.sluice.host.route.Route;
import dev.sluice.host.route.Snapshot;
import java.net.URI;

/** The trees that the management API shows. */
final class Pages {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private Pages() {}

    static ObjectNode status(GatewayView gateway, Snapshot snapshot) {
        ObjectNode tree = JSON.objectNode();
        tree.put("version", version());
        tree.put("ready", gateway.isReady());
        ObjectNode config = tree.putObject("config");
        config.put("valid", true);
        config.putArray("errors");
        config.put("generation", snapshot.number());
        config.put("since", snapshot.since().toString());
        ObjectNode plugins = plugins(gateway);
        tree.set("plugins", plugins);
        ObjectNode generations = tree.putObject("generations");
        generations.put("live", snapshot.generations().size());
        generations.put("draining", 0);
        return tree;
    }

    private static String version() {
        String version = Pages.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    static ObjectNode plugins(GatewayView gateway) {
        PluginCatalog catalog = gateway.catalog();
        ObjectNode tree = JSON.objectNode();
        ArrayNode loaded = tree.putArray("loaded");
        for (PluginGeneration generation : catalog.generations()) {
            ObjectNode plugin = loaded.addObject();
            plugin.put("id", generation.id());
            plugin.put("version", generation.version());
            plugin.put("sha256", generation.sha256());
            ArrayNode filters = plugin.putArray("filters");
            generation.filters().stream().map(InstalledFilter::name).forEach(filters::add);
        }
        ArrayNode refused = tree.putArray("refused");
        for (PluginCatalog.Refused jar : catalog.refused()) {
            refused.addObject().put("jar", jar.jar()).put("reason", jar.reason());
        }
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

    static ArrayNode providers(Snapshot snapshot) {
        ArrayNode tree = JSON.arrayNode();
        for (HostProvider provider : snapshot.providers().values()) {
            ObjectNode shown = tree.addObject();
            shown.put("name", provider.name());
            shown.put("type", provider.type());
            ArrayNode endpoints = shown.putArray("endpoints");
            provider.endpoints().forEach(e -> endpoints.add(e.toString()));
            ArrayNode keys = shown.putArray("credentials");
            provider.credentials().stream().map(Credential::masked).forEach(keys::add);
        }
        return tree;
    }
}
