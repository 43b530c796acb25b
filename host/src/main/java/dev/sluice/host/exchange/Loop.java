package dev.sluice.host.exchange;

import dev.sluice.host.upstream.UpstreamPool;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.concurrent.Executor;

/** One event loop and what belongs to it: its pool of upstream connections, its deadlines and its seat at the hook watch. */
public final class Loop implements Executor {
    private final Vertx vertx;
    private final Context context;
    private final UpstreamPool pool;
    private final HookWatch.Seat seat;
    private final Thread thread;
    private final DeadlineWheel deadlines;

    /** The loop of the calling event loop thread. */
    public Loop(Vertx vertx, UpstreamPool pool, HookWatch watch) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.pool = pool;
        this.seat = watch.seat();
        this.thread = Thread.currentThread();
        this.deadlines = new DeadlineWheel(vertx);
    }

    Vertx vertx() {
        return vertx;
    }

    UpstreamPool pool() {
        return pool;
    }

    HookWatch.Seat seat() {
        return seat;
    }

    Thread thread() {
        return thread;
    }

    /** For what nearly never expires; {@link #setTimer} for what will. */
    DeadlineWheel deadlines() {
        return deadlines;
    }

    <T> LoopFuture<T> newFuture() {
        return new LoopFuture<>(thread, this);
    }

    /** Runs the task on this loop, later than what runs there now. */
    @Override
    public void execute(Runnable task) {
        context.runOnContext(ignored -> task.run());
    }

    long setTimer(long millis, Runnable task) {
        return vertx.setTimer(Math.max(1, millis), ignored -> task.run());
    }

    void cancelTimer(long id) {
        vertx.cancelTimer(id);
    }
}
