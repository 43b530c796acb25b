package dev.sluice.plugins.websearch;

import dev.sluice.api.ConfigException;
import dev.sluice.api.Dialect;
import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.Operation;
import dev.sluice.api.Scope;
import org.pf4j.Extension;

/** {@code web-search}: what search engines find is put before the model, and its answer says where from. */
@Extension
public final class WebSearch implements FilterPlugin<WebSearchConfig> {

    @Override
    public String name() {
        return "web-search";
    }

    @Override
    public Class<WebSearchConfig> configType() {
        return WebSearchConfig.class;
    }

    @Override
    public FilterFactory open(WebSearchConfig config, Scope scope) {
        if (!config.referenceFormat().contains(References.LIST)) {
            throw new ConfigException(
                    "referenceFormat",
                    "it lacks " + References.LIST + ": say where the list of references is to stand");
        }
        Counters counters = new Counters(scope.meters());
        Prompt prompt = Prompt.of(config.promptTemplate(), config.numbers());
        Opened opened = new Opened(config, new Searcher(config, scope, counters), prompt, counters);
        return exchange -> filter(exchange, opened);
    }

    private static Filter filter(Exchange exchange, Opened opened) {
        boolean seen = exchange.dialect() == Dialect.OPENAI || exchange.dialect() == Dialect.ANTHROPIC;
        // Another filter's question is none of a user's.
        if (exchange.operation() != Operation.CHAT || !seen || exchange.isInternal()) {
            return Filter.PASS;
        }
        return opened.config().numbers() ? new ReferringFilter(exchange, opened) : new SearchFilter(exchange, opened);
    }

    /** What all requests of one place share. */
    record Opened(WebSearchConfig config, Searcher searcher, Prompt prompt, Counters counters) {}
}
