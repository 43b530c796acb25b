package dev.sluice.host.exchange;

import dev.sluice.api.SharedState;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A task that runs on one node of a cluster at a time: on whoever holds a lease in the shared state. */
final class Lease implements Runnable {
    private static final String NODE = UUID.randomUUID().toString();

    private final SharedState shared;
    private final String key;
    private final Duration ttl;
    private final Runnable task;

    Lease(SharedState shared, String name, Duration period, Runnable task) {
        this.shared = shared;
        this.key = "lease/" + name;
        this.ttl = period.multipliedBy(3);
        this.task = task;
    }

    @Override
    public void run() {
        if (hold()) {
            task.run();
        }
    }

    private boolean hold() {
        try {
            return wait(shared.replace(key, Optional.empty(), NODE, ttl))
                    || wait(shared.replace(key, Optional.of(NODE), NODE, ttl));
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the lease '" + key + "' cannot be had", e);
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private boolean wait(java.util.concurrent.CompletionStage<Boolean> stage)
            throws InterruptedException, ExecutionException, TimeoutException {
        return stage.toCompletableFuture().get(Math.max(1, ttl.toMillis()), TimeUnit.MILLISECONDS);
    }
}
