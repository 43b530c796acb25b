package dev.sluice.plugins.websearch.engine;

import dev.sluice.api.ConfigException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Makes engines of their configs, and refuses what an engine does not know. */
public final class Engines {

    private Engines() {}

    /** Whether an engine wants a key. */
    private enum Secret {
        REQUIRED,
        ALLOWED,
        NONE
    }

    /** What an engine is like: where it is, and which fields and options it knows. */
    private record Kind(
            String home,
            Secret key,
            Set<String> needs,
            Set<String> knows,
            Set<String> options,
            BiFunction<String, EngineConfig, Engine> make) {}

    private static final Map<EngineConfig.Type, Kind> KINDS = Map.of(
            EngineConfig.Type.GOOGLE,
            new Kind(
                    "https://www.googleapis.com",
                    Secret.REQUIRED,
                    Set.of("cx"),
                    Set.of(),
                    Set.of(
                            "c2coff",
                            "cr",
                            "dateRestrict",
                            "exactTerms",
                            "excludeTerms",
                            "fileType",
                            "filter",
                            "gl",
                            "hl",
                            "hq",
                            "highRange",
                            "linkSite",
                            "lowRange",
                            "lr",
                            "orTerms",
                            "rights",
                            "safe",
                            "siteSearch",
                            "siteSearchFilter",
                            "sort"),
                    Google::new),
            EngineConfig.Type.BING,
            new Kind(
                    "https://api.bing.microsoft.com",
                    Secret.REQUIRED,
                    Set.of(),
                    Set.of(),
                    Set.of(
                            "answerCount",
                            "cc",
                            "freshness",
                            "mkt",
                            "promote",
                            "responseFilter",
                            "safeSearch",
                            "setLang",
                            "textDecorations",
                            "textFormat"),
                    Bing::new),
            EngineConfig.Type.QUARK,
            new Kind(
                    "https://cloud-iqs.aliyuncs.com",
                    Secret.REQUIRED,
                    Set.of(),
                    Set.of("contentMode"),
                    Set.of(
                            "enableRerank",
                            "industry",
                            "page",
                            "returnMainText",
                            "returnMarkdownText",
                            "returnSummary",
                            "sessionId",
                            "timeRange"),
                    Quark::new),
            EngineConfig.Type.ARXIV,
            new Kind(
                    "https://export.arxiv.org",
                    Secret.NONE,
                    Set.of(),
                    Set.of("arxivCategory"),
                    Set.of("sortBy", "sortOrder"),
                    Arxiv::new),
            EngineConfig.Type.ELASTICSEARCH,
            new Kind(
                    "",
                    Secret.ALLOWED,
                    Set.of("index", "contentField", "semanticTextField", "linkField", "titleField"),
                    Set.of("username", "password"),
                    Set.of(),
                    Elasticsearch::new),
            EngineConfig.Type.TAVILY,
            new Kind(
                    "https://api.tavily.com",
                    Secret.REQUIRED,
                    Set.of(),
                    Set.of(),
                    Set.of(
                            "auto_parameters",
                            "chunks_per_source",
                            "country",
                            "days",
                            "end_date",
                            "exclude_domains",
                            "include_domains",
                            "search_depth",
                            "start_date",
                            "time_range",
                            "topic"),
                    Tavily::new),
            EngineConfig.Type.BRAVE,
            new Kind(
                    "https://api.search.brave.com",
                    Secret.REQUIRED,
                    Set.of(),
                    Set.of(),
                    Set.of(
                            "country",
                            "extra_snippets",
                            "freshness",
                            "goggles",
                            "result_filter",
                            "safesearch",
                            "search_lang",
                            "spellcheck",
                            "text_decorations",
                            "ui_lang",
                            "units"),
                    Brave::new),
            EngineConfig.Type.SEARXNG,
            new Kind(
                    "",
                    Secret.ALLOWED,
                    Set.of(),
                    Set.of(),
                    Set.of(
                            "categories",
                            "disabled_engines",
                            "enabled_engines",
                            "engines",
                            "language",
                            "pageno",
                            "safesearch",
                            "time_range"),
                    Searxng::new),
            EngineConfig.Type.SERPER,
            new Kind(
                    "https://google.serper.dev",
                    Secret.REQUIRED,
                    Set.of(),
                    Set.of(),
                    Set.of("autocorrect", "gl", "hl", "location", "tbs"),
                    Serper::new),
            EngineConfig.Type.EXA,
            new Kind(
                    "https://api.exa.ai",
                    Secret.REQUIRED,
                    Set.of(),
                    Set.of(),
                    Set.of(
                            "category",
                            "contents",
                            "endCrawlDate",
                            "endPublishedDate",
                            "excludeDomains",
                            "excludeText",
                            "includeDomains",
                            "includeText",
                            "moderation",
                            "startCrawlDate",
                            "startPublishedDate",
                            "type",
                            "userLocation"),
                    Exa::new));

    /**
     * The engine that a config describes.
     *
     * @param path where it stands in the filter's config, for messages
     * @throws ConfigException if it lacks what that engine needs, or says what it does not know
     */
    public static Engine of(EngineConfig config, String path) {
        EngineConfig.Type type = config.type();
        Kind kind = KINDS.get(type);
        if (kind == null) {
            throw new IllegalStateException("no engine is known by " + type);
        }
        key(config, kind, path);
        specifics(config).forEach((field, value) -> {
            if (value == null && kind.needs().contains(field)) {
                throw new ConfigException(path, type.word() + " needs '" + field + "': add it");
            }
            if (value != null && !kind.needs().contains(field) && !kind.knows().contains(field)) {
                throw new ConfigException(
                        path + "." + field, type.word() + " has no '" + field + "': remove it, or name another type");
            }
        });
        if (config.password() != null && config.username() == null) {
            throw new ConfigException(path + ".password", "it stands without a username: add that, or use apiKey");
        }
        if (config.apiKey() != null && config.username() != null) {
            throw new ConfigException(path + ".username", "it stands beside apiKey: keep one of them");
        }
        for (String option : config.options().keySet()) {
            if (!kind.options().contains(option)) {
                throw new ConfigException(
                        path + ".options",
                        type.word() + " has no option '" + option + "'"
                                + (kind.options().isEmpty()
                                        ? ": remove it, it takes none"
                                        : ": it takes " + String.join(", ", new TreeSet<>(kind.options()))));
            }
        }
        bounds(config, path);
        return kind.make().apply(Addresses.base(config, kind.home(), path), config);
    }

    private static void key(EngineConfig config, Kind kind, String path) {
        boolean given = config.apiKey() != null;
        if (!given && kind.key() == Secret.REQUIRED) {
            throw new ConfigException(path, config.type().word() + " needs a key: add 'apiKey'");
        }
        if (given && kind.key() == Secret.NONE) {
            throw new ConfigException(path + ".apiKey", config.type().word() + " takes no key: remove it");
        }
    }

    private static Map<String, @Nullable Object> specifics(EngineConfig config) {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put("cx", config.cx());
        fields.put("arxivCategory", config.arxivCategory());
        fields.put("index", config.index());
        fields.put("contentField", config.contentField());
        fields.put("semanticTextField", config.semanticTextField());
        fields.put("linkField", config.linkField());
        fields.put("titleField", config.titleField());
        fields.put("username", config.username());
        fields.put("password", config.password());
        fields.put("contentMode", config.contentMode());
        return fields;
    }

    private static void bounds(EngineConfig config, String path) {
        switch (config.type()) {
            case GOOGLE -> {
                atMost(config.count(), 10, "count", config, path);
                atMost(config.skipped() + config.count(), 100, "start and count together", config, path);
            }
            case BING -> atMost(config.count(), 50, "count", config, path);
            case TAVILY ->
                atMost(config.skipped() + config.count(), Tavily.MAX_RESULTS, "start and count together", config, path);
            case EXA ->
                atMost(config.skipped() + config.count(), Exa.MAX_RESULTS, "start and count together", config, path);
            case BRAVE -> {
                atMost(config.count(), 20, "count", config, path);
                pages(config, path);
                atMost(config.skipped() / config.count(), 9, "start divided by count", config, path);
            }
            case SERPER -> pages(config, path);
            default -> {}
        }
    }

    private static void atMost(int value, int bound, String what, EngineConfig config, String path) {
        if (value > bound) {
            throw new ConfigException(
                    path, config.type().word() + " takes at most " + bound + " for " + what + ", not " + value);
        }
    }

    private static void pages(EngineConfig config, String path) {
        if (config.skipped() % config.count() != 0) {
            throw new ConfigException(
                    path + ".start",
                    config.type().word() + " turns whole pages: make it a multiple of count (" + config.count() + ")");
        }
    }
}
