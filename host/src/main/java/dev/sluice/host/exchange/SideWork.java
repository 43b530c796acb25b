package dev.sluice.host.exchange;

import dev.sluice.api.HttpRequest;
import dev.sluice.api.HttpResponse;
import dev.sluice.host.upstream.BufferedCall;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;

/** What a filter does beside an exchange, cancelled with it: calls of its own, blocking work. */
final class SideWork {
    private SideWork() {}

    static CompletionStage<HttpResponse> call(Loop loop, Cancellations cancellations, HttpRequest request) {
        LoopFuture<HttpResponse> result = loop.newFuture();
        if (cancellations.isOver()) {
            return result;
        }
        LoopFuture<HttpResponse> arrived = loop.newFuture();
        BufferedCall call = new BufferedCall(loop.vertx(), loop.pool(), request, arrived);
        Runnable cancel = call::cancel;
        cancellations.add(cancel);
        var unused = arrived.whenComplete((response, error) -> {
            cancellations.remove(cancel);
            if (cancellations.isOver()) {
                return;
            }
            if (error != null) {
                result.completeExceptionally(error);
            } else {
                result.complete(response);
            }
        });
        return result;
    }

    static <T> CompletionStage<T> blocking(
            Loop loop, Cancellations cancellations, Blocking blocking, Callable<T> work) {
        LoopFuture<T> result = loop.newFuture();
        if (cancellations.isOver()) {
            return result;
        }
        Runnable[] cancel = new Runnable[1];
        try {
            Future<?> running = blocking.submit(() -> {
                try {
                    T value = work.call();
                    loop.execute(() -> settle(cancellations, cancel[0], () -> result.complete(value)));
                } catch (Throwable t) {
                    loop.execute(() -> settle(cancellations, cancel[0], () -> result.completeExceptionally(t)));
                }
            });
            cancel[0] = () -> running.cancel(true);
            cancellations.add(cancel[0]);
        } catch (RejectedExecutionException full) {
            result.completeExceptionally(
                    new RejectedExecutionException("too much blocking work is under way in this gateway"));
        }
        return result;
    }

    private static void settle(Cancellations cancellations, Runnable cancel, Runnable complete) {
        cancellations.remove(cancel);
        if (!cancellations.isOver()) {
            complete.run();
        }
    }
}
