package dev.sluice.plugins.modelrouter;

import dev.sluice.api.ConfigException;
import dev.sluice.api.Dialect;
import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.Scope;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pf4j.Extension;

/** {@code model-router}: which provider and model serves a request, by the model's name or by what the user says. */
@Extension
public final class ModelRouter implements FilterPlugin<ModelRouterConfig> {
    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
    private static final Set<String> FRAMING = Set.of(
            "connection",
            "content-length",
            "content-type",
            "expect",
            "host",
            "keep-alive",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade");
    private static final List<String> USUAL_PATHS = List.of(
            "/completions",
            "/embeddings",
            "/images/generations",
            "/audio/speech",
            "/fine_tuning/jobs",
            "/moderations",
            "/image-synthesis",
            "/video-synthesis",
            "/rerank",
            "/messages",
            "/responses");

    @Override
    public String name() {
        return "model-router";
    }

    @Override
    public Class<ModelRouterConfig> configType() {
        return ModelRouterConfig.class;
    }

    @Override
    public FilterFactory open(ModelRouterConfig config, Scope scope) {
        checkHeader(config.addProviderHeader(), "addProviderHeader");
        checkHeader(config.modelToHeader(), "modelToHeader");
        if (config.addProviderHeader() != null && config.addProviderHeader().equalsIgnoreCase(config.modelToHeader())) {
            throw new ConfigException(
                    "modelToHeader", "the same header as addProviderHeader: it can tell one thing only, name another");
        }
        Set<String> providers =
                Set.copyOf(config.providers().isEmpty() ? scope.providers().keySet() : config.providers());
        AutoModels auto = AutoModels.of(config.autoRouting());
        return exchange -> concerns(config, exchange)
                ? new RouterFilter(exchange, config, providers, auto, scope.meters())
                : Filter.PASS;
    }

    private static void checkHeader(@Nullable String header, String path) {
        if (header != null && !TOKEN.matcher(header).matches()) {
            throw new ConfigException(path, "'" + header + "' is no header name: use letters, digits and hyphens");
        }
        if (header != null && FRAMING.contains(header.toLowerCase(Locale.ROOT))) {
            throw new ConfigException(
                    path, "'" + header + "' frames or routes the message itself: name a header of your own");
        }
    }

    /** An upload that names no model passes without being read. */
    private static boolean concerns(ModelRouterConfig config, Exchange exchange) {
        if (exchange.dialect() == Dialect.GEMINI || exchange.dialect() == Dialect.BEDROCK) {
            return false;
        }
        String path = exchange.request().path();
        if (!config.enableOnPathSuffix().isEmpty()) {
            return config.enableOnPathSuffix().stream().anyMatch(end -> end.equals("*") || path.endsWith(end));
        }
        return switch (exchange.operation()) {
            case CHAT, COUNT_TOKENS, EMBEDDINGS, IMAGES, AUDIO, MODERATIONS, RERANK -> true;
            default -> USUAL_PATHS.stream().anyMatch(path::endsWith);
        };
    }
}
