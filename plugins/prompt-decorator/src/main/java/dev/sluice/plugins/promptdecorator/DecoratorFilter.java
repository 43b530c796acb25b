package dev.sluice.plugins.promptdecorator;

import dev.sluice.api.Body;
import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.Step;
import dev.sluice.api.llm.ChatMessage;
import dev.sluice.api.llm.ChatRequest;
import dev.sluice.plugins.promptdecorator.PromptDecoratorConfig.Turn;
import java.util.List;

/** Decorates one conversation. */
final class DecoratorFilter implements Filter {
    private final Exchange exchange;
    private final PromptDecoratorConfig config;
    private final Geo geo;
    private final List<Rule> rules;

    DecoratorFilter(Exchange exchange, PromptDecoratorConfig config, Geo geo, List<Rule> rules) {
        this.exchange = exchange;
        this.config = config;
        this.geo = geo;
        this.rules = rules;
    }

    @Override
    public Step onRequestBody(Body body) {
        ChatRequest chat = ChatRequest.of(exchange, body);
        if (chat.messages().isEmpty()) {
            return Step.next();
        }
        for (int i = config.prepend().size() - 1; i >= 0; i--) {
            Turn turn = config.prepend().get(i);
            chat.prepend(turn.role(), text(turn));
        }
        for (Turn turn : config.append()) {
            chat.append(turn.role(), text(turn));
        }
        if (!rules.isEmpty()) {
            chat.rewriteTexts(this::rewritten);
        }
        exchange.note("prompt_decorated", true);
        return Step.next();
    }

    private String text(Turn turn) {
        return geo.fill(turn.content(), exchange.request().headers());
    }

    private String rewritten(ChatMessage.Role speaker, String text) {
        String now = text;
        for (Rule rule : rules) {
            now = rule.apply(speaker, now);
        }
        return now;
    }
}
