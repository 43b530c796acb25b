package dev.sluice.host.exchange;

import dev.sluice.api.SharedState;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;

/**
 * A task that runs on one node of a cluster at a time: on whoever holds a lease in the shared state. The holder prolongs
 * it each time it runs, and while it runs; it lasts three periods, and no less than a second. So another node takes over,
 * at the latest, that and one period after the holder has gone.
 */
final class Lease implements Runnable {
    private static final Duration SHORTEST = Duration.ofSeconds(1);

    private final SharedState shared;
    private final Loop loop;
    private final String node;
    private final String key;
    private final Duration ttl;
    private final Runnable task;
    private final Logger log;

    /**
     * A task under a lease.
     *
     * @param loop on which it is prolonged while the task runs
     * @param node who would hold it
     */
    Lease(SharedState shared, Loop loop, String node, String name, Duration period, Runnable task, Logger log) {
        this.shared = shared;
        this.loop = loop;
        this.node = node;
        this.key = "lease/" + name;
        Duration three = period.multipliedBy(3);
        this.ttl = three.compareTo(SHORTEST) < 0 ? SHORTEST : three;
        this.task = task;
        this.log = log;
    }

    @Override
    public void run() {
        if (hold()) {
            Prolonging prolonging = new Prolonging();
            try {
                task.run();
            } finally {
                prolonging.end();
            }
        }
    }

    private boolean hold() {
        try {
            return wait(shared.replace(key, Optional.empty(), node, ttl))
                    || wait(shared.replace(key, Optional.of(node), node, ttl));
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the lease '" + key + "' cannot be had", e);
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private boolean wait(CompletionStage<Boolean> stage)
            throws InterruptedException, ExecutionException, TimeoutException {
        return stage.toCompletableFuture().get(Math.max(1, ttl.toMillis()), TimeUnit.MILLISECONDS);
    }

    /** Keeps the lease while one run lasts, however long that is. */
    private final class Prolonging {
        private long timer;
        private boolean over;

        Prolonging() {
            arm();
        }

        private synchronized void arm() {
            if (!over) {
                timer = loop.setTimer(ttl.toMillis() / 3, this::prolong);
            }
        }

        private void prolong() {
            var unused = shared.replace(key, Optional.of(node), node, ttl).whenComplete((held, error) -> {
                if (error != null || !held) {
                    log.warn("the lease '{}' could not be prolonged; another node may run its task, too", key, error);
                }
                arm();
            });
        }

        synchronized void end() {
            over = true;
            loop.cancelTimer(timer);
        }
    }
}
