package dev.sluice.plugins.cache;

import dev.sluice.api.Exchange;
import dev.sluice.api.Failure;
import dev.sluice.api.Recovery;
import dev.sluice.api.Reply;

/** One that may fetch an answer anew while the old one is still good: where that fails, the caller gets the old one. */
final class RefreshingFilter extends CacheFilter {

    RefreshingFilter(Exchange exchange, Place place, CacheControl control) {
        super(exchange, place, control);
    }

    @Override
    public Recovery onFailure(Failure failure) {
        Reply reply = failure.accepted() ? null : oldAnswer();
        return reply == null ? Recovery.pass() : reply;
    }
}
