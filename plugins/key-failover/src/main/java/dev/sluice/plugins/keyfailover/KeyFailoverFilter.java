package dev.sluice.plugins.keyfailover;

import dev.sluice.api.Attempt;
import dev.sluice.api.AttemptFilter;
import dev.sluice.api.Dialect;
import dev.sluice.api.Exchange;
import dev.sluice.api.Failure;
import dev.sluice.api.Filter;
import dev.sluice.api.Key;
import dev.sluice.api.Outcome;
import dev.sluice.api.Recovery;
import dev.sluice.api.Reply;
import dev.sluice.api.Step;
import dev.sluice.api.UpstreamRequest;
import dev.sluice.api.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Gives each try a key, and a try that failed for its key another one. */
final class KeyFailoverFilter implements Filter {
    private static final Duration LONGEST_REST = Duration.ofDays(1);

    private final Exchange exchange;
    private final Pools pools;
    private final Settings settings;
    private final boolean othersHelp;
    private final List<Use> uses = new ArrayList<>(1);
    private final Set<PooledKey> failed = new HashSet<>(2);
    private final Map<String, Integer> retries = new HashMap<>(2);
    private boolean retrying;

    /** A key in a try. */
    private static final class Use {
        private final Attempt attempt;
        private final Pool pool;
        private final Pool.Choice choice;
        private boolean over;

        Use(Attempt attempt, Pool pool, Pool.Choice choice) {
            this.attempt = attempt;
            this.pool = pool;
            this.choice = choice;
            choice.key().underWay().incrementAndGet();
        }

        /** Whether the key went out in the end: a client's own may have gone in its place. */
        boolean isOurs() {
            return choice.key().credential().equals(attempt.credential());
        }

        void over() {
            if (!over) {
                over = true;
                choice.key().underWay().decrementAndGet();
            }
        }
    }

    /** @param othersHelp whether a filter before this one sends a request elsewhere if this provider has no key for it */
    KeyFailoverFilter(Exchange exchange, Pools pools, Settings settings, boolean othersHelp) {
        this.exchange = exchange;
        this.pools = pools;
        this.settings = settings;
        this.othersHelp = othersHelp;
    }

    @Override
    public AttemptFilter onAttempt(Attempt attempt) {
        boolean again = retrying;
        retrying = false;
        Pool pool = attempt.credential() == null ? pools.of(attempt.target().provider()) : null;
        if (pool == null) {
            return AttemptFilter.PASS;
        }
        Pool.Choice choice = choose(pool);
        if (choice == null) {
            return new NoKey(pool);
        }
        attempt.credential(choice.key().credential());
        uses.add(new Use(attempt, pool, choice));
        exchange.note("key", choice.key().credential().masked());
        exchange.note("key_tries", uses.size());
        Duration limit = settings.retryTimeout();
        if (again && limit != null) {
            attempt.totalWithin(limit);
        }
        return AttemptFilter.PASS;
    }

    private Pool.@Nullable Choice choose(Pool pool) {
        PooledKey healthy = pool.healthy(failed, sticky());
        if (healthy != null) {
            return new Pool.Choice(healthy, false);
        }
        PooledKey soonest = othersHelp ? null : pool.soonest();
        pools.counters().none(pool, soonest != null);
        return soonest == null ? null : new Pool.Choice(soonest, true);
    }

    /** Who must find again what an earlier request has stored at the provider; null: this request stores nothing. */
    private @Nullable String sticky() {
        boolean stateful = switch (exchange.operation()) {
            case FILES, BATCHES, FINE_TUNING -> true;
            default -> exchange.dialect() == Dialect.OPENAI_RESPONSES;
        };
        if (!stateful) {
            return null;
        }
        String consumer = exchange.get(Key.CONSUMER);
        return consumer == null ? "address " + exchange.request().remoteAddress() : "consumer " + consumer;
    }

    /** A provider none of whose keys may be used. */
    private static final class NoKey implements AttemptFilter {
        private final Pool pool;

        NoKey(Pool pool) {
            this.pool = pool;
        }

        @Override
        public Step onSend(UpstreamRequest request) {
            Reply reply = Reply.error(
                    503, "no_credential", "no key of provider '" + pool.provider() + "' is healthy at the moment");
            Duration wait = pool.untilBack();
            return wait == null ? reply : reply.header("retry-after", Long.toString(wait.toSeconds()));
        }
    }

    @Override
    public Recovery onFailure(Failure failure) {
        Use use = use(failure.attempt());
        if (use == null) {
            return Recovery.pass();
        }
        use.over();
        if (!use.isOurs()) {
            return Recovery.pass();
        }
        Trouble trouble = Trouble.of(failure, settings);
        failed.add(use.choice.key());
        if (trouble != null) {
            pools.counters().failure(use.pool, trouble);
            use.pool.failed(use.choice.key(), trouble, seen(failure), asked(failure));
        }
        String provider = use.pool.provider();
        boolean another = trouble != null || settings.retryOn() != null;
        if (!another
                || !retries(failure, trouble)
                || failure.accepted()
                || !failure.canRetry()
                || retries.getOrDefault(provider, 0) >= settings.maxRetries()
                || !use.pool.hasOther(failed)) {
            return Recovery.pass();
        }
        retries.merge(provider, 1, Integer::sum);
        pools.counters().retry(use.pool);
        retrying = true;
        return Recovery.retry();
    }

    private boolean retries(Failure failure, @Nullable Trouble trouble) {
        StatusPatterns on = settings.retryOn();
        return on == null ? trouble != null : on.match(failure.status());
    }

    private static String seen(Failure failure) {
        return failure.status() > 0
                ? "status " + failure.status()
                : failure.reason().name().toLowerCase(java.util.Locale.ROOT);
    }

    private static @Nullable Duration asked(Failure failure) {
        Duration asked = failure.retryAfter();
        return asked != null && asked.compareTo(LONGEST_REST) > 0 ? LONGEST_REST : asked;
    }

    private @Nullable Use use(Attempt attempt) {
        for (Use use : uses) {
            if (use.attempt.number() == attempt.number()) {
                return use;
            }
        }
        return null;
    }

    @Override
    public void onComplete(Outcome outcome) {
        List<Outcome.Try> tries = outcome.attempts();
        for (Use use : uses) {
            use.over();
            int index = use.attempt.number() - 1;
            if (index >= tries.size()) {
                continue;
            }
            Outcome.Try ended = tries.get(index);
            Usage used = ended.usage();
            if (used != null) {
                use.choice.key().tokens().add(used.total(), use.pool.now());
            }
            boolean answered = outcome.succeeded() || outcome.timings().firstEvent() != null;
            if (ended.failure() == null && answered && use.isOurs()) {
                use.pool.succeeded(use.choice);
            }
        }
    }
}
