package dev.sluice.plugins.tokenratelimit;

import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Body;
import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.Key;
import dev.sluice.api.Outcome;
import dev.sluice.api.RequestHead;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Step;
import dev.sluice.api.UpstreamRequest;
import dev.sluice.api.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Limits one request. */
class LimitFilter implements Filter {
    private final Exchange exchange;
    private final Limiter limiter;
    private final Taking once;
    private final List<Try> tries = new ArrayList<>();
    private Estimate estimate = Estimate.NOTHING;
    private boolean asked;

    LimitFilter(Exchange exchange, Limiter limiter) {
        this.exchange = exchange;
        this.limiter = limiter;
        this.once = new Taking(limiter, exchange);
    }

    private record Try(Attempt attempt, Taking taking) {}

    @Override
    public Step onRequest(RequestHead head) {
        if (limiter.lacksCaller(exchange)) {
            return Refusals.unknown();
        }
        return hasJson(head) ? Step.next() : takeOnce();
    }

    @Override
    public Step onRequestBody(Body body) {
        estimate = Estimate.of(exchange, body);
        return asked ? Step.next() : takeOnce();
    }

    /** Whether its body will be seen. */
    private static boolean hasJson(RequestHead head) {
        String type = head.headers().get("content-type");
        boolean none = "0".equals(head.headers().get("content-length"))
                || (head.headers().get("content-length") == null
                        && (head.method().equals("GET") || head.method().equals("HEAD")));
        return !none && type != null && type.toLowerCase(Locale.ROOT).contains("json");
    }

    private Step takeOnce() {
        asked = true;
        return Step.when(once.take(limiter.wantedOnce(exchange), estimate).thenApply(refused -> {
            if (refused.isEmpty()) {
                return Step.next();
            }
            say(refused.get());
            return limiter.refusals().exchange(refused.get());
        }));
    }

    private void say(Claim refused) {
        exchange.put(Key.LIMIT, refused.rule().name());
        exchange.note("limit", refused.rule().name());
        exchange.note("limit_subject", refused.subject().shown());
        if (limiter.higress() != null) {
            exchange.log("token_ratelimit_status", "limited");
        }
    }

    @Override
    public AttemptFilter onAttempt(Attempt attempt) {
        if (!limiter.judgesTries()) {
            return AttemptFilter.PASS;
        }
        // A try that has failed holds nothing back from the one that takes its place.
        tries.forEach(before -> before.taking().settle(before.attempt().usage(), false));
        Taking taking = new Taking(limiter, exchange);
        tries.add(new Try(attempt, taking));
        return new AttemptFilter() {
            @Override
            public Step onSend(UpstreamRequest request) {
                return takeByTry(attempt, taking);
            }
        };
    }

    private Step takeByTry(Attempt attempt, Taking taking) {
        String model = attempt.target().model() == null
                ? estimate.model()
                : attempt.target().model();
        if (limiter.isUnpriced(exchange, model)) {
            return Refusals.unpriced(model);
        }
        return Step.when(taking.take(limiter.wantedByTry(exchange, attempt.target(), model), estimate)
                .thenApply(refused -> {
                    if (refused.isEmpty()) {
                        return Step.next();
                    }
                    say(refused.get());
                    return limiter.refusals().attempt(refused.get());
                }));
    }

    @Override
    public Step onResponse(ResponseHead head) {
        estimate.letGo();
        RateHeaders.of(claims()).forEach(head.headers()::set);
        return Step.next();
    }

    /** What is taken at the moment. */
    List<Claim> claims() {
        if (tries.isEmpty()) {
            return once.claims();
        }
        List<Claim> all = new ArrayList<>(once.claims());
        all.addAll(tries.get(tries.size() - 1).taking().claims());
        return all;
    }

    @Override
    public void onComplete(Outcome outcome) {
        once.settle(outcome.usage(), outcome.succeeded());
        for (Try one : tries) {
            int index = one.attempt().number() - 1;
            boolean told = index < outcome.attempts().size();
            @Nullable
            Usage used =
                    told ? outcome.attempts().get(index).usage() : one.attempt().usage();
            one.taking().settle(used, told && outcome.attempts().get(index).failure() == null && outcome.succeeded());
        }
    }
}
