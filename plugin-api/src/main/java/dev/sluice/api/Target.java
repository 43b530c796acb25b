package dev.sluice.api;

import java.net.URI;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Where a try goes: a provider, and optionally a model and one of its endpoints. Immutable, equal by value. */
public final class Target {
    private final String provider;
    private final @Nullable String model;
    private final @Nullable URI endpoint;

    private Target(String provider, @Nullable String model, @Nullable URI endpoint) {
        this.provider = Objects.requireNonNull(provider, "provider");
        this.model = model;
        this.endpoint = endpoint;
    }

    /** A provider by its name in the config; model by its mapping, endpoint by its load balancing. */
    public static Target of(String provider) {
        return new Target(provider, null, null);
    }

    /** The same, with this model; the provider's mapping still applies to it. */
    public Target model(String model) {
        return new Target(provider, Objects.requireNonNull(model, "model"), endpoint);
    }

    /** The same, at this endpoint. */
    public Target endpoint(URI endpoint) {
        return new Target(provider, model, Objects.requireNonNull(endpoint, "endpoint"));
    }

    /** The provider's name. */
    public String provider() {
        return provider;
    }

    /** The model; null: the one the client asked for. */
    public @Nullable String model() {
        return model;
    }

    /** The endpoint's base URL; null: the provider's choice. */
    public @Nullable URI endpoint() {
        return endpoint;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Target t
                && provider.equals(t.provider)
                && Objects.equals(model, t.model)
                && Objects.equals(endpoint, t.endpoint);
    }

    @Override
    public int hashCode() {
        return Objects.hash(provider, model, endpoint);
    }

    @Override
    public String toString() {
        return provider + (model == null ? "" : "/" + model) + (endpoint == null ? "" : " at " + endpoint);
    }
}
