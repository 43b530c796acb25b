package dev.sluice.plugins.modelfallback;

import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Event;
import dev.sluice.api.Reply;
import dev.sluice.api.Step;
import dev.sluice.api.UpstreamRequest;
import java.util.List;

/** A try that asks nobody: the answer had been finished before its connection broke, and only its end is missing. */
final class ClosingTry implements AttemptFilter {
    private final List<Event> end;

    ClosingTry(List<Event> end) {
        this.end = end;
    }

    @Override
    public Step onSend(UpstreamRequest request) {
        return Reply.stream(end);
    }
}
