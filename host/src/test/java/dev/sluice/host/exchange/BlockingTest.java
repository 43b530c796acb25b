package dev.sluice.host.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.host.plugin.PluginCatalog;
import dev.sluice.host.plugin.TestJar;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlockingTest {
    @TempDir
    Path directory;

    private final CompletableFuture<Thread> worker = new CompletableFuture<>();
    private final CountDownLatch done = new CountDownLatch(1);

    @Test
    void aPoolThreadThatAPluginsCallCreatedDoesNotKeepThePlugin() throws Exception {
        TestJar.of("demo", "1.0.0").filter("demo.P", "f", "", """
                        static final InheritableThreadLocal<Object> STATE = new InheritableThreadLocal<>();
                        public static void call(Runnable submit) {
                            STATE.set(new Config());
                            submit.run();
                            STATE.remove();
                        }
                        """).write(directory.resolve("x.jar"));
        ExecutorService pool = Blocking.platformThreads();
        try {
            WeakReference<ClassLoader> loader = usedAndClosed(pool);

            Awaitility.await().until(() -> {
                System.gc();
                return loader.get() == null;
            });

            assertThat(worker.join().isAlive()).isTrue();
        } finally {
            done.countDown();
            pool.shutdownNow();
        }
    }

    private WeakReference<ClassLoader> usedAndClosed(ExecutorService pool) throws Exception {
        PluginCatalog catalog = TestJar.load(directory);
        Class<?> plugin = catalog.find("f", null).orElseThrow().plugin().getClass();
        CompletableFuture<Future<?>> submitted = new CompletableFuture<>();
        Runnable submit = () -> submitted.complete(pool.submit(this::work));
        plugin.getMethod("call", Runnable.class).invoke(null, submit);
        worker.get(10, TimeUnit.SECONDS);
        catalog.generations().get(0).close();
        return new WeakReference<>(plugin.getClassLoader());
    }

    private void work() {
        worker.complete(Thread.currentThread());
        try {
            done.await();
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }
}
