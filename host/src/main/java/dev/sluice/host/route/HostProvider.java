package dev.sluice.host.route;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.Credential;
import dev.sluice.api.Provider;
import dev.sluice.host.config.Config.ProviderConfig;
import dev.sluice.host.upstream.Endpoints;
import java.net.URI;
import java.util.List;

/** A provider as it serves: its config, its model mapping, and its endpoints. */
public final class HostProvider implements Provider {
    private final ProviderConfig config;
    private final List<Credential> credentials;
    private final ModelMapping mapping;
    private final Endpoints balanced;

    /** A provider of that config. */
    public HostProvider(ProviderConfig config, Endpoints balanced) {
        this.config = config;
        this.balanced = balanced;
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

    /** Its endpoints, and how they are. */
    public Endpoints balanced() {
        return balanced;
    }
}
