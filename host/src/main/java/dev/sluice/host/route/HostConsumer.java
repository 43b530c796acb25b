package dev.sluice.host.route;

import dev.sluice.api.Consumer;
import dev.sluice.api.Credential;
import dev.sluice.host.config.Config.ConsumerConfig;
import java.util.List;
import java.util.Set;

/** A consumer of the config, as filters see it. */
public record HostConsumer(String name, Set<String> groups, List<Credential> credentials) implements Consumer {

    /** That entry of the config. */
    public static HostConsumer of(ConsumerConfig config) {
        return new HostConsumer(
                config.name(),
                Set.copyOf(config.groups()),
                config.credentials().stream().map(Credential::of).toList());
    }
}
