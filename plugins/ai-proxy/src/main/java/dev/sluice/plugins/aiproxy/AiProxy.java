package dev.sluice.plugins.aiproxy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.ConfigException;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.Provider;
import dev.sluice.api.Scope;
import java.util.ArrayList;
import java.util.List;
import org.pf4j.Extension;

/** {@code ai-proxy}: one API in front of every model. */
@Extension
public final class AiProxy implements FilterPlugin<AiProxyConfig> {
    @Override
    public String name() {
        return "ai-proxy";
    }

    @Override
    public Class<AiProxyConfig> configType() {
        return AiProxyConfig.class;
    }

    /** Higress's lists of providers, of which one is active: that one stands inline. */
    @Override
    public ObjectNode normalize(ObjectNode config) {
        JsonNode providers = config.get("providers");
        if (providers == null) {
            return config;
        }
        String active = config.path("activeProviderId").asText("");
        List<String> ids = new ArrayList<>();
        for (JsonNode provider : providers) {
            String id = provider.path("id").asText("");
            ids.add(id);
            if (!config.has("provider") && (id.equals(active) || (active.isEmpty() && providers.size() == 1))) {
                config.set("provider", provider);
            }
        }
        if (!config.has("provider")) {
            throw new ConfigException(
                    "activeProviderId",
                    (active.isEmpty() ? "none of the providers is active" : "no provider has the id '" + active + "'")
                            + ": name one of " + String.join(", ", ids));
        }
        config.remove(List.of("providers", "activeProviderId"));
        return config;
    }

    @Override
    public FilterFactory open(AiProxyConfig config, Scope scope) {
        Provider provider = provider(config.provider(), scope);
        Upstreams upstreams = new Upstreams(config, scope);
        // Another filter may pick any of them.
        scope.providers().values().stream()
                .filter(other -> other == provider || Upstreams.knows(other))
                .forEach(other -> check(other, upstreams));
        return exchange -> new ProxyFilter(exchange, provider, config, upstreams);
    }

    private static void check(Provider provider, Upstreams upstreams) {
        try {
            Settings.check(provider);
            if (provider.type().equals(EchoUpstream.TYPE)) {
                EchoSettings.of(provider.config());
            } else {
                upstreams.vendor(provider);
            }
        } catch (IllegalArgumentException e) {
            throw new ConfigException("provider", "provider '" + provider.name() + "': " + e.getMessage());
        }
    }

    private static Provider provider(String name, Scope scope) {
        Provider provider = scope.providers().get(name);
        if (provider == null) {
            List<String> known = scope.providers().keySet().stream().sorted().toList();
            throw new ConfigException(
                    "provider",
                    "there is no provider '" + name + "'; "
                            + (known.isEmpty()
                                    ? "define it under 'providers:'"
                                    : "defined are " + String.join(", ", known)));
        }
        return provider;
    }
}
