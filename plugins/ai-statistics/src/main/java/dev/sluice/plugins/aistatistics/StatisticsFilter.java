package dev.sluice.plugins.aistatistics;

import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.Outcome;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Step;

/** Hands an exchange's outcome over; looks at nothing of the answer but its head. */
final class StatisticsFilter implements Filter {
    private final Exchange exchange;
    private final Statistics statistics;
    private boolean stream;

    StatisticsFilter(Exchange exchange, Statistics statistics) {
        this.exchange = exchange;
        this.statistics = statistics;
    }

    @Override
    public Step onResponse(ResponseHead head) {
        stream = head.isStream();
        return Step.next();
    }

    @Override
    public void onComplete(Outcome outcome) {
        statistics.record(exchange, outcome, stream);
    }
}
