package dev.sluice.kernel;

import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.RequestHead;
import dev.sluice.api.Scope;
import dev.sluice.api.Step;
import dev.sluice.api.Target;
import dev.sluice.api.UpstreamRequest;
import dev.sluice.api.llm.ChatRequest;

/** Stands in for the filter that picks the target: its provider if nobody has picked, and the model's name on the wire. */
public final class TestTarget implements FilterPlugin<TestTarget.Config> {

    /** Its config. */
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
        return exchange -> new Pick(exchange, config.provider());
    }

    private record Pick(Exchange exchange, String provider) implements Filter {
        @Override
        public Step onRequest(RequestHead head) {
            if (exchange.target() == null) {
                exchange.target(Target.of(provider));
            }
            return Step.next();
        }

        @Override
        public AttemptFilter onAttempt(Attempt attempt) {
            return new AttemptFilter() {
                @Override
                public Step onSend(UpstreamRequest request) {
                    String model = attempt.target().model();
                    if (model != null) {
                        ChatRequest.of(exchange, request.body()).setModel(model);
                    }
                    return Step.next();
                }
            };
        }
    }
}
