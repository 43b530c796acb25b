package dev.sluice.host.exchange;

import dev.sluice.api.Script;
import dev.sluice.api.SharedState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A shared state that knows which of its calls are under way. Thread-safe. */
final class PendingState implements SharedState {
    private final SharedState state;
    private final Map<Object, CompletableFuture<Void>> pending = new ConcurrentHashMap<>();

    PendingState(SharedState state) {
        this.state = state;
    }

    /** Waits until no call is under way, but no longer than that; whether none is. */
    boolean awaitNone(Duration longest) {
        long deadline = System.nanoTime() + longest.toNanos();
        try {
            // What follows upon one call may be another.
            for (CompletableFuture<Void> call : pending.values()) {
                var unused = call.get(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
            }
        } catch (ExecutionException | TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        return pending.isEmpty();
    }

    private <T> CompletionStage<T> kept(CompletionStage<T> stage) {
        CompletableFuture<T> call = stage.toCompletableFuture();
        if (call.isDone()) {
            return stage;
        }
        // What the filter hangs on the stage it gets has run before the call counts as over.
        CompletableFuture<T> given = new CompletableFuture<>();
        CompletableFuture<Void> over = new CompletableFuture<>();
        Object name = new Object();
        pending.put(name, over);
        var unused = call.whenComplete((value, error) -> {
            try {
                if (error != null) {
                    given.completeExceptionally(error);
                } else {
                    given.complete(value);
                }
            } finally {
                pending.remove(name);
                over.complete(null);
            }
        });
        return given;
    }

    @Override
    public boolean isShared() {
        return state.isShared();
    }

    @Override
    public CompletionStage<Long> add(String key, long delta, Duration ttl) {
        return kept(state.add(key, delta, ttl));
    }

    @Override
    public CompletionStage<Optional<String>> get(String key) {
        return kept(state.get(key));
    }

    @Override
    public CompletionStage<Void> put(String key, String value, Duration ttl) {
        return kept(state.put(key, value, ttl));
    }

    @Override
    public CompletionStage<Boolean> replace(String key, Optional<String> expected, String value, Duration ttl) {
        return kept(state.replace(key, expected, value, ttl));
    }

    @Override
    public CompletionStage<Boolean> remove(String key) {
        return kept(state.remove(key));
    }

    @Override
    public CompletionStage<List<String>> run(Script script, List<String> keys, List<String> args) {
        return kept(state.run(script, keys, args));
    }
}
