package dev.sluice.plugins.websearch;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.Body;
import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.Reply;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Step;
import dev.sluice.api.llm.ChatRequest;
import dev.sluice.plugins.websearch.Counters.Outcome;
import java.util.List;

/** Searches for what one request asks, and puts what was found before the model. */
class SearchFilter implements Filter {
    static final String HEADER = "x-sluice-search";
    private static final String OPTIONS = "web_search_options";

    private final Exchange exchange;
    private final WebSearch.Opened opened;
    private Outcome outcome = Outcome.OFF;

    SearchFilter(Exchange exchange, WebSearch.Opened opened) {
        this.exchange = exchange;
        this.opened = opened;
    }

    @Override
    public final Step onRequestBody(Body body) {
        JsonNode given = body.field(OPTIONS);
        SearchOptions options = SearchOptions.NONE;
        if (!given.isMissingNode()) {
            // No provider behind knows better: the search is made here.
            body.edit(root -> root.remove(OPTIONS));
            try {
                options = given.isNull() ? options : SearchOptions.of(given);
            } catch (IllegalArgumentException e) {
                return Reply.error(400, "bad_request", String.valueOf(e.getMessage()));
            }
        }
        if (!opened.config().defaultEnable() && (given.isMissingNode() || given.isNull())) {
            return over(Outcome.OFF);
        }
        ChatRequest chat = ChatRequest.of(exchange, body);
        if (chat.lastUserText().isBlank()) {
            return over(Outcome.NONE);
        }
        SearchOptions asked = options;
        return Step.when(opened.searcher().search(exchange, chat, asked).thenApply(result -> {
            Outcome became = result.outcome() == Outcome.HIT ? show(chat, result.sources(), asked) : result.outcome();
            return over(became);
        }));
    }

    private Outcome show(ChatRequest chat, List<Source> sources, SearchOptions options) {
        Prompt.Made made = opened.prompt()
                .make(
                        sources,
                        chat.lastUserText(),
                        Searcher.date(options),
                        exchange::tokens,
                        options.size().tokens(opened.config().maxTokens()));
        if (made == null) {
            return Outcome.NONE;
        }
        chat.replaceLastUserText(made.text());
        opened.counters().tokens(exchange.route(), made.tokens());
        exchange.note("search_results", made.sources().size());
        exchange.note("search_tokens", made.tokens());
        shown(made.sources());
        return Outcome.HIT;
    }

    /** These are before the model now. */
    void shown(List<Source> sources) {}

    private Step over(Outcome became) {
        outcome = became;
        opened.counters().request(exchange.route(), became);
        exchange.note("search", became.word());
        return Step.next();
    }

    @Override
    public Step onResponse(ResponseHead head) {
        head.headers().set(HEADER, outcome.word());
        return Step.next();
    }
}
