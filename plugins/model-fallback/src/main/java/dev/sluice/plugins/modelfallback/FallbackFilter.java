package dev.sluice.plugins.modelfallback;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Body;
import dev.sluice.api.Dialect;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Exchange;
import dev.sluice.api.Failure;
import dev.sluice.api.Filter;
import dev.sluice.api.Operation;
import dev.sluice.api.Outcome;
import dev.sluice.api.Recovery;
import dev.sluice.api.Reply;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Said;
import dev.sluice.api.Step;
import dev.sluice.api.Target;
import dev.sluice.api.Usage;
import dev.sluice.api.llm.ChatDelta;
import dev.sluice.api.llm.ChatMessage;
import dev.sluice.api.llm.ChatRequest;
import dev.sluice.api.llm.Chats;
import dev.sluice.api.llm.ModelName;
import dev.sluice.plugins.modelfallback.ModelFallbackConfig.Strategy;
import dev.sluice.plugins.modelfallback.ModelFallbackConfig.TargetConfig;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Sees one call through: picks its target, and after each failed try the next. */
final class FallbackFilter implements Filter {
    /** What an answer is taken to cost where its request sets no bound. */
    private static final long USUAL_OUTPUT = 512;

    private final Exchange exchange;
    private final Place place;
    private final ModelFallbackConfig config;
    private final long started;
    private final Chats.FirstStream first;
    private final Set<Candidate> tried = new HashSet<>();
    private final Set<Candidate> withoutPrefill = new HashSet<>();
    private final Set<String> reasons = new LinkedHashSet<>();
    private List<Candidate> chain = List.of();
    private String scenario = "";
    private @Nullable Body request;
    private @Nullable String model;
    private @Nullable Candidate current;
    private boolean probe;
    private int repeats;
    private long tryStarted;
    private Usage spent = Usage.NONE;
    private long saidTokens;
    private @Nullable ResumedTry resumed;
    private boolean asked;
    private boolean closing;
    private boolean accepted;
    private boolean noticed;
    private boolean finished;
    private boolean stopped;

    FallbackFilter(Exchange exchange, Place place) {
        this.exchange = exchange;
        this.place = place;
        this.config = place.config();
        this.started = place.clock().millis();
        this.first = Chats.firstStream(exchange);
    }

    @Override
    public Step onRequestBody(Body body) {
        request = body;
        if (!place.serves(exchange.operation())) {
            return Step.next();
        }
        model = ModelName.of(exchange, body).get();
        Chains.Chain chosen = place.chains().choose(exchange, model);
        scenario = chosen.scenario();
        List<Candidate> all = candidates(chosen);
        long output = USUAL_OUTPUT;
        long input = 0;
        if (chosen.strategy() == Strategy.COST) {
            input = inputTokens();
            Long most = ChatRequest.of(exchange, body).maxOutput();
            output = most == null ? USUAL_OUTPUT : most;
        }
        chain = place.ordering().of(chosen.strategy(), all, input, output, now());
        if (chain.isEmpty()) {
            return all.isEmpty()
                    ? Step.next()
                    : Reply.error(
                            400,
                            "over_budget",
                            "every model of this route would cost more than the budget of a request: send less, or"
                                    + " ask for a shorter answer");
        }
        Candidate pick = open(chain);
        if (pick == null) {
            pick = soonest(chain);
        }
        if (!pick.equals(chain.get(0))) {
            reasons.add("ejected");
            place.countFallback(exchange.route(), chain.get(0), pick, "ejected");
        }
        take(pick);
        exchange.target(pick.target());
        return Step.next();
    }

    /** The chain's targets, before them what the route would ask without this filter, unless it is one of them. */
    private List<Candidate> candidates(Chains.Chain chosen) {
        List<Candidate> all = new ArrayList<>();
        Target own = exchange.target();
        boolean listed = own == null || chosen.targets().stream().anyMatch(target -> isThat(target, own));
        if (own != null
                && !listed
                && (chosen.strategy() == Strategy.PRIORITY || chosen.targets().isEmpty())) {
            // By its provider alone: clients choose models' names, and there is no end of them.
            all.add(candidate(own, TargetConfig.of(own.provider(), null)));
        }
        for (TargetConfig target : chosen.targets()) {
            Target to = Target.of(target.provider());
            all.add(candidate(target.model() == null ? to : to.model(target.model()), target));
        }
        return all;
    }

    private boolean isThat(TargetConfig listed, Target own) {
        String asked = own.model() == null ? model : own.model();
        return listed.provider().equals(own.provider())
                && (listed.model() == null || listed.model().equals(asked));
    }

    private Candidate candidate(Target target, TargetConfig says) {
        return new Candidate(target, says, place.board().of(says.name()));
    }

    /** The first that may be asked; null if all are out. */
    private @Nullable Candidate open(List<Candidate> from) {
        long now = now();
        for (Candidate one : from) {
            if (!one.health().isOut()) {
                return one;
            }
            if (one.health().claimProbe(now)) {
                probe = true;
                return one;
            }
        }
        return null;
    }

    private static Candidate soonest(List<Candidate> from) {
        return from.stream()
                .min(Comparator.comparingLong(one -> one.health().outUntil()))
                .orElseThrow();
    }

    private void take(Candidate next) {
        current = next;
        tried.add(next);
        repeats = 0;
    }

    private int level() {
        Candidate now = current;
        return now == null ? 0 : Math.max(0, chain.indexOf(now));
    }

    @Override
    public AttemptFilter onAttempt(Attempt attempt) {
        asked = true;
        tryStarted = now();
        Duration total = config.totalTimeout();
        if (total != null) {
            attempt.totalWithin(Duration.ofMillis(Math.max(1, total.toMillis() - (tryStarted - started))));
        }
        Candidate to = current;
        if (to == null) {
            return AttemptFilter.PASS;
        }
        TargetConfig says = to.says();
        attempt.firstEventWithin(or(says.firstEventTimeout(), config.firstEventTimeout()));
        attempt.idleWithin(or(says.idleTimeout(), config.idleTimeout()));
        Duration answer = says.answerTimeout() == null ? config.answerTimeout() : says.answerTimeout();
        if (answer != null) {
            attempt.answerWithin(answer);
        }
        if (!attempt.isResume()) {
            return AttemptFilter.PASS;
        }
        if (closing) {
            boolean isAnthropics = exchange.dialect() == Dialect.ANTHROPIC;
            return new ClosingTry(isAnthropics && !stopped ? List.of(messageStop()) : List.of());
        }
        ResumedTry next = new ResumedTry(
                exchange.dialect(),
                first,
                attempt.said(),
                spent,
                withoutPrefill.contains(to) ? null : place.prefills().spelling(says, exchange.dialect()));
        resumed = next;
        return next;
    }

    private static Duration or(@Nullable Duration own, Duration otherwise) {
        return own == null ? otherwise : own;
    }

    private static Event messageStop() {
        return Event.json(JsonNodeFactory.instance.objectNode().put("type", "message_stop"))
                .name("message_stop");
    }

    @Override
    public Recovery onFailure(Failure failure) {
        Kind kind = Kind.of(failure);
        Candidate from = current;
        if (from != null && !closing) {
            judge(from, kind);
        }
        boolean refusesPrefill = refusesPrefill(failure, kind);
        reasons.add(refusesPrefill ? "prefill_refused" : kind.word());
        if (!failure.canRetry() || isOutOfTime(Duration.ZERO)) {
            return Recovery.pass();
        }
        if (failure.accepted()) {
            return from == null ? Recovery.pass() : resume(failure, kind, from, refusesPrefill);
        }
        if (!place.trigger().firedBy(failure, kind)) {
            return Recovery.pass();
        }
        Duration wait = repeat(failure, kind, from);
        if (wait != null) {
            repeats++;
            place.countRetry(exchange.route(), name(failure, from), kind.word());
            return Recovery.retry(null, wait);
        }
        Candidate next = from == null ? null : next(kind, from);
        if (from == null || next == null) {
            return Recovery.pass();
        }
        move(from, next, kind);
        return Recovery.retry(next.target());
    }

    private void judge(Candidate target, Kind kind) {
        if (kind == Kind.FIRST_EVENT_TIMEOUT) {
            target.health().took(now() - tryStarted, now());
        }
        if (kind.isOfTheTarget()) {
            place.board().failed(target.health(), probe);
        } else {
            place.board().answered(target.health(), tryStarted);
        }
        probe = false;
    }

    private static String name(Failure failure, @Nullable Candidate target) {
        return target == null ? failure.attempt().target().provider() : target.name();
    }

    /** How long to wait before the same target is asked again; null if it is not to be. */
    private @Nullable Duration repeat(Failure failure, Kind kind, @Nullable Candidate target) {
        if (repeats >= config.retries() || !kind.isWorthRepeating() || !failure.isTransient()) {
            return null;
        }
        boolean givenUp = target != null && target.health().isOut() && tried.size() < chain.size();
        Duration wait = givenUp ? null : place.waits().before(repeats, failure.retryAfter());
        return wait == null || isOutOfTime(wait) ? null : wait;
    }

    private boolean isOutOfTime(Duration wait) {
        Duration total = config.totalTimeout();
        return total != null && now() + wait.toMillis() - started >= total.toMillis();
    }

    /** The next target that may help; one that is out if no other is left: more than fail again it cannot. */
    private @Nullable Candidate next(Kind kind, Candidate from) {
        List<Candidate> left = chain.stream()
                .filter(one -> !tried.contains(one))
                .filter(one -> kind != Kind.CONTEXT_LENGTH || isRoomier(one, from))
                .toList();
        if (left.isEmpty()) {
            return null;
        }
        Candidate next = open(left);
        return next == null ? soonest(left) : next;
    }

    private boolean isRoomier(Candidate one, Candidate from) {
        Long window = one.says().contextWindow();
        Long before = from.says().contextWindow();
        return window != null && window > (before == null ? inputTokens() : before);
    }

    private long inputTokens() {
        Body body = request;
        long sum = 0;
        if (body != null && exchange.operation() == Operation.CHAT) {
            for (ChatMessage message : ChatRequest.of(exchange, body).messages()) {
                sum += exchange.tokens(message.text());
            }
        }
        return sum;
    }

    private void move(Candidate from, Candidate next, Kind kind) {
        take(next);
        place.countFallback(exchange.route(), from, next, kind.word());
        exchange.note("fallback_level", level());
        exchange.note("fallback_reason", String.join(", ", reasons));
    }

    private boolean refusesPrefill(Failure failure, Kind kind) {
        ResumedTry last = resumed;
        boolean refused = failure.status() == 400 || failure.status() == 422;
        return kind == Kind.OTHER && refused && failure.attempt().isResume() && last != null && last.prefilled();
    }

    private Recovery resume(Failure failure, Kind kind, Candidate from, boolean refusesPrefill) {
        Said said = failure.attempt().said();
        if (!isResumable(said) || closing) {
            return Recovery.pass();
        }
        if (finished) {
            closing = true;
            place.countResume(exchange.route(), from, "closed");
            return Recovery.resume(from.target());
        }
        spend(failure.attempt(), said);
        if (refusesPrefill) {
            place.prefills().refused(from.says());
            withoutPrefill.add(from);
            return Recovery.resume(from.target());
        }
        boolean again = failure.attempt().isResume();
        if (again ? failure.reason() == Failure.Reason.FILTER : !place.trigger().firedBy(failure, kind)) {
            return Recovery.pass();
        }
        Duration wait = again && failure.reason() == Failure.Reason.STATUS ? repeat(failure, kind, from) : null;
        if (wait != null) {
            repeats++;
            place.countRetry(exchange.route(), from.name(), kind.word());
            return Recovery.when(exchange.after(wait).thenApply(over -> Recovery.resume(from.target())));
        }
        Candidate next = next(kind, from);
        if (next != null) {
            move(from, next, kind);
        } else if (!again && kind.isWorthRepeating() && repeats < config.retries()) {
            // Nobody else is left, and it did answer.
            next = from;
            repeats++;
        } else {
            return Recovery.pass();
        }
        exchange.note("resumed_by", next.name());
        place.countResume(exchange.route(), next, "resumed");
        return Recovery.resume(next.target());
    }

    private boolean isResumable(Said said) {
        boolean seen = exchange.dialect() == Dialect.OPENAI || exchange.dialect() == Dialect.ANTHROPIC;
        Body body = request;
        return config.resume()
                && seen
                && exchange.operation() == Operation.CHAT
                && body != null
                && body.isJson()
                && body.json().path("n").asInt(1) <= 1
                && !said.toolCallOpen()
                && !said.truncated();
    }

    /** The client has had those tokens, and so they count, told or not. */
    private void spend(Attempt attempt, Said said) {
        long tokens = (long) exchange.tokens(said.text()) + exchange.tokens(said.reasoning());
        if (tokens <= saidTokens) {
            return;
        }
        Usage seen = Usage.of(attempt.usage() == null ? inputTokens() : 0, tokens - saidTokens)
                .asEstimated();
        Usage used = Chats.latest(attempt.usage(), seen);
        attempt.usage(used);
        spent = spent.plus(used);
        saidTokens = tokens;
    }

    @Override
    public Step onResponse(ResponseHead head) {
        Candidate to = current;
        if (to == null || !asked) {
            return Step.next();
        }
        if (head.status() < 400) {
            accepted = true;
            to.health().took(now() - tryStarted, now());
            if (to.health().isOut()) {
                place.board().answered(to.health(), tryStarted);
            }
            probe = false;
            head.headers().set("x-sluice-fallback-level", Integer.toString(level()));
        }
        if (!reasons.isEmpty()) {
            head.headers().set("x-sluice-fallback-reason", String.join(", ", reasons));
            exchange.note("fallback_level", level());
            exchange.note("fallback_reason", String.join(", ", reasons));
        }
        return Step.next();
    }

    @Override
    public Step onResponseBody(Body body) {
        if (accepted && hasNotice() && body.isJson() && body.json().isObject()) {
            body.edit(this::notice);
        }
        return Step.next();
    }

    private boolean hasNotice() {
        return (config.warning() != null && level() >= 1) || (config.limitation() != null && level() >= 2);
    }

    private void notice(ObjectNode root) {
        if (config.warning() != null) {
            root.put("warning", config.warning());
        }
        if (config.limitation() != null && level() >= 2) {
            root.put("limitation", config.limitation());
        }
    }

    @Override
    public Events onEvent(Event event) {
        var unused = first.onEvent(event);
        watch(event);
        if (noticed) {
            return event;
        }
        noticed = true;
        return hasNotice() && event.json().isObject() ? event.edit(this::notice) : event;
    }

    /** Whether the model has said that it is done. */
    private void watch(Event event) {
        if (exchange.dialect() == Dialect.OPENAI) {
            boolean says = event.mentions("\"finish_reason\"")
                    && !event.mentions("\"finish_reason\":null")
                    && !event.mentions("\"finish_reason\": null");
            finished |= says && ChatDelta.of(Dialect.OPENAI, event).finishReason() != null;
        } else if (exchange.dialect() == Dialect.ANTHROPIC) {
            finished |= "message_delta".equals(event.name())
                    && ChatDelta.of(Dialect.ANTHROPIC, event).finishReason() != null;
            stopped |= "message_stop".equals(event.name());
        }
    }

    @Override
    public void onComplete(Outcome outcome) {
        Candidate last = current;
        if (last == null) {
            return;
        }
        if (outcome.succeeded() && !outcome.attempts().isEmpty()) {
            place.board().answered(last.health(), tryStarted);
        } else if (probe) {
            last.health().releaseProbe();
        }
        boolean fell = accepted && level() > 0;
        place.log().count(fell);
        if (fell || !reasons.isEmpty()) {
            place.log().add(entry(outcome, last));
        }
    }

    private ObjectNode entry(Outcome outcome, Candidate last) {
        ObjectNode entry = JsonNodeFactory.instance.objectNode();
        entry.put("at", Instant.ofEpochMilli(started).toString());
        entry.put("request", exchange.id());
        entry.put("route", exchange.route());
        if (!scenario.isEmpty()) {
            entry.put("scenario", scenario);
        }
        entry.put("model", model);
        entry.put("outcome", outcome.succeeded() ? "rescued" : outcome.cancelled() ? "cancelled" : "failed");
        entry.put("status", outcome.status());
        entry.put("target", last.name());
        entry.put("level", level());
        entry.put("reason", String.join(", ", reasons));
        ArrayNode tries = entry.putArray("tries");
        for (Outcome.Try one : outcome.attempts()) {
            ObjectNode row = tries.addObject();
            row.put("provider", one.target().provider());
            row.put("model", one.target().model());
            Failure failure = one.failure();
            row.put("reason", failure == null ? null : Kind.of(failure).word());
            if (failure != null && failure.status() != 0) {
                row.put("status", failure.status());
            }
            Duration firstEvent = one.timings().firstEvent();
            if (firstEvent != null) {
                row.put("firstEventMillis", firstEvent.toMillis());
            }
            row.put("totalMillis", one.timings().total().toMillis());
        }
        return entry;
    }

    private long now() {
        return place.clock().millis();
    }
}
