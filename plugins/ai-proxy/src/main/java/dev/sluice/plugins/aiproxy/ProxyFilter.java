package dev.sluice.plugins.aiproxy;

import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.Key;
import dev.sluice.api.Operation;
import dev.sluice.api.Outcome;
import dev.sluice.api.Provider;
import dev.sluice.api.Reply;
import dev.sluice.api.RequestHead;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Step;
import dev.sluice.api.Target;
import org.jspecify.annotations.Nullable;

/** Picks the target where nobody has, and tells the client who answered. */
final class ProxyFilter implements Filter {
    private final Exchange exchange;
    private final Provider provider;
    private final AiProxyConfig config;
    private final Upstreams upstreams;
    private final Estimate estimate = new Estimate();
    private @Nullable Target answering;

    ProxyFilter(Exchange exchange, Provider provider, AiProxyConfig config, Upstreams upstreams) {
        this.exchange = exchange;
        this.provider = provider;
        this.config = config;
        this.upstreams = upstreams;
    }

    @Override
    public Step onRequest(RequestHead head) {
        boolean unknown = exchange.operation() == Operation.OTHER && Api.of(exchange) == null;
        if (unknown && !config.passUnknown() && exchange.get(Key.ANSWERING) == null) {
            return Reply.error(
                    404, "no_route", "no model API has the path " + head.path() + "; see passUnknown to pass it on");
        }
        if (Models.isListing(exchange, head) && Models.lists(provider)) {
            return Reply.json(200, Models.list(provider, Models.areAnthropics(exchange)));
        }
        if (exchange.target() == null) {
            exchange.target(Target.of(provider.name()));
        }
        return Step.next();
    }

    @Override
    public Step onRequestBody(Body body) {
        estimate.request(body);
        return Step.next();
    }

    @Override
    public AttemptFilter onAttempt(Attempt attempt) {
        estimate.begins(attempt);
        answering = attempt.target();
        return upstreams.serve(exchange, attempt);
    }

    @Override
    public Step onResponse(ResponseHead head) {
        Target target = answering;
        if (target != null) {
            head.headers().set("x-sluice-provider", target.provider());
            String model = target.model();
            if (model != null && isFieldValue(model)) {
                head.headers().set("x-sluice-model", model);
            }
        }
        return Step.next();
    }

    @Override
    public Events onEvent(Event event) {
        // Only some of Anthropic's events carry text.
        if (exchange.dialect() != Dialect.ANTHROPIC || "content_block_delta".equals(event.name())) {
            estimate.event();
        }
        return event;
    }

    @Override
    public Step onResponseBody(Body body) {
        if (exchange.operation() == Operation.CHAT && body.isObject()) {
            estimate.answer(exchange, body);
        }
        return Step.next();
    }

    /** The filters above are asked after this one, so what it reports is counted. */
    @Override
    public void onComplete(Outcome outcome) {
        if (exchange.operation() == Operation.CHAT) {
            estimate.report(exchange);
        }
    }

    /** A client may have put anything into its model's name. */
    private static boolean isFieldValue(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < ' ' || text.charAt(i) >= 0x7f) {
                return false;
            }
        }
        return true;
    }
}
