package dev.sluice.plugins.cache;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.ConfigException;
import dev.sluice.api.Credential;
import dev.sluice.api.HttpRequest;
import dev.sluice.api.HttpResponse;
import dev.sluice.api.Provider;
import dev.sluice.api.Scope;
import dev.sluice.plugins.cache.SemanticConfig.EmbeddingConfig;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Vectors by an endpoint. Thread-safe. */
final class RemoteEmbedder implements Embedder {
    private final Scope scope;
    private final EmbeddingType type;
    private final URI uri;
    private final String model;
    private final String apiKey;
    private final EmbeddingConfig config;
    private final Duration timeout;

    private RemoteEmbedder(
            Scope scope,
            EmbeddingType type,
            URI uri,
            String model,
            String apiKey,
            EmbeddingConfig config,
            Duration timeout) {
        this.scope = scope;
        this.type = type;
        this.uri = uri;
        this.model = model;
        this.apiKey = apiKey;
        this.config = config;
        this.timeout = config.timeout() == null ? timeout : config.timeout();
    }

    /**
     * The endpoint that the config means.
     *
     * @param path where it stands in the config
     * @throws ConfigException if it says too little, or what does not go together
     */
    static Embedder of(EmbeddingConfig config, String path, Duration timeout, Scope scope) {
        Provider provider = provider(config, path, scope);
        if (provider == null && config.type() == null) {
            throw new ConfigException(
                    path,
                    "it does not say what speaks there: add type, such as openai, or provider, one of the config's");
        }
        EmbeddingType type = EmbeddingType.of(config.type() == null ? "openai" : config.type());
        for (String need : type.needs()) {
            boolean there = switch (need) {
                case "appId" -> config.appId() != null;
                case "apiKey" -> config.apiKey() != null;
                case "apiSecret" -> config.apiSecret() != null;
                case "apiVersion" -> config.apiVersion() != null;
                default -> config.dimensions() != null;
            };
            if (!there) {
                throw new ConfigException(path, type.word() + " needs '" + need + "': add it");
            }
        }
        String asked = config.model() == null ? type.model() : config.model();
        String model = provider == null ? asked : provider.wireModel(asked);
        String key = config.apiKey() != null ? config.apiKey() : provider == null ? "" : token(provider);
        URI uri = address(type, base(config, path, type, provider), model, config.apiVersion());
        return new RemoteEmbedder(scope, type, uri, model, key, config, timeout);
    }

    private static String text(@Nullable String given) {
        return given == null ? "" : given;
    }

    private static @Nullable Provider provider(EmbeddingConfig config, String path, Scope scope) {
        String name = config.provider();
        if (name == null) {
            return null;
        }
        Provider provider = scope.providers().get(name);
        if (provider == null) {
            throw new ConfigException(
                    path + ".provider",
                    "there is no provider '" + name + "'; there are "
                            + String.join(", ", scope.providers().keySet()));
        }
        if (config.url() != null) {
            throw new ConfigException(path, "'provider' says where it is: remove 'url'");
        }
        if (config.type() != null && !config.type().equals("openai")) {
            throw new ConfigException(path + ".type", "a provider is asked in OpenAI's dialect: remove it");
        }
        return provider;
    }

    private static String token(Provider provider) {
        return provider.credentials().stream()
                .map(Credential::token)
                .filter(token -> token != null)
                .findFirst()
                .orElse("");
    }

    private static String base(EmbeddingConfig config, String path, EmbeddingType type, @Nullable Provider provider) {
        if (provider != null) {
            return provider.endpoints().stream()
                    .findFirst()
                    .map(URI::toString)
                    .orElseThrow(() -> new ConfigException(
                            path + ".provider",
                            "the provider '" + provider.name() + "' has no address that could be asked: use another"));
        }
        if (config.url() != null) {
            return config.url().toString();
        }
        if (type.home().isEmpty()) {
            throw new ConfigException(path, "it does not say where " + type.word() + " is: add url: http://host:port");
        }
        return type.home();
    }

    /** A host alone is completed by the vendor's path; of OpenAI's dialect, a path is where its operations begin. */
    private static URI address(EmbeddingType type, String base, String model, @Nullable String version) {
        String trimmed = base.replaceFirst("/+$", "");
        String rest = URI.create(trimmed.replace("{model}", "m")).getRawPath();
        String whole = rest == null || rest.isEmpty()
                ? trimmed + type.path()
                : type == EmbeddingType.OPENAI && !rest.endsWith("/embeddings") ? trimmed + "/embeddings" : trimmed;
        String query = version == null ? "" : "?api-version=" + URLEncoder.encode(version, StandardCharsets.UTF_8);
        String named = URLEncoder.encode(model, StandardCharsets.UTF_8).replace("%2F", "/");
        return URI.create(whole.replace("{model}", named) + query);
    }

    private int dimensions() {
        return config.dimensions() == null ? 0 : config.dimensions();
    }

    @Override
    public String name() {
        return type.word() + ' ' + uri.getHost() + ' ' + model + ' ' + dimensions();
    }

    @Override
    public CompletionStage<float[]> embed(String text) {
        return scope.call(request(text).timeout(timeout)).thenApply(this::read);
    }

    private HttpRequest request(String text) {
        if (type == EmbeddingType.XFYUN) {
            return Xfyun.request(
                    uri, text, text(config.appId()), apiKey, text(config.apiSecret()), model, Instant.now());
        }
        HttpRequest plain = HttpRequest.post(uri, type.question(model, text, dimensions()));
        return switch (type) {
            case TEXTIN ->
                plain.header("x-ti-app-id", text(config.appId())).header("x-ti-secret-code", text(config.apiSecret()));
            case AZURE -> plain.header("api-key", apiKey);
            default -> apiKey.isEmpty() ? plain : plain.header("authorization", "Bearer " + apiKey);
        };
    }

    private float[] read(HttpResponse answer) {
        if (!answer.isSuccess()) {
            throw new IllegalStateException(uri.getHost() + " answers with status " + answer.status());
        }
        JsonNode found = type.vector(answer.json());
        if (type == EmbeddingType.XFYUN) {
            return Xfyun.vector(found.asText());
        }
        if (!found.isArray() || found.isEmpty()) {
            throw new IllegalStateException(uri.getHost() + " answers without a vector");
        }
        float[] vector = new float[found.size()];
        for (int i = 0; i < vector.length; i++) {
            vector[i] = found.get(i).isNumber() ? found.get(i).floatValue() : Float.NaN;
        }
        return vector;
    }
}
