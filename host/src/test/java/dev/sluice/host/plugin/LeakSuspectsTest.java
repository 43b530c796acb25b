package dev.sluice.host.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.host.plugin.LeakWatch.Leak;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Metrics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;

/** Jars that leave something behind on purpose. */
class LeakSuspectsTest {
    @TempDir
    Path directory;

    private final LeakWatch watch = new LeakWatch(Duration.ZERO);

    /** Loads a plugin with a method "leave", calls it, and unloads the plugin; returns its result. */
    private Object left(String leave) throws Exception {
        TestJar.of("demo", "1.0.0")
                .filter("demo.P", "f", "", "public record State(Object of) {}\n" + leave)
                .write(directory.resolve("x.jar"));
        PluginCatalog catalog = TestJar.load(directory);
        assertThat(catalog.refused()).isEmpty();
        PluginGeneration generation = catalog.generations().get(0);
        Class<?> plugin = catalog.find("f", null).orElseThrow().plugin().getClass();
        Object result = plugin.getMethod("leave").invoke(null);
        generation.close();
        watch.watch(generation.id(), generation.toString(), plugin.getClassLoader());
        return result;
    }

    private List<String> suspects() {
        // It would put its own handler of uncaught exceptions in the place of the plugin's.
        Awaitility.await().dontCatchUncaughtExceptions().until(() -> {
            watch.look();
            return watch.waiting() == 0;
        });
        Leak leak = watch.leaks().get(0);
        assertThat(leak.plugin()).isEqualTo("demo");
        assertThat(leak.generation()).startsWith("demo@1.0.0 (");
        return leak.suspects();
    }

    private void isWithdrawn() {
        Awaitility.await().until(() -> {
            System.gc();
            watch.look();
            return watch.leaks().isEmpty();
        });
    }

    private static Thread thread(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static void end(String thread) throws InterruptedException {
        Thread running = thread(thread);
        running.interrupt();
        running.join();
    }

    @Test
    void aThread() throws Exception {
        left("""
                public static void leave() {
                    new Thread(P::work, "demo-worker").start();
                }
                static void work() {
                    while (!Thread.interrupted()) {
                        java.util.concurrent.locks.LockSupport.park();
                    }
                }
                """);
        try {
            assertThat(suspects()).contains("thread 'demo-worker' runs demo.P.work");
        } finally {
            end("demo-worker");
        }
        isWithdrawn();
    }

    @Test
    void theTaskAndTheContextClassLoaderOfAThreadThatIsElsewhere() throws Exception {
        Semaphore parked = (Semaphore) left("""
                public static Object leave() {
                    var semaphore = new java.util.concurrent.Semaphore(0);
                    Thread other = new Thread(semaphore::acquireUninterruptibly, "demo-task");
                    other.setContextClassLoader(P.class.getClassLoader());
                    other.setUncaughtExceptionHandler((thread, error) -> {});
                    other.start();
                    return semaphore;
                }
                """);
        try {
            assertThat(suspects())
                    .containsExactlyInAnyOrder(
                            "thread 'demo-task' was made to run a lambda of demo.P",
                            "the context class loader of thread 'demo-task' is the plugin's",
                            "the uncaught exception handler of thread 'demo-task' is a lambda of demo.P");
        } finally {
            parked.release();
        }
        isWithdrawn();
    }

    @Test
    void aThreadOfAClassOfItsOwn() throws Exception {
        List<Object> pool = new ArrayList<>();
        pool.add(left("""
                static final class Forked extends java.util.concurrent.ForkJoinWorkerThread {
                    Forked(java.util.concurrent.ForkJoinPool pool) { super(pool); }
                }
                public static Object leave() {
                    var pool = new java.util.concurrent.ForkJoinPool(1, Forked::new, null, false);
                    pool.submit(() -> Thread.currentThread().setName("demo-forked")).join();
                    return pool;
                }
                """));
        try {
            assertThat(suspects()).contains("thread 'demo-forked' is a demo.P$Forked");
        } finally {
            ((ForkJoinPool) pool.remove(0)).shutdownNow();
        }
        isWithdrawn();
    }

    @Test
    @EnabledForJreRange(max = JRE.JAVA_23)
    void anIdleThreadThatThePluginCreated() throws Exception {
        ExecutorService pool = (ExecutorService) left("""
                public static java.util.concurrent.ExecutorService leave() throws Exception {
                    var pool = java.util.concurrent.Executors.newSingleThreadExecutor();
                    pool.submit(() -> Thread.currentThread().setName("demo-idle")).get();
                    return pool;
                }
                """);
        try {
            assertThat(suspects()).containsExactly("thread 'demo-idle' was created by code of the plugin");
        } finally {
            pool.shutdownNow();
        }
        isWithdrawn();
    }

    @Test
    void aThreadLocalOfAThreadThatLivesOn() throws Exception {
        ExecutorService other = Executors.newSingleThreadExecutor(task -> new Thread(task, "other"));
        try {
            other.submit(() -> left("""
                            static final ThreadLocal<Object> STATE = new ThreadLocal<>();
                            static final ThreadLocal<Object> OWN = new ThreadLocal<>() {};
                            static final ThreadLocal<Object> STATES = new ThreadLocal<>();
                            public static void leave() {
                                STATE.set(new State(1));
                                OWN.set(new java.util.Date());
                                STATES.set(new java.util.HashMap<>(java.util.Map.of("key", new State(2))));
                            }
                            """)).get();
            assertThat(suspects())
                    .containsExactlyInAnyOrder(
                            "thread 'other' holds a java.util.Date in a thread local that is a demo.P$1",
                            "a thread local of thread 'other' holds a demo.P$State",
                            "a thread local of thread 'other' holds a demo.P$State in a java.util.HashMap");
        } finally {
            other.shutdownNow();
        }
        assertThat(other.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        isWithdrawn();
    }

    @Test
    void aShutdownHook() throws Exception {
        List<Object> hook = new ArrayList<>();
        hook.add(left("""
                public static Thread leave() {
                    Thread hook = new Thread(() -> {}, "demo-hook");
                    Runtime.getRuntime().addShutdownHook(hook);
                    return hook;
                }
                """));
        try {
            assertThat(suspects()).containsExactly("a shutdown hook: thread 'demo-hook'");
        } finally {
            Runtime.getRuntime().removeShutdownHook((Thread) hook.remove(0));
        }
        isWithdrawn();
    }

    @Test
    void aSystemProperty() throws Exception {
        left("""
                public static void leave() {
                    System.getProperties().put("demo.state", new State(1));
                    System.getProperties().put("demo.states", new Object[] {"plain", State.class});
                }
                """);
        try {
            assertThat(suspects())
                    .containsExactlyInAnyOrder(
                            "the system property 'demo.state' holds a demo.P$State",
                            "the system property 'demo.states' holds the class demo.P$State in a java.lang.Object[]");
        } finally {
            System.getProperties().keySet().removeAll(Set.of("demo.state", "demo.states"));
        }
        isWithdrawn();
    }

    @Test
    void aMeterRegistry() throws Exception {
        List<Object> registry = new ArrayList<>();
        registry.add(left("""
                static final class Own extends io.micrometer.core.instrument.simple.SimpleMeterRegistry {}
                public static Object leave() {
                    var registry = new Own();
                    io.micrometer.core.instrument.Metrics.addRegistry(registry);
                    return registry;
                }
                """));
        try {
            assertThat(suspects())
                    .containsExactly("a meter registry in Micrometer's Metrics.globalRegistry is a demo.P$Own");
        } finally {
            Metrics.removeRegistry((MeterRegistry) registry.remove(0));
        }
        isWithdrawn();
    }

    @Test
    void whatIsRegisteredWithTheJdk() throws Exception {
        Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
        List<Object> left = new ArrayList<>();
        left.add(left("""
                static final class Lines extends java.util.logging.Handler {
                    @Override public void publish(java.util.logging.LogRecord line) {}
                    @Override public void flush() {}
                    @Override public void close() {}
                }
                static final class Own extends java.security.Provider {
                    Own() { super("demo", "1", ""); }
                }
                public interface BeanMBean {}
                public static final class Bean implements BeanMBean {}
                public static Object leave() throws Exception {
                    Thread.setDefaultUncaughtExceptionHandler((thread, error) -> {});
                    java.security.Security.addProvider(new Own());
                    java.lang.management.ManagementFactory.getPlatformMBeanServer()
                            .registerMBean(new Bean(), new javax.management.ObjectName("demo:type=Bean"));
                    Lines lines = new Lines();
                    java.util.logging.Logger.getLogger("").addHandler(lines);
                    return lines;
                }
                """));
        try {
            assertThat(suspects())
                    .containsExactlyInAnyOrder(
                            "the security provider 'demo' is a demo.P$Own",
                            "a handler of the root logger of java.util.logging is a demo.P$Lines",
                            "the default uncaught exception handler is a lambda of demo.P",
                            "the MBean 'demo:type=Bean' is a demo.P$Bean");
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(before);
            java.security.Security.removeProvider("demo");
            java.lang.management.ManagementFactory.getPlatformMBeanServer()
                    .unregisterMBean(new javax.management.ObjectName("demo:type=Bean"));
            Logger.getLogger("").removeHandler((Handler) left.remove(0));
        }
        isWithdrawn();
    }

    @Test
    void whereJavaLangIsNotOpenTheRestIsFoundStill() throws Exception {
        ClassLoader loader = new ClassLoader() {};
        Thread hook = new Thread(() -> {}, "demo-hook");
        hook.setContextClassLoader(loader);
        Runtime.getRuntime().addShutdownHook(hook);
        System.getProperties().put("demo.loader", loader);
        try {
            String property = "the system property 'demo.loader' holds the plugin's class loader";
            assertThat(LeakSuspects.of(loader)).containsExactly("a shutdown hook: thread 'demo-hook'", property);
            assertThat(LeakSuspects.of(loader, new ThreadInsides(field -> false)))
                    .containsExactly(property);
        } finally {
            System.getProperties().remove("demo.loader");
            Runtime.getRuntime().removeShutdownHook(hook);
        }
    }

    @Test
    void theFirstTwentyAreNamedAndTheRestCounted() {
        ClassLoader loader = new ClassLoader() {};
        List<String> keys =
                IntStream.range(0, 23).mapToObj(i -> "demo.loader." + i).toList();
        keys.forEach(key -> System.getProperties().put(key, loader));
        try {
            assertThat(LeakSuspects.of(loader)).hasSize(21).last().isEqualTo("and 3 more");
        } finally {
            keys.forEach(System.getProperties()::remove);
        }
    }
}
