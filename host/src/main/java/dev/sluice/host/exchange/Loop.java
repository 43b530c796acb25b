package dev.sluice.host.exchange;

import dev.sluice.api.HttpRequest;
import dev.sluice.api.HttpResponse;
import dev.sluice.host.route.Snapshot;
import dev.sluice.host.upstream.BufferedCall;
import dev.sluice.host.upstream.Destination;
import dev.sluice.host.upstream.UpstreamPool;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** One event loop and what belongs to it: its pool of upstream connections, its deadlines, its
 * exchanges and its seat at the hook watch. */
public final class Loop implements Executor {
    private final Vertx vertx;
    private final Context context;
    private final UpstreamPool pool;
    private final HookWatch.Seat seat;
    private final Thread thread;
    private final DeadlineWheel deadlines;
    private @Nullable HostExchange exchanges;

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

    void begun(HostExchange exchange) {
        HostExchange first = exchanges;
        exchange.next = first;
        if (first != null) {
            first.previous = exchange;
        }
        exchanges = exchange;
    }

    void ended(HostExchange exchange) {
        HostExchange before = exchange.previous;
        HostExchange after = exchange.next;
        if (before == null) {
            exchanges = after;
        } else {
            before.next = after;
        }
        if (after != null) {
            after.previous = before;
        }
        exchange.previous = null;
        exchange.next = null;
    }

    /** Ends the exchanges of that snapshot which are still under way here. From any thread. */
    public void expire(Snapshot snapshot) {
        execute(() -> {
            List<HostExchange> late = new ArrayList<>();
            for (HostExchange e = exchanges; e != null; e = e.next) {
                if (e.subject().snapshot() == snapshot) {
                    late.add(e);
                }
            }
            late.forEach(HostExchange::expire);
        });
    }

    /** For what nearly never expires; {@link #setTimer} for what will. */
    DeadlineWheel deadlines() {
        return deadlines;
    }

    <T> LoopFuture<T> newFuture() {
        return new LoopFuture<>(thread, this);
    }

    /** Makes a call from this loop; it completes there. From any thread. */
    public CompletableFuture<HttpResponse> call(Destination to, HttpRequest request) {
        CompletableFuture<HttpResponse> answer = new CompletableFuture<>();
        execute(() -> {
            var unused = new BufferedCall(vertx, pool, to, request, answer);
        });
        return answer;
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
