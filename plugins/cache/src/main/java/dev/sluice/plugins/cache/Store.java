package dev.sluice.plugins.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Policy;
import com.github.benmanes.caffeine.cache.RemovalCause;
import dev.sluice.api.Scope;
import dev.sluice.api.SharedState;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where answers are kept: in memory, bounded, and beside it in the shared state, where the next generation of the jar and
 * other nodes find them. Whatever is wrong with the shared state is a miss, and counted. Thread-safe.
 */
final class Store {
    private static final Duration REST = Duration.ofSeconds(1);

    private final Settings settings;
    private final Cache<String, Entry> memory;
    private final SharedState shared;
    private final Purges purges;
    private final Meters meters;
    private final Scope scope;
    private final LongSupplier clock;
    private final AtomicLong awayUntil = new AtomicLong();

    /**
     * An empty store on whatever the shared state holds.
     *
     * @param clock in milliseconds
     */
    Store(Settings settings, Scope scope, Purges purges, Meters meters, LongSupplier clock) {
        this.settings = settings;
        this.scope = scope;
        this.shared = scope.shared();
        this.purges = purges;
        this.meters = meters;
        this.clock = clock;
        // The floor makes the bound on bytes one on entries, too: Caffeine takes one of the two.
        long floor = Math.max(1, (settings.maxBytes() + settings.maxEntries() - 1) / settings.maxEntries());
        this.memory = Caffeine.newBuilder()
                .maximumWeight(settings.maxBytes())
                .weigher((String hash, Entry entry) ->
                        (int) Math.min(Integer.MAX_VALUE, Math.max(floor, hash.length() + entry.weight())))
                .expireAfterWrite(settings.kept())
                .ticker(() -> Duration.ofMillis(clock.getAsLong()).toNanos())
                .executor(Runnable::run)
                .evictionListener(this::evicted)
                .build();
    }

    /** What memory has no room for is not to fill the same memory by another way. */
    private void evicted(@Nullable String hash, @Nullable Entry entry, RemovalCause cause) {
        if (hash != null && cause == RemovalCause.SIZE && !shared.isShared()) {
            var unused = shared.remove(name(hash));
        }
    }

    /**
     * The answer of that key that is still kept, fresh or not.
     *
     * @param patience completes when the request waits no longer for the shared state
     */
    CompletionStage<Optional<Entry>> find(String hash, Supplier<? extends CompletionStage<?>> patience) {
        Entry here = peek(hash);
        if (here != null) {
            return CompletableFuture.completedFuture(Optional.of(here));
        }
        if (clock.getAsLong() < awayUntil.get()) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        CompletableFuture<Optional<Entry>> found = new CompletableFuture<>();
        CompletableFuture<Void> unused = asked(hash).handle((text, error) -> {
            if (error != null) {
                failed(error);
            }
            found.complete(error == null ? text.flatMap(value -> read(hash, value)) : Optional.empty());
            return null;
        });
        if (!found.isDone()) {
            var late = patience.get().thenRun(() -> {
                if (!found.isDone()) {
                    failed(new TimeoutException("no answer in time"));
                    found.complete(Optional.empty());
                }
            });
            assert late != null;
        }
        return found;
    }

    private CompletableFuture<Optional<String>> asked(String hash) {
        try {
            // Until it is known what was purged, an answer from elsewhere cannot be trusted.
            CompletionStage<?> marks = purges.known() ? CompletableFuture.completedFuture(null) : purges.refresh();
            return marks.thenCompose(known -> shared.get(name(hash))).toCompletableFuture();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private Optional<Entry> read(String hash, String text) {
        Entry entry = Entry.read(text);
        if (entry == null) {
            meters.unreadable();
            return Optional.empty();
        }
        if (!isKept(hash, entry)) {
            return Optional.empty();
        }
        memory.put(hash, entry);
        return Optional.of(entry);
    }

    /** The answer of that key that is in memory and still kept; null if there is none. */
    @Nullable
    Entry peek(String hash) {
        Entry entry = memory.getIfPresent(hash);
        if (entry != null && !isKept(hash, entry)) {
            memory.invalidate(hash);
            return null;
        }
        return entry;
    }

    private boolean isKept(String hash, Entry entry) {
        return clock.getAsLong() - entry.at() < settings.kept().toMillis() && !purges.cover(hash, entry);
    }

    /** Whether it is served without a thought. */
    boolean isFresh(Entry entry) {
        return clock.getAsLong() - entry.at() < settings.fresh().toMillis();
    }

    /** Keeps an answer. */
    void put(String hash, Entry entry) {
        // Memory last: it may refuse an entry at once, and then takes it out of the shared state.
        if (clock.getAsLong() >= awayUntil.get()) {
            share(hash, entry);
        }
        memory.put(hash, entry);
    }

    private void share(String hash, Entry entry) {
        try {
            var unused = shared.put(name(hash), entry.text(), settings.kept()).whenComplete((done, error) -> {
                if (error != null) {
                    failed(error);
                }
            });
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    /** Drops from memory what is purged; how many answers that were. */
    int sweep() {
        int before = memory.asMap().size();
        memory.asMap().entrySet().removeIf(held -> purges.cover(held.getKey(), held.getValue()));
        return before - memory.asMap().size();
    }

    /** Answers in memory. */
    long entries() {
        memory.cleanUp();
        return memory.estimatedSize();
    }

    /** About how many bytes they take; each counts as its share of the bound at least. */
    long bytes() {
        memory.cleanUp();
        return memory.policy()
                .eviction()
                .map(Policy.Eviction::weightedSize)
                .orElseThrow()
                .orElse(0);
    }

    /** A hash is a group of its own, so that a cluster spreads them. */
    private String name(String hash) {
        return "{" + settings.prefix() + hash + "}";
    }

    private void failed(Throwable error) {
        meters.storeFailed();
        long now = clock.getAsLong();
        if (awayUntil.getAndSet(now + REST.toMillis()) <= now - REST.toMillis()) {
            scope.log()
                    .warn("the shared state does not answer: what is not in memory is a miss ({})", error.toString());
        }
    }
}
