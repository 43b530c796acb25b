package com.example;

import dev.sluice.api.Body;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.Operation;
import dev.sluice.api.ResponseHooks;
import dev.sluice.api.Scope;
import dev.sluice.api.Step;
import dev.sluice.api.llm.Chats;
import org.pf4j.Extension;

/** Replaces a word in what the model says; also where a stream has cut it in two. */
@Extension
public class RewriteText implements FilterPlugin<RewriteText.Config> {
    public record Config(String find, String replace) {}

    @Override public String name() { return "rewrite-text"; }
    @Override public Class<Config> configType() { return Config.class; }

    @Override public FilterFactory open(Config config, Scope scope) {
        return exchange -> exchange.operation() != Operation.CHAT
                ? Filter.PASS
                : new Rewriting(Chats.rewriteText(
                        exchange, config.find().length(), text -> text.replace(config.find(), config.replace())));
    }

    /** One answer; what it holds back of a stream is in the hooks it was given. */
    private record Rewriting(ResponseHooks text) implements Filter {
        @Override public Events onEvent(Event event) { return text.onEvent(event); }
        @Override public Events onEnd() { return text.onEnd(); }
        @Override public Step onResponseBody(Body body) { return text.onResponseBody(body); }
    }
}
