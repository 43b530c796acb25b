package dev.sluice.plugins.promptdecorator;

import dev.sluice.api.ConfigException;
import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.Operation;
import dev.sluice.api.Scope;
import dev.sluice.plugins.promptdecorator.PromptDecoratorConfig.Turn;
import java.util.ArrayList;
import java.util.List;
import org.pf4j.Extension;

/** {@code prompt-decorator}: puts turns before and behind a conversation, and replaces in its texts. */
@Extension
public final class PromptDecorator implements FilterPlugin<PromptDecoratorConfig> {

    @Override
    public String name() {
        return "prompt-decorator";
    }

    @Override
    public Class<PromptDecoratorConfig> configType() {
        return PromptDecoratorConfig.class;
    }

    @Override
    public FilterFactory open(PromptDecoratorConfig config, Scope scope) {
        Geo geo = new Geo(config.geoHeaders());
        check(geo, config.prepend(), "prepend");
        check(geo, config.append(), "append");
        List<Rule> rules = new ArrayList<>();
        for (int i = 0; i < config.replace().size(); i++) {
            try {
                rules.add(Rule.of(config.replace().get(i)));
            } catch (ConfigException e) {
                throw new ConfigException("replace[" + i + "]." + e.path(), String.valueOf(e.getMessage()));
            }
        }
        List<Rule> all = List.copyOf(rules);
        return exchange -> exchange.operation() == Operation.CHAT || exchange.operation() == Operation.COUNT_TOKENS
                ? new DecoratorFilter(exchange, config, geo, all)
                : Filter.PASS;
    }

    private static void check(Geo geo, List<Turn> turns, String list) {
        for (int i = 0; i < turns.size(); i++) {
            geo.check(turns.get(i).content(), list + "[" + i + "].content");
        }
    }
}
