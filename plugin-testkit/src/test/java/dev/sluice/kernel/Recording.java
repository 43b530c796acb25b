package dev.sluice.kernel;

import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Body;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Failure;
import dev.sluice.api.Filter;
import dev.sluice.api.Outcome;
import dev.sluice.api.Recovery;
import dev.sluice.api.RequestHead;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Step;
import dev.sluice.api.UpstreamRequest;

/** A filter that does nothing in any hook but write down that it ran. */
class Recording implements Filter {
    final Journal journal;
    final String name;

    Recording(Journal journal, String name) {
        this.journal = journal;
        this.name = name;
        journal.add(name + ".newFilter");
    }

    @Override
    public Step onRequest(RequestHead head) {
        journal.add(name + ".onRequest");
        return Step.next();
    }

    @Override
    public Step onRequestBody(Body body) {
        journal.add(name + ".onRequestBody");
        return Step.next();
    }

    @Override
    public AttemptFilter onAttempt(Attempt attempt) {
        journal.add(name + ".onAttempt");
        return new InTry();
    }

    @Override
    public Recovery onFailure(Failure failure) {
        journal.add(name + ".onFailure");
        return Recovery.pass();
    }

    @Override
    public Step onResponse(ResponseHead head) {
        journal.add(name + ".onResponse");
        return Step.next();
    }

    @Override
    public Events onEvent(Event event) {
        journal.add(name + ".onEvent");
        return event;
    }

    @Override
    public Events onEnd() {
        journal.add(name + ".onEnd");
        return Events.none();
    }

    @Override
    public Step onResponseBody(Body body) {
        journal.add(name + ".onResponseBody");
        return Step.next();
    }

    @Override
    public void onComplete(Outcome outcome) {
        journal.add(name + ".onComplete");
    }

    private final class InTry implements AttemptFilter {
        @Override
        public Step onSend(UpstreamRequest request) {
            journal.add(name + ".try.onSend");
            return Step.next();
        }

        @Override
        public Step onResponse(ResponseHead head) {
            journal.add(name + ".try.onResponse");
            return Step.next();
        }

        @Override
        public Events onEvent(Event event) {
            journal.add(name + ".try.onEvent");
            return event;
        }

        @Override
        public Events onEnd() {
            journal.add(name + ".try.onEnd");
            return Events.none();
        }

        @Override
        public Step onResponseBody(Body body) {
            journal.add(name + ".try.onResponseBody");
            return Step.next();
        }
    }
}
