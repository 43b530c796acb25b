package com.example;

import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Scope;
import dev.sluice.api.Step;
import org.pf4j.Extension;

/** Adds a header field to every answer. */
@Extension
public class AddHeader implements FilterPlugin<AddHeader.Config> {
    public record Config(String name, String value) {}

    @Override public String name() { return "add-header"; }
    @Override public Class<Config> configType() { return Config.class; }

    @Override public FilterFactory open(Config config, Scope scope) {
        return exchange -> new Filter() {
            @Override public Step onResponse(ResponseHead head) {
                head.headers().set(config.name(), config.value());
                return Step.next();
            }
        };
    }
}
