package dev.sluice.plugins.modelmapper;

import dev.sluice.api.Dialect;
import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.Scope;
import java.util.List;
import org.pf4j.Extension;

/** {@code model-mapper}: puts one model in the place of another. */
@Extension
public final class ModelMapper implements FilterPlugin<ModelMapperConfig> {
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
        return "model-mapper";
    }

    @Override
    public Class<ModelMapperConfig> configType() {
        return ModelMapperConfig.class;
    }

    @Override
    public FilterFactory open(ModelMapperConfig config, Scope scope) {
        Mapping mapping = new Mapping(config.modelMapping());
        return exchange -> concerns(config, exchange)
                ? new ModelMapperFilter(exchange, config.modelKey(), mapping, scope.meters())
                : Filter.PASS;
    }

    /** An upload that names no model passes without being read. */
    private static boolean concerns(ModelMapperConfig config, Exchange exchange) {
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
