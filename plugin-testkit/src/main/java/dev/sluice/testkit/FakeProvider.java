package dev.sluice.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.sluice.api.Credential;
import dev.sluice.api.Provider;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A provider for the unit test of a filter. Changed by its own methods only. */
public final class FakeProvider implements Provider {
    private final String name;
    private final String type;
    private final List<Credential> credentials = new ArrayList<>();
    private final List<URI> endpoints = new ArrayList<>();
    private final Map<String, String> models = new HashMap<>();
    private JsonNode config = JsonNodeFactory.instance.objectNode();

    private FakeProvider(String name, String type) {
        this.name = name;
        this.type = type;
    }

    /** A provider of that name and type, with neither credentials nor endpoints. */
    public static FakeProvider of(String name, String type) {
        return new FakeProvider(name, type);
    }

    /** The same, with these tokens as further credentials. */
    public FakeProvider tokens(String... tokens) {
        for (String token : tokens) {
            credentials.add(Credential.of(token));
        }
        return this;
    }

    /** The same, with this further credential. */
    public FakeProvider credential(Credential credential) {
        credentials.add(credential);
        return this;
    }

    /** The same, with this further endpoint. */
    public FakeProvider endpoint(String uri) {
        endpoints.add(URI.create(uri));
        return this;
    }

    /** The same, with this name on the wire for that model; {@code *} stands for all others. No other globs here. */
    public FakeProvider model(String model, String onTheWire) {
        models.put(model, onTheWire);
        return this;
    }

    /** The same, with this config. */
    public FakeProvider config(JsonNode config) {
        this.config = config;
        return this;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String type() {
        return type;
    }

    @Override
    public JsonNode config() {
        return config;
    }

    @Override
    public List<Credential> credentials() {
        return List.copyOf(credentials);
    }

    @Override
    public List<URI> endpoints() {
        return List.copyOf(endpoints);
    }

    @Override
    public String wireModel(String model) {
        String mapped = models.getOrDefault(model, models.getOrDefault("*", ""));
        return mapped.isEmpty() ? model : mapped;
    }
}
