package dev.sluice.host.exchange;

import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Filter;
import dev.sluice.api.Outcome;
import dev.sluice.api.Recovery;
import dev.sluice.api.Step;
import dev.sluice.host.log.Thrown;
import dev.sluice.host.route.Chain;
import dev.sluice.host.route.HookMasks;
import dev.sluice.host.route.HookPlan;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The filters of one exchange: made, called one hook at a time, and left out after an exception where the config allows
 * that and they have changed and held nothing. A call that gives null has failed the exchange.
 */
final class ExchangeFilters {
    private static final Logger LOG = LoggerFactory.getLogger(ExchangeFilters.class);

    private final HostExchange exchange;
    private final Chain chain;
    private final HookWatch.Seat seat;
    private final Filter[] filters;
    private final String[] names;
    private final boolean @Nullable [] touched;
    private HookPlan plan = HookPlan.NONE;
    private int made;
    private Filter @Nullable [] completing;

    ExchangeFilters(HostExchange exchange, Chain chain) {
        this.exchange = exchange;
        this.chain = chain;
        this.seat = exchange.loop().seat();
        this.filters = chain.newArray();
        this.names = chain.names();
        this.touched = chain.skipsOnError() ? new boolean[chain.size()] : null;
    }

    /** Makes them; false: one threw, and the exchange has failed. */
    boolean make() {
        for (int i = 0; i < filters.length; i++) {
            seat.enter(names[i], "newFilter");
            try {
                filters[i] = chain.newFilter(i, new ExchangeView(exchange, i));
                made = i + 1;
            } catch (Throwable t) {
                filters[i] = Filter.PASS;
                if (!failed(i, "newFilter", t)) {
                    return false;
                }
            } finally {
                seat.exit();
            }
        }
        plan = chain.plan(filters);
        return true;
    }

    int size() {
        return filters.length;
    }

    HookPlan plan() {
        return plan;
    }

    boolean has(int i, int hook) {
        return (plan.masks()[i] & hook) != 0;
    }

    /** For the way up. */
    Ascent.Filters ascending() {
        return new Ascent.Filters(
                filters, names, plan.masks(), touched == null ? null : chain.skippable(), chain.wantsAnyBody());
    }

    @Nullable
    Step onRequest(int i, HostRequestHead head) {
        int before = exchange.changes();
        seat.enter(names[i], "onRequest");
        try {
            Step step = Objects.requireNonNull(filters[i].onRequest(head), "onRequest returned null");
            noteChanges(i, before);
            return step;
        } catch (Throwable t) {
            noteChanges(i, before);
            return failed(i, "onRequest", t) ? Step.next() : null;
        } finally {
            seat.exit();
        }
    }

    @Nullable
    Step onRequestBody(int i, HostBody body) {
        int before = exchange.changes();
        seat.enter(names[i], "onRequestBody");
        try {
            Step step = Objects.requireNonNull(filters[i].onRequestBody(body), "onRequestBody returned null");
            noteChanges(i, before);
            return step;
        } catch (Throwable t) {
            noteChanges(i, before);
            return failed(i, "onRequestBody", t) ? Step.next() : null;
        } finally {
            seat.exit();
        }
    }

    /** The filter's part in a try. */
    @Nullable
    AttemptFilter onAttempt(int i, Attempt attempt) {
        if (!has(i, HookMasks.ATTEMPT)) {
            return AttemptFilter.PASS;
        }
        seat.enter(names[i], "onAttempt");
        try {
            return Objects.requireNonNull(filters[i].onAttempt(attempt), "onAttempt returned null");
        } catch (Throwable t) {
            return failed(i, "onAttempt", t) ? AttemptFilter.PASS : null;
        } finally {
            seat.exit();
        }
    }

    @Nullable
    Recovery onFailure(int i, HostFailure failure) {
        seat.enter(names[i], "onFailure");
        try {
            return Objects.requireNonNull(filters[i].onFailure(failure), "onFailure returned null");
        } catch (Throwable t) {
            return failed(i, "onFailure", t) ? Recovery.pass() : null;
        } finally {
            seat.exit();
        }
    }

    /** Tells all that were made, last first, that it is over; what they throw is logged. */
    void complete(Outcome outcome) {
        Filter[] all = completing == null ? filters : completing;
        for (int i = made - 1; i >= 0; i--) {
            // A filter that threw while they were being made leaves no plan behind.
            boolean planned = plan.masks().length > i;
            int hooks = planned ? plan.masks()[i] : HookMasks.of(all[i].getClass());
            if ((hooks & HookMasks.COMPLETE) == 0) {
                continue;
            }
            seat.enter(names[i], "onComplete");
            try {
                all[i].onComplete(outcome);
            } catch (Throwable t) {
                blame(i, "onComplete", t);
            } finally {
                seat.exit();
            }
        }
    }

    /** Whether to go on without the filter; else the exchange has failed. */
    boolean failed(int i, String hook, Throwable cause) {
        blame(i, hook, cause);
        if (touched != null && chain.skippable()[i] && !touched[i]) {
            if (completing == null) {
                completing = filters.clone();
            }
            filters[i] = Filter.PASS;
            return true;
        }
        exchange.fail(500, "filter_failed", "the filter " + names[i] + " failed in " + hook);
        return false;
    }

    /** Logs and counts a hook's failure. */
    void blame(int i, String hook, Throwable cause) {
        exchange.services().telemetry().filterFailed(chain.entry(i).name(), hook);
        chain.entry(i).generation().failed();
        exchange.note("filter_failed", names[i] + "." + hook);
        LOG.warn(
                "request {} on route {}: the filter {} failed in {}",
                exchange.id(),
                exchange.route(),
                names[i],
                hook,
                Thrown.readable(cause));
    }

    void touch(int i) {
        if (touched != null) {
            touched[i] = true;
        }
    }

    private void noteChanges(int i, int before) {
        if (exchange.changes() != before) {
            touch(i);
        }
    }
}
