package dev.sluice.kernel;

import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.RequestHead;
import dev.sluice.api.Scope;
import dev.sluice.api.Step;
import dev.sluice.api.Target;

/** Declares the provider type {@code test}, and sends requests to one unless another filter has picked a target. */
final class TestProviders implements FilterPlugin<TestProviders.Config> {

    /** Where to. */
    public record Config(String provider) {}

    @Override
    public String name() {
        return "test-target";
    }

    @Override
    public Class<Config> configType() {
        return Config.class;
    }

    @Override
    public FilterFactory open(Config config, Scope scope) {
        return exchange -> new Picking(exchange, Target.of(config.provider()));
    }

    private record Picking(Exchange exchange, Target target) implements Filter {
        @Override
        public Step onRequest(RequestHead head) {
            if (exchange.target() == null) {
                exchange.target(target);
            }
            return Step.next();
        }
    }
}
