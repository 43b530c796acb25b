package dev.sluice.host.exchange;

import java.lang.reflect.InvocationTargetException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Where blocking work of filters runs: on virtual threads where the JVM has them, else on a bounded pool. Thread-safe. */
public final class Blocking implements AutoCloseable {
    private static final int MAX_THREADS = 256;
    private final ExecutorService executor;

    /** Starts it. */
    public Blocking() {
        executor = virtualThreads();
    }

    Future<?> submit(Runnable work) {
        return executor.submit(work);
    }

    private static ExecutorService virtualThreads() {
        try {
            return (ExecutorService)
                    Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        } catch (NoSuchMethodException | IllegalAccessException | InvocationTargetException beforeJava21) {
            return platformThreads();
        }
    }

    private static ExecutorService platformThreads() {
        AtomicInteger count = new AtomicInteger();
        ThreadFactory threads = task -> {
            Thread thread = new Thread(task, "sluice-blocking-" + count.incrementAndGet());
            thread.setDaemon(true);
            // A thread outlives the plugin whose work it ran; it must not keep the plugin's loader.
            thread.setContextClassLoader(Blocking.class.getClassLoader());
            return thread;
        };
        return new ThreadPoolExecutor(0, MAX_THREADS, 30, TimeUnit.SECONDS, new SynchronousQueue<>(), threads);
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
