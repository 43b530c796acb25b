package dev.sluice.plugins.aiproxy;

import dev.sluice.api.ConfigException;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.Provider;
import dev.sluice.api.Scope;
import java.util.List;
import java.util.Map;
import org.pf4j.Extension;

/** {@code ai-proxy}: one API in front of every model. */
@Extension
public final class AiProxy implements FilterPlugin<AiProxyConfig> {
    private static final Map<String, List<String>> SETTINGS =
            Map.of(EchoUpstream.TYPE, EchoSettings.NAMES, AnthropicUpstream.TYPE, AnthropicUpstream.SETTINGS);

    @Override
    public String name() {
        return "ai-proxy";
    }

    @Override
    public Class<AiProxyConfig> configType() {
        return AiProxyConfig.class;
    }

    @Override
    public FilterFactory open(AiProxyConfig config, Scope scope) {
        Provider provider = provider(config.provider(), scope);
        SETTINGS.forEach((type, settings) -> check(provider, type, settings));
        if (provider.type().equals(EchoUpstream.TYPE)) {
            checkEcho(provider);
        }
        Upstreams upstreams = new Upstreams(config, scope);
        return exchange -> new ProxyFilter(exchange, provider, config, upstreams);
    }

    private static void check(Provider provider, String type, List<String> settings) {
        for (String setting : settings) {
            if (!provider.type().equals(type) && provider.config().has(setting)) {
                throw new ConfigException(
                        "provider",
                        "provider '" + provider.name() + "' is of type " + provider.type() + ", but '" + setting
                                + "' is a setting of type " + type + " alone: remove it");
            }
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

    private static void checkEcho(Provider provider) {
        try {
            EchoSettings.of(provider.config());
        } catch (IllegalArgumentException e) {
            throw new ConfigException("provider", "provider '" + provider.name() + "': " + e.getMessage());
        }
    }
}
