package dev.sluice.plugins.headertransform;

import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.api.FilterPlugin;
import dev.sluice.api.RequestHead;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Scope;
import dev.sluice.api.Step;
import java.util.List;
import org.pf4j.Extension;

/** {@code header-transform}: renames, sets, adds and removes header fields of requests and answers. */
@Extension
public final class HeaderTransform implements FilterPlugin<HeaderTransformConfig> {

    @Override
    public String name() {
        return "header-transform";
    }

    @Override
    public Class<HeaderTransformConfig> configType() {
        return HeaderTransformConfig.class;
    }

    @Override
    public FilterFactory open(HeaderTransformConfig config, Scope scope) {
        List<Change> requests = Compiler.compile(config.request(), "request");
        List<Change> answers = Compiler.compile(config.response(), "response");
        return exchange -> new Transforming(exchange, requests, answers);
    }

    /** Changes the headers of one request and its answer. */
    private static final class Transforming implements Filter {
        private final Exchange exchange;
        private final List<Change> requests;
        private final List<Change> answers;

        Transforming(Exchange exchange, List<Change> requests, List<Change> answers) {
            this.exchange = exchange;
            this.requests = requests;
            this.answers = answers;
        }

        @Override
        public Step onRequest(RequestHead head) {
            requests.forEach(change -> change.apply(head.headers(), head));
            return Step.next();
        }

        @Override
        public Step onResponse(ResponseHead head) {
            answers.forEach(change -> change.apply(head.headers(), exchange.request()));
            return Step.next();
        }
    }
}
