package dev.sluice.plugins.keyfailover;

import dev.sluice.api.Credential;
import dev.sluice.api.SharedState;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One key of a pool: what is known of it here, and its counterpart in the shared state.
 *
 * <p>A change holds here at once, and is written behind, one change of a key after the other; what another node has
 * written meanwhile is kept, and the change done again on that. Thread-safe.
 */
final class PooledKey {
    private static final Duration KEPT = Duration.ofDays(30);
    private static final Duration KEPT_IF_HELD = Duration.ofDays(3650);
    private static final int MOST_RACES = 50;
    private static final int ID_LENGTH = 12;

    private final Credential credential;
    private final String id;
    private final String name;
    private final SharedState shared;
    private final MinuteSum tokens = new MinuteSum();
    private final AtomicInteger underWay = new AtomicInteger();
    private volatile KeyState state = KeyState.FRESH;
    private int pending;
    private CompletableFuture<KeyState> last = CompletableFuture.completedFuture(KeyState.FRESH);

    PooledKey(String provider, Credential credential, SharedState shared) {
        this.credential = credential;
        String fingerprint = credential.fingerprint();
        this.id = fingerprint.substring(0, ID_LENGTH);
        this.name = "key/" + provider + "/" + fingerprint;
        this.shared = shared;
    }

    Credential credential() {
        return credential;
    }

    /** The beginning of its SHA-256, by which operators name it. */
    String id() {
        return id;
    }

    /** What is known of it here. */
    KeyState state() {
        return state;
    }

    boolean isHealthy(Instant now) {
        return state.isHealthy(now);
    }

    /** The tokens that were used with it here in the last minute. */
    MinuteSum tokens() {
        return tokens;
    }

    /** The tries that use it here and now. */
    AtomicInteger underWay() {
        return underWay;
    }

    /** Makes a change; the stage completes with what holds once it is written. Completed at once where nothing changes. */
    CompletionStage<KeyState> change(UnaryOperator<KeyState> change) {
        CompletableFuture<KeyState> written;
        synchronized (this) {
            KeyState after = change.apply(state);
            if (after.equals(state)) {
                return CompletableFuture.completedFuture(after);
            }
            state = after;
            pending++;
            written = last.handle((before, failure) -> before)
                    .thenCompose(before -> write(change, MOST_RACES))
                    .toCompletableFuture();
            last = written;
        }
        return written.whenComplete(this::written);
    }

    private synchronized void written(@Nullable KeyState stored, @Nullable Throwable failure) {
        pending--;
        if (stored != null && failure == null && pending == 0) {
            state = stored;
        }
    }

    private CompletionStage<KeyState> write(UnaryOperator<KeyState> change, int races) {
        return shared.get(name).thenCompose(stored -> {
            KeyState before = stored.map(KeyState::of).orElse(KeyState.FRESH);
            KeyState after = change.apply(before);
            if (after.equals(before)) {
                return CompletableFuture.completedFuture(before);
            }
            return replace(stored, after).thenCompose(done -> {
                if (done) {
                    return CompletableFuture.completedFuture(after);
                }
                return races == 0
                        ? CompletableFuture.failedFuture(
                                new IllegalStateException("too many nodes change one key at once"))
                        : write(change, races - 1);
            });
        });
    }

    private CompletionStage<Boolean> replace(Optional<String> stored, KeyState after) {
        Duration kept = after.condition() == KeyState.Condition.HELD ? KEPT_IF_HELD : KEPT;
        return shared.replace(name, stored, after.text(), kept);
    }

    /**
     * Takes a due probe for this node; whether it got it. Of all nodes one does.
     *
     * @param until when another may be taken, should this node not come back with a result
     */
    CompletionStage<Boolean> claimProbe(Instant now, Instant until) {
        return shared.get(name).thenCompose(stored -> {
            KeyState before = stored.map(KeyState::of).orElse(KeyState.FRESH);
            if (!before.wantsProbe(now)) {
                return CompletableFuture.completedFuture(false);
            }
            KeyState after = before.probed(until);
            return replace(stored, after).thenApply(done -> {
                if (done) {
                    seen(after);
                }
                return done;
            });
        });
    }

    /** Looks at the shared state; what is known here gives way to it unless a change is on its way there. */
    CompletionStage<Void> refresh() {
        return shared.get(name)
                .thenAccept(stored -> seen(stored.map(KeyState::of).orElse(KeyState.FRESH)));
    }

    private synchronized void seen(KeyState stored) {
        if (pending == 0) {
            state = stored;
        }
    }
}
