package dev.sluice.plugins.aistatistics;

import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Body;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.Outcome;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Step;
import dev.sluice.plugins.aistatistics.Tracer.Trace;
import org.jspecify.annotations.Nullable;

/**
 * Hands an exchange's outcome over; looks at nothing of the answer but its head. A hook costs where it is overridden, so
 * there is a class for each of what is wanted beside that.
 */
class StatisticsFilter implements Filter {
    private final Exchange exchange;
    private final Statistics statistics;
    private final @Nullable Trace trace;
    final Collected collected;
    private boolean stream;
    private boolean counted = true;

    StatisticsFilter(Exchange exchange, Statistics statistics, @Nullable Trace trace) {
        this.exchange = exchange;
        this.statistics = statistics;
        this.trace = trace;
        this.collected = new Collected(statistics.attributes(), exchange.dialect());
        collected.requestHead(exchange.request().headers());
    }

    @Override
    public Step onResponse(ResponseHead head) {
        stream = head.isStream();
        counted = statistics.counts(head.headers().get("content-type"));
        collected.responseHead(head.headers());
        return Step.next();
    }

    @Override
    public void onComplete(Outcome outcome) {
        if (counted) {
            statistics.record(exchange, outcome, stream);
            statistics.attributes(exchange, outcome, collected, trace);
        }
        if (trace != null) {
            trace.end(outcome, Statistics.error(outcome));
        }
    }

    final AttemptFilter traced(Attempt attempt) {
        return trace == null ? AttemptFilter.PASS : trace.attempt(attempt);
    }

    /** Tells the upstream of the trace. */
    static class Tracing extends StatisticsFilter {
        Tracing(Exchange exchange, Statistics statistics, Trace trace) {
            super(exchange, statistics, trace);
        }

        @Override
        public AttemptFilter onAttempt(Attempt attempt) {
            return traced(attempt);
        }
    }

    /** Reads the bodies. */
    static class Reading extends StatisticsFilter {
        Reading(Exchange exchange, Statistics statistics, @Nullable Trace trace) {
            super(exchange, statistics, trace);
        }

        @Override
        public Step onRequestBody(Body body) {
            collected.request(body);
            return Step.next();
        }

        @Override
        public Events onEvent(Event event) {
            collected.event(event);
            return event;
        }

        @Override
        public Step onResponseBody(Body body) {
            collected.answer(body);
            return Step.next();
        }
    }

    /** Both. */
    static final class ReadingAndTracing extends Reading {
        ReadingAndTracing(Exchange exchange, Statistics statistics, Trace trace) {
            super(exchange, statistics, trace);
        }

        @Override
        public AttemptFilter onAttempt(Attempt attempt) {
            return traced(attempt);
        }
    }
}
