package dev.sluice.bench.nothing;

import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Body;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Failure;
import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.Outcome;
import dev.sluice.api.Recovery;
import dev.sluice.api.RequestHead;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Scope;
import dev.sluice.api.Step;
import org.pf4j.Extension;

/** {@code nothing}: a filter that overrides every hook and lets everything pass. */
@Extension
public final class Nothing implements FilterPlugin<Nothing.Config> {

    /** Where it stands, so that several in one chain differ. */
    public record Config(int place) {}

    @Override
    public String name() {
        return "nothing";
    }

    @Override
    public Class<Config> configType() {
        return Config.class;
    }

    @Override
    public FilterFactory open(Config config, Scope scope) {
        return exchange -> new Passing();
    }

    private static final class Passing implements Filter {
        @Override
        public Step onRequest(RequestHead head) {
            return Step.next();
        }

        @Override
        public Step onRequestBody(Body body) {
            return Step.next();
        }

        @Override
        public AttemptFilter onAttempt(Attempt attempt) {
            return AttemptFilter.PASS;
        }

        @Override
        public Recovery onFailure(Failure failure) {
            return Recovery.pass();
        }

        @Override
        public Step onResponse(ResponseHead head) {
            return Step.next();
        }

        @Override
        public Events onEvent(Event event) {
            return event;
        }

        @Override
        public Events onEnd() {
            return Events.none();
        }

        @Override
        public Step onResponseBody(Body body) {
            return Step.next();
        }

        @Override
        public void onComplete(Outcome outcome) {}
    }
}
