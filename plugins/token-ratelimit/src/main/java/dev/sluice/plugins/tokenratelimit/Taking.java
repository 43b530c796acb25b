package dev.sluice.plugins.tokenratelimit;

import dev.sluice.api.Exchange;
import dev.sluice.api.Usage;
import dev.sluice.plugins.tokenratelimit.Limiter.Wanted;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What one request, or one of its tries, takes of several rules: of all, or of none. Confined to the exchange's event loop.
 */
final class Taking {
    private final Limiter limiter;
    private final Exchange exchange;
    private final List<Claim> claims = new ArrayList<>();
    private final List<Long> charged = new ArrayList<>();
    private @Nullable CompletionStage<?> patience;
    private Estimate estimate = Estimate.NOTHING;
    private boolean over;

    Taking(Limiter limiter, Exchange exchange) {
        this.limiter = limiter;
        this.exchange = exchange;
    }

    /** What has been granted. */
    List<Claim> claims() {
        return claims;
    }

    /** Takes all, one after the other; the first that is refused, after which nothing is taken any more. */
    CompletionStage<Optional<Claim>> take(List<Wanted> wanted, Estimate estimate) {
        this.estimate = estimate;
        return take(wanted, 0);
    }

    private CompletionStage<Optional<Claim>> take(List<Wanted> wanted, int index) {
        if (index == wanted.size()) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        Rule rule = wanted.get(index).rule();
        return limiter.ledger()
                .take(rule, wanted.get(index).subject(), rule.reservation(estimate), this::patience)
                .thenCompose(claim -> {
                    if (claim.granted() && over) {
                        // The client has left while this was being taken.
                        limiter.ledger().release(claim);
                        return CompletableFuture.completedFuture(Optional.empty());
                    }
                    if (!claim.granted()) {
                        claims.forEach(limiter.ledger()::release);
                        claims.clear();
                        limiter.count(exchange, rule, "refused");
                        return CompletableFuture.completedFuture(Optional.of(claim));
                    }
                    claims.add(claim);
                    count(claim);
                    return take(wanted, index + 1);
                });
    }

    /** One time for all rules: what the first has waited for, the next has no longer. */
    private CompletionStage<?> patience() {
        CompletionStage<?> waiting = patience;
        if (waiting == null) {
            waiting = exchange.after(limiter.patience());
            patience = waiting;
        }
        return waiting;
    }

    private void count(Claim claim) {
        boolean over = claim.rule().shadow() && (claim.figures().isEmpty() || claim.isOver());
        if (over) {
            exchange.note("limit_shadow", claim.rule().name());
        }
        limiter.count(exchange, claim.rule(), over ? "shadowed" : "allowed");
    }

    /** Charges what was used by now, and gives back the rest; again, once more is known. */
    void settle(@Nullable Usage used, boolean learns) {
        Usage usage = used == null ? Usage.NONE : used;
        for (int i = 0; i < claims.size(); i++) {
            Claim claim = claims.get(i);
            long cost = claim.rule().cost(usage);
            if (over) {
                limiter.ledger().adjust(claim, cost - charged.get(i));
                limiter.charged(exchange, claim.rule(), cost - charged.get(i));
                charged.set(i, cost);
            } else {
                limiter.ledger().settle(claim, cost);
                limiter.charged(exchange, claim.rule(), cost);
                charged.add(cost);
            }
            if (learns) {
                claim.rule().learned().add(estimate, claim.reservation().input(), usage);
            }
        }
        over = true;
    }
}
