package dev.sluice.host.route;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.Credential;
import dev.sluice.api.Provider;
import dev.sluice.host.config.Config.ProviderConfig;
import java.net.URI;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A provider as it serves: its config, its model mapping, and whose turn it is among its endpoints. */
public final class HostProvider implements Provider {
    private final ProviderConfig config;
    private final List<Credential> credentials;
    private final ModelMapping mapping;
    private final AtomicInteger turn = new AtomicInteger();

    /** A provider of that config. */
    public HostProvider(ProviderConfig config) {
        this.config = config;
        this.credentials = config.credentials().stream().map(Credential::of).toList();
        this.mapping = new ModelMapping(config.modelMapping());
    }

    /** The config. */
    public ProviderConfig settings() {
        return config;
    }

    @Override
    public String name() {
        return config.name();
    }

    @Override
    public String type() {
        return config.type();
    }

    @Override
    public JsonNode config() {
        return config.tree();
    }

    @Override
    public List<Credential> credentials() {
        return credentials;
    }

    @Override
    public List<URI> endpoints() {
        return config.endpoints();
    }

    @Override
    public String wireModel(String model) {
        return mapping.map(model);
    }

    /** The endpoint for the next try, in turn; null if it has none. */
    public @Nullable URI nextEndpoint() {
        List<URI> endpoints = config.endpoints();
        return switch (endpoints.size()) {
            case 0 -> null;
            case 1 -> endpoints.get(0);
            default -> endpoints.get(Math.floorMod(turn.getAndIncrement(), endpoints.size()));
        };
    }
}
