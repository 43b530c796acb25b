package dev.sluice.plugins.websearch;

import dev.sluice.api.Exchange;
import dev.sluice.api.Scope;
import dev.sluice.api.llm.ChatRequest;
import dev.sluice.plugins.websearch.Counters.Outcome;
import dev.sluice.plugins.websearch.WebSearchConfig.OnRewriteFailure;
import dev.sluice.plugins.websearch.engine.Engine;
import dev.sluice.plugins.websearch.engine.EngineConfig;
import dev.sluice.plugins.websearch.engine.Engines;
import dev.sluice.plugins.websearch.engine.Found;
import dev.sluice.plugins.websearch.engine.Query;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Searches for one place in a chain: decides what to look for, asks all engines at once, joins what they found. */
final class Searcher {
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("MMMM d, uuuu", Locale.ENGLISH);
    private static final int MAX_TITLE = 200;
    private static final int MAX_DATE = 40;

    /** More help no model, and would be long to clean. */
    private static final int MAX_SOURCES = 50;

    /** No tokenizer has longer ones on average. */
    private static final long LENGTH_OF_TOKEN = 8;

    /** Stands, by identity, for a call that has failed or not come back. */
    private static final List<Found> FAILED = Collections.unmodifiableList(new ArrayList<>());

    private final WebSearchConfig config;
    private final List<EngineUse> engines = new ArrayList<>();
    private final Set<Engine.Topic> topics = EnumSet.noneOf(Engine.Topic.class);
    private final @Nullable Rewriting rewriting;
    private final Counters counters;
    private final Scope scope;

    Searcher(WebSearchConfig config, Scope scope, Counters counters) {
        this.config = config;
        this.counters = counters;
        this.scope = scope;
        for (int i = 0; i < config.searchFrom().size(); i++) {
            EngineConfig one = config.searchFrom().get(i);
            Engine engine = Engines.of(one, "searchFrom[" + i + "]");
            topics.add(engine.topic());
            engines.add(new EngineUse(engine, one, config, scope, counters));
        }
        rewriting = config.searchRewrite() == null ? null : Rewriting.of(config.searchRewrite(), topics, scope);
    }

    /** What a search has come to. */
    record Result(Outcome outcome, List<Source> sources) {}

    /** Searches for what a request asks; the stage does not fail, and completes within the config's time. */
    CompletionStage<Result> search(Exchange exchange, ChatRequest chat, SearchOptions options) {
        CompletableFuture<Result> result = new CompletableFuture<>();
        List<List<Found>> lists = new ArrayList<>();
        var unused = exchange.after(config.timeout()).thenRun(() -> {
            if (!result.isDone()) {
                result.complete(outcome(lists, false));
            }
        });
        var unusedAsWell = intent(exchange, chat, options)
                .thenCompose(intent -> {
                    if (intent == null) {
                        return CompletableFuture.completedFuture(new Result(Outcome.FAILED, List.of()));
                    }
                    return ask(exchange, options, intent, lists);
                })
                .whenComplete((found, failure) -> {
                    if (failure != null) {
                        scope.log().warn("a search failed, the request goes on without", failure);
                    }
                    result.complete(failure == null ? found : new Result(Outcome.FAILED, List.of()));
                });
        return result;
    }

    /** What to look for; null if that is not known, and nothing is to be looked for then. */
    private CompletionStage<@Nullable Intent> intent(Exchange exchange, ChatRequest chat, SearchOptions options) {
        Intent asked = new Intent(topics.stream()
                .map(topic -> new Intent.Wanted(chat.lastUserText(), topic, ""))
                .toList());
        Rewriting model = rewriting;
        if (model == null) {
            return CompletableFuture.completedFuture(asked);
        }
        int most = options.size().queries(model.maxQueries());
        // The other half of the time is for the engines.
        Duration patience = config.timeout().dividedBy(2);
        return model.ask(exchange, chat, options.location(), date(options), most, patience)
                .handle((intent, failure) -> {
                    boolean usable = failure == null && intent != null;
                    counters.rewrite(
                            exchange.route(),
                            !usable ? "failed" : intent.queries().isEmpty() ? "none" : "ok");
                    if (usable) {
                        return intent;
                    }
                    return config.onRewriteFailure() == OnRewriteFailure.QUESTION ? asked : null;
                });
    }

    private CompletionStage<Result> ask(
            Exchange exchange, SearchOptions options, Intent intent, List<List<Found>> lists) {
        String language = config.defaultLang() == null ? "" : config.defaultLang();
        List<String> texts = new ArrayList<>();
        List<CompletableFuture<?>> calls = new ArrayList<>();
        for (Intent.Wanted wanted : intent.queries()) {
            Query query = new Query(wanted.text(), wanted.topic(), language, options.location(), wanted.category());
            if (!texts.contains(query.text())) {
                texts.add(query.text());
            }
            for (EngineUse engine : engines) {
                if (engine.topic() == query.topic() && !query.text().isEmpty()) {
                    int place = lists.size();
                    lists.add(FAILED);
                    calls.add(engine.find(exchange, query)
                            .thenAccept(found -> lists.set(place, found == null ? FAILED : found))
                            .toCompletableFuture());
                }
            }
        }
        exchange.note("search_queries", String.join(" | ", texts));
        return CompletableFuture.allOf(calls.toArray(CompletableFuture<?>[]::new))
                .thenApply(all -> outcome(lists, true));
    }

    private Result outcome(List<List<Found>> lists, boolean decided) {
        List<Source> sources = new ArrayList<>();
        long length = 0;
        for (Found found : Ranking.merge(lists)) {
            // What cannot fit into the budget need not be cleaned.
            if (sources.size() == MAX_SOURCES || length > LENGTH_OF_TOKEN * config.maxTokens()) {
                break;
            }
            Source source = source(found);
            sources.add(source);
            length += source.content().length();
        }
        if (!sources.isEmpty()) {
            return new Result(Outcome.HIT, List.copyOf(sources));
        }
        boolean failed = lists.isEmpty() ? !decided : lists.stream().allMatch(list -> list == FAILED);
        return new Result(failed ? Outcome.FAILED : Outcome.NONE, List.of());
    }

    private Source source(Found found) {
        String url = Urls.link(found.url());
        String title = Cleaning.line(found.title(), MAX_TITLE);
        return new Source(
                title.isEmpty() ? url : title,
                url,
                Cleaning.text(found.content(), config.maxResultLength()),
                Cleaning.line(found.published(), MAX_DATE));
    }

    /** Today, where the user is if that is said. */
    static String date(SearchOptions options) {
        ZoneId zone = ZoneId.systemDefault();
        try {
            String named = options.location().timezone();
            zone = named.isEmpty() ? zone : ZoneId.of(named);
        } catch (DateTimeException e) {
            // A zone that nobody knows: the gateway's will do.
        }
        return DATE.format(LocalDate.now(zone));
    }
}
