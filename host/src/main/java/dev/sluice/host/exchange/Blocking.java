package dev.sluice.host.exchange;

import java.lang.reflect.InvocationTargetException;
import java.security.AccessController;
import java.security.PrivilegedAction;
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

    static ExecutorService platformThreads() {
        AtomicInteger count = new AtomicInteger();
        ThreadFactory threads = task -> thread(task, "sluice-blocking-" + count.incrementAndGet());
        return new ThreadPoolExecutor(0, MAX_THREADS, 30, TimeUnit.SECONDS, new SynchronousQueue<>(), threads);
    }

    /**
     * A daemon thread that runs work of plugins, not started yet. It may outlive the plugin whose work it ran, and so keeps
     * no plugin's loader, neither as its context loader nor through an inherited thread local, nor, which only a deprecated
     * call prevents before Java 24, through the protection domains of the frames that stand on the stack when it is made.
     */
    @SuppressWarnings("removal")
    public static Thread thread(Runnable task, String name) {
        return AccessController.doPrivileged((PrivilegedAction<Thread>) () -> {
            Thread thread = new Thread(null, task, name, 0, false);
            thread.setDaemon(true);
            thread.setContextClassLoader(Blocking.class.getClassLoader());
            return thread;
        });
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
