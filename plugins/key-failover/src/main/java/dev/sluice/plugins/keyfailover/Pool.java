package dev.sluice.plugins.keyfailover;

import dev.sluice.api.Provider;
import dev.sluice.api.SharedState;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * The keys of one provider, as one place of one chain sees them. Choosing one looks at nothing but memory; what other
 * places and nodes have found out comes in with {@link #refresh}. Thread-safe.
 */
final class Pool {
    private static final Duration KEPT = Duration.ofDays(30);

    /** A key that was chosen, and whether it was out: then it is a last resort. */
    record Choice(PooledKey key, boolean lastResort) {}

    private final String provider;
    private final String checkModel;
    private final List<PooledKey> keys;
    private final Settings settings;
    private final Chooser chooser;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final SharedState shared;
    private final Logger log;
    private final AtomicBoolean warned = new AtomicBoolean();
    private volatile long seenChanges = -1;

    Pool(
            Provider provider,
            String checkModel,
            Settings settings,
            InstantSource clock,
            RandomGenerator random,
            SharedState shared,
            Logger log) {
        this.provider = provider.name();
        this.checkModel = checkModel;
        this.keys = provider.credentials().stream()
                .distinct()
                .map(credential -> new PooledKey(provider.name(), credential, shared))
                .toList();
        this.settings = settings;
        this.chooser = new Chooser(settings.strategy(), random);
        this.clock = clock;
        this.random = random;
        this.shared = shared;
        this.log = log;
    }

    String provider() {
        return provider;
    }

    String checkModel() {
        return checkModel;
    }

    List<PooledKey> keys() {
        return keys;
    }

    Instant now() {
        return clock.instant();
    }

    /** How many keys may be used now. */
    long healthy() {
        Instant now = now();
        return keys.stream().filter(key -> key.isHealthy(now)).count();
    }

    /**
     * A healthy key, one that this exchange has not failed with if there is one; null if none is healthy.
     *
     * @param sticky to whom the same key is given as long as it is healthy; null: whichever it is
     */
    @Nullable
    PooledKey healthy(Set<PooledKey> failed, @Nullable String sticky) {
        Instant now = now();
        List<PooledKey> healthy =
                keys.stream().filter(key -> key.isHealthy(now)).toList();
        List<PooledKey> unused =
                healthy.stream().filter(key -> !failed.contains(key)).toList();
        List<PooledKey> among = unused.isEmpty() ? healthy : unused;
        return among.isEmpty() ? null : chooser.choose(among, sticky, now);
    }

    /** Whether there is a healthy key that this exchange has not failed with. */
    boolean hasOther(Set<PooledKey> failed) {
        Instant now = now();
        return keys.stream().anyMatch(key -> key.isHealthy(now) && !failed.contains(key));
    }

    /** The key that is due back soonest; null if operators hold all of them. */
    @Nullable
    PooledKey soonest() {
        return waiting().min(Comparator.comparing(key -> key.state().due())).orElse(null);
    }

    /** When a key is due back; at least a second, null if nobody knows. */
    @Nullable
    Duration untilBack() {
        Instant now = now();
        return waiting()
                .map(key -> Duration.between(now, key.state().due()))
                .min(Comparator.naturalOrder())
                .map(wait -> wait.toSeconds() < 1 ? Duration.ofSeconds(1) : wait)
                .orElse(null);
    }

    private Stream<PooledKey> waiting() {
        return keys.stream().filter(key -> key.state().condition() != KeyState.Condition.HELD);
    }

    /** Counts a failed try against the key. */
    void failed(PooledKey key, Trouble trouble, String seen, @Nullable Duration asked) {
        Instant now = now();
        double drawn = random.nextDouble();
        boolean wasHealthy = key.isHealthy(now);
        apply(key, state -> state.failed(trouble, seen, asked, drawn, now, settings));
        KeyState after = key.state();
        if (wasHealthy && !after.isHealthy(now)) {
            log.warn(
                    "key {} of provider {} is {}: {} ({}), {} of {} keys are left",
                    key.credential().masked(),
                    provider,
                    after.condition() == KeyState.Condition.RESTING ? "resting" : "out",
                    trouble.word(),
                    seen,
                    healthy(),
                    keys.size());
        }
    }

    /** Notes that a try went well. */
    void succeeded(Choice choice) {
        Instant now = now();
        if (choice.lastResort()) {
            passed(choice.key(), now);
        } else {
            apply(choice.key(), state -> state.succeeded(now));
        }
    }

    /** Notes that a probe passed. */
    CompletionStage<KeyState> passed(PooledKey key, Instant now) {
        boolean wasHealthy = key.isHealthy(now);
        CompletionStage<KeyState> written = apply(key, state -> state.passed(now, settings));
        if (!wasHealthy && key.isHealthy(now)) {
            log.info("key {} of provider {} is back", key.credential().masked(), provider);
        }
        return written;
    }

    /** Notes that a probe did not pass. */
    CompletionStage<KeyState> notPassed(
            PooledKey key, @Nullable Trouble trouble, String seen, @Nullable Duration asked) {
        Instant now = now();
        double drawn = random.nextDouble();
        return apply(key, state -> state.notPassed(trouble, seen, asked, drawn, now, settings));
    }

    /** Makes a change, and tells the other places. */
    CompletionStage<KeyState> apply(PooledKey key, UnaryOperator<KeyState> change) {
        KeyState before = key.state();
        CompletionStage<KeyState> written = key.change(change);
        if (key.state().equals(before)) {
            return written;
        }
        return written.thenCompose(state -> tell().thenApply(told -> state)).whenComplete((state, failure) -> {
            if (failure == null) {
                warned.set(false);
            } else {
                warn(failure);
            }
        });
    }

    /** Raises the count by which places see that something has changed. */
    CompletionStage<Long> tell() {
        return shared.add(changes(), 1, KEPT);
    }

    private String changes() {
        return "changes/" + provider;
    }

    /**
     * Takes in what other places and nodes have found out: one look at a count, and at the keys only if it has changed.
     * Never fails.
     */
    CompletionStage<@Nullable Void> refresh() {
        return shared.get(changes())
                .thenCompose(count -> {
                    long changes = number(count);
                    if (changes == seenChanges) {
                        return CompletableFuture.<@Nullable Void>completedFuture(null);
                    }
                    return refreshKeys().thenAccept(done -> seenChanges = changes);
                })
                .exceptionally(this::warn);
    }

    /** Takes in all keys' states, whatever the count says. Never fails. */
    CompletionStage<@Nullable Void> refreshAll() {
        return refreshKeys().exceptionally(this::warn);
    }

    private CompletableFuture<@Nullable Void> refreshKeys() {
        return CompletableFuture.allOf(
                keys.stream().map(key -> key.refresh().toCompletableFuture()).toArray(CompletableFuture<?>[]::new));
    }

    private static long number(Optional<String> count) {
        try {
            return count.map(Long::parseLong).orElse(0L);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private @Nullable Void warn(Throwable failure) {
        if (warned.compareAndSet(false, true)) {
            log.warn(
                    "the shared state of provider {}'s keys cannot be reached; this node goes by what it knows",
                    provider,
                    failure);
        }
        return null;
    }

    /** The keys whose probe is due. */
    List<PooledKey> wantProbes(Instant now) {
        return keys.stream().filter(key -> key.state().wantsProbe(now)).toList();
    }
}
