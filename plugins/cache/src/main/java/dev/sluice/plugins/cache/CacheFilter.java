package dev.sluice.plugins.cache;

import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Body;
import dev.sluice.api.Event;
import dev.sluice.api.Events;
import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.Key;
import dev.sluice.api.Outcome;
import dev.sluice.api.Reply;
import dev.sluice.api.ResponseHead;
import dev.sluice.api.Step;
import dev.sluice.api.Target;
import dev.sluice.api.Usage;
import dev.sluice.api.llm.ChatReply;
import dev.sluice.plugins.cache.Flights.Seat;
import dev.sluice.plugins.cache.Flights.Word;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Looks up one chat, and takes down its answer if there was none. */
class CacheFilter implements Filter {
    static final String HEADER = "x-sluice-cache";

    static final String SIMILARITY = "x-sluice-cache-similarity";

    private static final Key<String> RISK = Key.RISK;
    private static final int LARGE = 256 * 1024;
    private static final int OK = 200;

    /** A wait is cut into slices, so that it may be longer than a stage may be pending. */
    private static final Duration SLICE = Duration.ofMillis(250);

    private final Exchange exchange;
    private final Place place;
    private final CacheControl control;

    // Written by whoever completes a stage while the exchange waits for it, read when it goes on.
    private volatile Result result = Result.SKIP;
    private volatile @Nullable Entry served;

    private @Nullable CacheKey key;
    private @Nullable Replay replay;
    private @Nullable Seat seat;
    private @Nullable Entry old;
    private long asked;
    private @Nullable String riskBefore;

    private @Nullable Attempt attempt;
    private @Nullable Target first;
    private @Nullable String answering;
    private @Nullable Recorder recorder;
    private boolean judged;

    CacheFilter(Exchange exchange, Place place, CacheControl control) {
        this.exchange = exchange;
        this.place = place;
        this.control = control;
    }

    // Looking up

    @Override
    public Step onRequestBody(Body body) {
        if (!body.isJson()) {
            return Step.next();
        }
        asked = place.clock().getAsLong();
        riskBefore = exchange.get(RISK);
        replay = Replay.of(exchange, body, place.settings());
        if (body.bytes().length < LARGE) {
            return known(place.keys().of(exchange, body));
        }
        // Nothing changes the tree while this stage is pending.
        return Step.when(
                exchange.blocking(() -> Optional.ofNullable(place.keys().of(exchange, body)))
                        .thenApply(made -> known(made.orElse(null))));
    }

    private Step known(@Nullable CacheKey made) {
        if (made == null) {
            return Step.next();
        }
        key = made;
        exchange.note("cache_key", made.hash());
        if (control.noLookup()) {
            result = Result.MISS;
            return Step.next();
        }
        CompletableFuture<Optional<Entry>> found = place.store()
                .find(made.hash(), () -> exchange.after(place.settings().storeTimeout()))
                .toCompletableFuture();
        return found.isDone() ? found(made, found.join()) : Step.when(found.thenApply(entry -> found(made, entry)));
    }

    private Step found(CacheKey made, Optional<Entry> stored) {
        Entry entry = stored.filter(this::willDo).orElse(null);
        if (entry != null && place.store().isFresh(entry)) {
            return serve(entry, Result.HIT);
        }
        Seat boarded = place.flights().board(made.hash());
        seat = boarded;
        if (boarded.leads()) {
            // The one who led before may have landed since the lookup.
            Entry landed = place.store().peek(made.hash());
            if (landed != null && willDo(landed) && place.store().isFresh(landed)) {
                place.flights().land(made.hash(), landed);
                return serve(landed, Result.HIT);
            }
            old = entry;
            if (entry == null && place.semantics() != null && made.question() != null) {
                return similar(made, place.semantics(), made.question());
            }
            result = entry == null ? Result.MISS : Result.REFRESH;
            return Step.next();
        }
        if (entry != null) {
            boarded.leave();
            return serve(entry, Result.STALE);
        }
        return await(boarded);
    }

    /** Looks for the answer to another question that means the same; those who wait for this one wait for that, too. */
    private Step similar(CacheKey made, Semantics semantics, Question question) {
        long begun = System.nanoTime();
        CompletableFuture<Optional<Entry>> sought = semantics.find(
                question,
                hash -> place.store().find(hash, CompletableFuture::new),
                entry -> willDo(entry) && place.store().isFresh(entry));
        return sought(made, semantics, sought, begun);
    }

    private Step sought(CacheKey made, Semantics semantics, CompletableFuture<Optional<Entry>> sought, long begun) {
        Duration waited = Duration.ofNanos(System.nanoTime() - begun);
        Duration left = semantics.timeout().minus(waited);
        if (sought.isDone() || left.isNegative() || left.isZero()) {
            place.meters().semanticTime(waited);
            if (!sought.isDone()) {
                semantics.timedOut();
            }
            Entry entry = sought.getNow(Optional.empty()).orElse(null);
            if (entry == null) {
                result = Result.MISS;
                return Step.next();
            }
            place.flights().land(made.hash(), entry);
            return serve(entry, Result.SEMANTIC);
        }
        CompletableFuture<Boolean> turn = sought.handle((entry, error) -> true);
        // Only here, on its own loop, may the exchange be asked for time.
        var unused = exchange.after(left.compareTo(SLICE) < 0 ? left : SLICE).thenRun(() -> turn.complete(false));
        return Step.when(turn.thenApply(done -> sought(made, semantics, sought, begun)));
    }

    private boolean willDo(Entry entry) {
        return age(entry) <= control.maxAge();
    }

    private long age(Entry entry) {
        return Math.max(0, (place.clock().getAsLong() - entry.at()) / 1000);
    }

    private Reply serve(Entry entry, Result how) {
        boolean similar = !Double.isNaN(entry.similarity());
        result = similar ? Result.SEMANTIC : how;
        served = entry;
        Reply reply = Objects.requireNonNull(replay)
                .reply(entry)
                .header(HEADER, result.word())
                .header("age", Long.toString(age(entry)));
        return similar ? reply.header(SIMILARITY, shown(entry.similarity())) : reply;
    }

    private static String shown(double similarity) {
        return String.format(Locale.ROOT, "%.4f", similarity);
    }

    /** Waits for the one who leads; on this exchange's loop. */
    private Step await(Seat waiting) {
        long left =
                asked + place.settings().flightWait().toMillis() - place.clock().getAsLong();
        if (left <= 0) {
            waiting.leave();
            return lead("timeout");
        }
        Duration slice = Duration.ofMillis(Math.min(left, SLICE.toMillis()));
        CompletableFuture<Optional<Word>> turn = waiting.word().thenApply(Optional::of);
        var unused = exchange.after(slice).thenRun(() -> turn.complete(Optional.empty()));
        return Step.when(turn.thenCompose(
                word -> word.isEmpty() ? CompletableFuture.completedFuture(await(waiting)) : told(word.get())));
    }

    /** May run on the leader's loop, so what takes time does not. */
    private CompletableFuture<Step> told(Word word) {
        return switch (word.call()) {
            case LANDED -> {
                waited("served");
                yield CompletableFuture.supplyAsync(() -> serve(Objects.requireNonNull(word.entry()), Result.HIT));
            }
            case LEAD -> CompletableFuture.completedFuture(lead("promoted"));
            case ALONE -> CompletableFuture.completedFuture(lead("alone"));
        };
    }

    private Step lead(String end) {
        waited(end);
        result = Result.MISS;
        return Step.next();
    }

    private void waited(String end) {
        place.meters().waited(exchange.route(), end);
    }

    // Taking down

    @Override
    public AttemptFilter onAttempt(Attempt begun) {
        if (key == null) {
            return AttemptFilter.PASS;
        }
        attempt = begun;
        answering = null;
        if (first == null) {
            first = begun.target();
        }
        return new AttemptFilter() {
            @Override
            public Step onResponse(ResponseHead head) {
                answering = head.source();
                return Step.next();
            }
        };
    }

    @Override
    public Step onResponse(ResponseHead head) {
        head.headers().set(HEADER, result.word());
        if (key == null || served != null) {
            return Step.next();
        }
        Flaw flaw = flaw(head);
        if (flaw == null) {
            recorder = new Recorder(exchange.dialect(), place.settings().maxEntryBytes());
        } else {
            judged(flaw, head.status());
        }
        return Step.next();
    }

    private @Nullable Flaw flaw(ResponseHead head) {
        if (head.status() != OK) {
            return Flaw.STATUS;
        }
        if (!head.source().equals(answering)) {
            return Flaw.FILTER;
        }
        String level = head.headers().get("x-sluice-fallback-level");
        boolean elsewhere = attempt != null && !attempt.target().equals(first) && !sameModel(attempt.target());
        return elsewhere || (level != null && !level.equals("0")) ? Flaw.FALLBACK : null;
    }

    /** Another endpoint of the same provider is no fallback. */
    private boolean sameModel(Target target) {
        return first != null
                && target.provider().equals(first.provider())
                && Objects.equals(target.model(), first.model());
    }

    @Override
    public Events onEvent(Event event) {
        if (recorder != null) {
            recorder.event(event);
        }
        return event;
    }

    @Override
    public Events onEnd() {
        if (recorder != null) {
            taken(recorder.end(usage()));
        }
        return Events.none();
    }

    @Override
    public Step onResponseBody(Body body) {
        if (recorder != null) {
            Usage used = usage();
            taken(
                    recorder.whole(body),
                    used != null ? used : ChatReply.of(exchange, body).usage());
        }
        return Step.next();
    }

    private @Nullable Usage usage() {
        return attempt == null ? null : attempt.usage();
    }

    private void taken(Recorder.Taken taken) {
        taken(taken, usage());
    }

    private void taken(Recorder.Taken taken, @Nullable Usage usage) {
        recorder = null;
        CacheKey made = Objects.requireNonNull(key);
        Flaw flaw = taken.flaw();
        if (flaw == null && !Objects.equals(riskBefore, exchange.get(RISK))) {
            flaw = Flaw.FILTER;
        }
        if (flaw != null) {
            judged(flaw, OK);
            return;
        }
        judged = true;
        Entry entry = Entry.of(made, asked, usage == null ? Usage.NONE : usage, taken.answer());
        place.store().put(made.hash(), entry);
        place.meters().stored(exchange.route());
        place.flights().land(made.hash(), entry);
        if (place.semantics() != null && made.question() != null) {
            place.semantics().learn(made.question(), made.hash());
        }
    }

    /** An answer that will not do for others either; one that failed may turn out better for the next. */
    private void judged(Flaw flaw, int status) {
        judged = true;
        place.meters().notStored(exchange.route(), flaw);
        boolean mayDo = status >= 500 || status == 408 || status == 429;
        if (seat != null && !mayDo) {
            seat.dismiss();
        }
    }

    // The end

    @Override
    public void onComplete(Outcome outcome) {
        if (seat != null) {
            seat.leave();
        }
        if (key != null && served == null && !judged) {
            place.meters().notStored(exchange.route(), Flaw.CUT);
        }
        tell(outcome.cancelled());
    }

    /** For filters, the log and the meters; at the end, because only then the exchange is on its own loop for sure. */
    private void tell(boolean cancelled) {
        exchange.put(Key.CACHE, result.plain());
        exchange.note("cache_status", result.word());
        place.meters().lookup(exchange.route(), result);
        Entry entry = served;
        if (entry == null) {
            return;
        }
        exchange.note("cache_age", age(entry));
        if (!Double.isNaN(entry.similarity())) {
            exchange.note("cache_similarity", Math.round(entry.similarity() * 10_000) / 10_000.0);
        }
        if (!cancelled) {
            double cost = place.prices().cost(entry.model(), entry.usage());
            exchange.note("cache_saved_tokens", entry.usage().total());
            if (cost > 0) {
                exchange.note("cache_saved_cost", cost);
            }
            place.meters().saved(exchange.route(), entry.usage(), cost);
        }
    }

    /** The answer that is too old, while this request fetches another; null if there is none, or a caller refused it. */
    @Nullable
    Reply oldAnswer() {
        return old == null ? null : serve(old, Result.STALE);
    }
}
