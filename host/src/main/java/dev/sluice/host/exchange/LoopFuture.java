package dev.sluice.host.exchange;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** A future that refuses to block the event loop it belongs to: waiting for it there would wait for ever. */
final class LoopFuture<T> extends CompletableFuture<T> {
    private final Thread loop;
    private final Executor executor;

    LoopFuture(Thread loop, Executor executor) {
        this.loop = loop;
        this.executor = executor;
    }

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        return new LoopFuture<>(loop, executor);
    }

    @Override
    public Executor defaultExecutor() {
        return executor;
    }

    @Override
    public T join() {
        refuse("join()");
        return super.join();
    }

    @Override
    public T get() throws InterruptedException, java.util.concurrent.ExecutionException {
        refuse("get()");
        return super.get();
    }

    @Override
    public T get(long timeout, TimeUnit unit)
            throws InterruptedException, java.util.concurrent.ExecutionException,
                    java.util.concurrent.TimeoutException {
        refuse("get()");
        return super.get(timeout, unit);
    }

    private void refuse(String call) {
        if (Thread.currentThread() == loop && !isDone()) {
            throw new IllegalStateException(call + " would block the event loop; return Step.when(stage) instead,"
                    + " or do the work in exchange.blocking(…)");
        }
    }
}
