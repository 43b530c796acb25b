package dev.sluice.testkit;

import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.Scope;
import java.util.function.Function;

/** A filter written in a test: a name, and how it is opened; takes no config. */
final class AdHocPlugin implements FilterPlugin<AdHocPlugin.NoConfig> {

    /** A config without fields. */
    public record NoConfig() {}

    private final String name;
    private final Function<Scope, FilterFactory> open;

    AdHocPlugin(String name, Function<Scope, FilterFactory> open) {
        this.name = name;
        this.open = open;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Class<NoConfig> configType() {
        return NoConfig.class;
    }

    @Override
    public FilterFactory open(NoConfig config, Scope scope) {
        return open.apply(scope);
    }
}
