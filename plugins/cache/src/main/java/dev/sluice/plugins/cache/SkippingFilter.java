package dev.sluice.plugins.cache;

import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.Key;
import dev.sluice.api.Outcome;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Step;

/** For a request that is none of the cache's: it says so, and looks at nothing. */
final class SkippingFilter implements Filter {
    private final Exchange exchange;
    private final Meters meters;

    SkippingFilter(Exchange exchange, Meters meters) {
        this.exchange = exchange;
        this.meters = meters;
    }

    @Override
    public Step onResponse(ResponseHead head) {
        head.headers().set(CacheFilter.HEADER, Result.SKIP.word());
        return Step.next();
    }

    @Override
    public void onComplete(Outcome outcome) {
        exchange.put(Key.CACHE, Result.SKIP.plain());
        exchange.note("cache_status", Result.SKIP.word());
        meters.lookup(exchange.route(), Result.SKIP);
    }
}
