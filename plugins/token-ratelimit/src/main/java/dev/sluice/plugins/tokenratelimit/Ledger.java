package dev.sluice.plugins.tokenratelimit;

import dev.sluice.api.Scope;
import dev.sluice.api.SharedState;
import dev.sluice.plugins.tokenratelimit.TokenRatelimitConfig.OnStoreFailure;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Takes from the shared state and settles with it; knows what to do while it cannot be reached. Nobody waits for it longer
 * than the time they give it. Safe for all threads.
 */
final class Ledger implements AutoCloseable {
    /** After a failure, the time for which nobody asks the shared state. */
    static final Duration REST = Duration.ofSeconds(1);

    /** How long the shared state knows which changes were made: one whose answer was lost is repeated for half of it. */
    static final Duration REMEMBERED = Duration.ofMinutes(2);

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final SharedState shared;
    private final LocalStore local;
    private final Board board;
    private final OnStoreFailure onFailure;
    private final double share;
    private final Duration ttl;
    private final int maxQueued;
    private final Logger log;
    private final LongSupplier clock;
    private final Deque<Change> queue = new ArrayDeque<>();
    private final AtomicLong awayUntil = new AtomicLong();
    private final String node = Long.toString(new SecureRandom().nextLong(Long.MAX_VALUE), Character.MAX_RADIX) + '-';
    private final AtomicLong changes = new AtomicLong();
    private final Counter failures;
    private final Counter dropped;
    private final Counter droppedTokens;

    /** Whether an answer may be lost on its way: not by a state that answers in the call itself, as one in memory does. */
    private volatile boolean losesAnswers = true;

    /** Whether the shared state has failed last. */
    private volatile boolean failing;

    Ledger(
            Scope scope,
            Board board,
            OnStoreFailure onFailure,
            double share,
            Duration ttl,
            int maxQueued,
            LongSupplier clock) {
        this.board = board;
        this.shared = scope.shared();
        this.local = new LocalStore(clock);
        this.onFailure = onFailure;
        this.share = share;
        this.ttl = ttl;
        this.maxQueued = maxQueued;
        this.log = scope.log();
        this.clock = clock;
        MeterRegistry meters = scope.meters();
        String route = scope.chain().route();
        this.failures = meters.counter("sluice_token_ratelimit_store_failures_total", "route", route);
        this.dropped = meters.counter("sluice_token_ratelimit_settles_dropped_total", "route", route);
        this.droppedTokens = meters.counter("sluice_token_ratelimit_settles_dropped_tokens_total", "route", route);
        meters.gauge(
                "sluice_token_ratelimit_settles_queued",
                List.of(io.micrometer.core.instrument.Tag.of("route", route)),
                this,
                Ledger::queued);
    }

    /**
     * Takes of a rule for a request.
     *
     * @param patience completes when the request waits no longer
     */
    CompletionStage<Claim> take(
            Rule rule, Subject subject, Reservation reservation, Supplier<? extends CompletionStage<?>> patience) {
        if (isAway()) {
            return CompletableFuture.completedFuture(withoutStore(rule, subject, reservation));
        }
        Change change = Change.take(rule, subject, rule.limits(), reservation, ttl);
        CompletableFuture<List<String>> asked = run(change);
        boolean atOnce = asked.isDone();
        if (!asked.isCompletedExceptionally()) {
            losesAnswers = !atOnce;
        }
        CompletableFuture<Claim> taken = new CompletableFuture<>();
        CompletableFuture<Void> unused = asked.handle((answer, error) -> {
            Claim claim = null;
            if (error == null) {
                try {
                    claim = Claim.of(rule, subject, rule.limits(), reservation, false, answer);
                } catch (RuntimeException e) {
                    failed(e);
                }
            } else {
                failed(error);
            }
            boolean first = taken.complete(claim == null ? withoutStore(rule, subject, reservation) : claim);
            if (!first && claim != null && claim.granted()) {
                release(claim);
            }
            return null;
        });
        if (!taken.isDone()) {
            CompletionStage<?> waited = patience.get().thenRun(() -> {
                if (!taken.isDone()) {
                    failed(new TimeoutException("no answer in time"));
                    taken.complete(withoutStore(rule, subject, reservation));
                }
            });
            assert waited != null;
        }
        return taken;
    }

    private Claim withoutStore(Rule rule, Subject subject, Reservation reservation) {
        return switch (onFailure) {
            case ALLOW -> unreserved(rule, subject);
            case DENY -> Claim.uncounted(rule, subject, rule.shadow());
            case LOCAL -> {
                List<Limit> limits =
                        rule.limits().stream().map(limit -> limit.share(share)).toList();
                Change change = Change.take(rule, subject, limits, reservation, ttl);
                yield Claim.of(rule, subject, limits, reservation, true, runHere(change));
            }
        };
    }

    /** One that has reserved nothing, and whose use is charged all the same. */
    private static Claim unreserved(Rule rule, Subject subject) {
        List<Claim.Figure> figures = rule.limits().stream()
                .map(limit -> new Claim.Figure(limit, 0, 0, 0, 0, 0, false))
                .toList();
        return new Claim(rule, subject, true, false, Reservation.NONE, figures);
    }

    /** Charges what was used in place of what was reserved; waits in a queue while the shared state is away. */
    void settle(Claim claim, long cost) {
        if (claim.local()) {
            runHere(Change.settle(claim, cost, ttl, true));
        }
        // What this node has let through alone is charged to the limit of all.
        apply(Change.settle(claim.local() ? unreserved(claim.rule(), claim.subject()) : claim, cost, ttl, true));
    }

    /** Charges what has become known of the use since it was settled; may be negative. */
    void adjust(Claim claim, long cost) {
        if (cost != 0) {
            apply(Change.settle(claim, cost, ttl, false));
        }
    }

    private List<String> runHere(Change change) {
        if (change.isEmpty()) {
            return List.of();
        }
        List<String> answer = local.run(change.script(), change.keys(), change.args());
        board.saw(change, answer);
        return answer;
    }

    /** Gives back what was taken, as if nobody had asked. */
    void release(Claim claim) {
        Change change = Change.release(claim, ttl);
        if (claim.local()) {
            runHere(change);
        } else {
            apply(change);
        }
    }

    private void apply(Change change) {
        if (change.isEmpty()) {
            return;
        }
        if (losesAnswers) {
            change.once(node + Long.toString(changes.incrementAndGet(), Character.MAX_RADIX), REMEMBERED);
        }
        if (failing) {
            // Nobody could tell later whether it was made.
            enqueue(change, false);
            return;
        }
        CompletableFuture<Void> unused = run(change).handle((answer, error) -> {
            if (error != null) {
                failed(error);
                enqueue(change, false);
            }
            return null;
        });
    }

    private CompletableFuture<List<String>> run(Change change) {
        change.sent(clock.getAsLong());
        try {
            return shared.run(change.script(), change.keys(), change.args())
                    .thenApply(answer -> {
                        if (answer.size() != 1 + change.places().size() * Windows.ANSWERS) {
                            throw new IllegalStateException("it answers what no limit can be read from");
                        }
                        board.saw(change, answer);
                        failing = false;
                        return answer;
                    })
                    .toCompletableFuture();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** A clock that was set back meanwhile prolongs nothing. */
    private boolean isAway() {
        long left = awayUntil.get() - clock.getAsLong();
        return left > 0 && left <= REST.toMillis();
    }

    /** Runs what an administrator asks, who waits until it is done; the stage fails if it cannot be. */
    CompletionStage<Claim.Figure> administer(Rule rule, Subject subject, String how, long amount) {
        Change change = Change.administer(rule, subject, how, amount, ttl);
        return run(change).thenApply(answer -> Claim.Figure.of(rule.limits().get(0), 0, answer));
    }

    /** How each limit of a rule stands for one subject; the stage fails if that cannot be known. */
    CompletionStage<List<Claim.Figure>> look(Rule rule, Subject subject) {
        Change change = Change.administer(rule, subject, "none", 0, ttl);
        return run(change)
                .thenApply(answer -> Claim.of(rule, subject, rule.limits(), Reservation.NONE, false, answer)
                        .figures());
    }

    private void failed(Throwable thrown) {
        Throwable cause = thrown.getCause();
        Throwable error = cause == null ? thrown : cause;
        failures.increment();
        failing = true;
        long now = clock.getAsLong();
        long before = awayUntil.getAndSet(now + REST.toMillis());
        if (before < now) {
            log.warn(
                    "the shared state cannot be reached ({}): limits are {}",
                    error.toString(),
                    switch (onFailure) {
                        case LOCAL -> "enforced by this node alone";
                        case ALLOW -> "not enforced";
                        case DENY -> "closed, every request is refused";
                    });
        }
    }

    private void enqueue(Change change, boolean first) {
        synchronized (queue) {
            if (queue.size() < maxQueued) {
                if (first) {
                    queue.addFirst(change);
                } else {
                    queue.addLast(change);
                }
                return;
            }
        }
        drop(change);
    }

    private void drop(Change change) {
        dropped.increment();
        droppedTokens.increment((double) Math.max(0, change.charged()));
    }

    int queued() {
        synchronized (queue) {
            return queue.size();
        }
    }

    private @Nullable Change poll() {
        synchronized (queue) {
            return queue.poll();
        }
    }

    /** Applies what has waited, until something fails; on a thread that may block. */
    void flush() {
        if (queued() == 0 || !isThere()) {
            return;
        }
        for (Change change = poll(); change != null; change = poll()) {
            Change one = change;
            if (mayBeMade(one)) {
                drop(one);
                continue;
            }
            CompletableFuture<List<String>> run = run(one);
            try {
                run.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            } catch (ExecutionException e) {
                failed(e);
                enqueue(one, true);
                return;
            } catch (TimeoutException e) {
                // It may yet succeed: only if it fails is it done again.
                CompletableFuture<Void> unused = run.handle((answer, error) -> {
                    if (error != null) {
                        enqueue(one, true);
                    }
                    return null;
                });
                failed(e);
                return;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                enqueue(one, true);
                return;
            }
        }
    }

    /** Asked with what changes nothing, so that no change gets lost in finding out. */
    private boolean isThere() {
        try {
            var unused = shared.get("there").toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            failing = false;
            return true;
        } catch (ExecutionException | TimeoutException e) {
            failed(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return false;
    }

    /** Whether it may have been made so long ago that nobody remembers. */
    private boolean mayBeMade(Change change) {
        long age = clock.getAsLong() - change.sentAt();
        return change.isOnce() && change.sentAt() != Change.NEVER && (age < 0 || age > REMEMBERED.toMillis() / 2);
    }

    /** Tries once more what has waited, without waiting for it. */
    @Override
    public void close() {
        for (Change change = poll(); change != null; change = poll()) {
            Change one = change;
            if (mayBeMade(one)) {
                drop(one);
                continue;
            }
            CompletableFuture<Void> unused = run(one).handle((answer, error) -> {
                if (error != null) {
                    drop(one);
                }
                return null;
            });
        }
    }
}
