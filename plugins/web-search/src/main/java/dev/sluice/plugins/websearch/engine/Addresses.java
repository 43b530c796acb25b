package dev.sluice.plugins.websearch.engine;

import dev.sluice.api.ConfigException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where an engine is: its {@code url}, what Higress's names of services say, or the vendor's own address. */
final class Addresses {
    private static final int HTTPS = 443;

    /** Names in a registry of Higress's, which no resolver knows. */
    private static final List<String> REGISTRIES =
            List.of(".dns", ".static", ".nacos", ".consul", ".eureka", ".zookeeper");

    private Addresses() {}

    /**
     * The base of an engine's URLs.
     *
     * @param home the vendor's; empty if there is none
     */
    static String base(EngineConfig config, String home, String path) {
        String url = config.url();
        String host = host(config);
        if (url != null && (config.serviceHost() != null || config.servicePort() != null)) {
            throw new ConfigException(
                    path + ".url", "it stands beside serviceHost or servicePort, which say the same: keep one");
        }
        if (url != null) {
            return url;
        }
        int port = config.servicePort() == null ? HTTPS : config.servicePort();
        if (host != null) {
            return (port == HTTPS ? "https://" : "http://") + host + ":" + port;
        }
        if (home.isEmpty() || port != HTTPS) {
            throw new ConfigException(
                    path,
                    config.serviceName() == null
                            ? config.type().word() + " needs to know where it is: add 'url'"
                            : "'" + config.serviceName() + "' is a name in a registry of Higress's, which says here"
                                    + " nothing of where the service is: add 'serviceHost', or 'url' in its place");
        }
        return home;
    }

    private static @Nullable String host(EngineConfig config) {
        if (config.serviceHost() != null) {
            return config.serviceHost();
        }
        String name = config.serviceName();
        boolean resolvable =
                name != null && name.contains(".") && REGISTRIES.stream().noneMatch(name::endsWith);
        return resolvable ? name : null;
    }
}
