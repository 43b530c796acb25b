package dev.sluice.host.plugin;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Metrics;
import java.lang.Thread.UncaughtExceptionHandler;
import java.security.Provider;
import java.security.Security;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.logging.Handler;
import java.util.stream.Stream;
import javax.management.InstanceNotFoundException;
import javax.management.MBeanServer;
import javax.management.MBeanServerFactory;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks where plugins usually leave something behind, threads and the registries of the JDK and of Micrometer, for
 * whatever holds classes of one loader. What holds them by longer ways is not found.
 *
 * <p>Frames are told by the name of their class, so a thread of a newer generation of the plugin may be named, too.
 */
final class LeakSuspects {
    private static final Logger LOG = LoggerFactory.getLogger(LeakSuspects.class);
    private static final int MOST = 20;
    private static final int MOST_ELEMENTS = 10_000;

    private final ClassLoader loader;
    private final ThreadInsides insides;
    private final Set<String> found = new LinkedHashSet<>();

    private LeakSuspects(ClassLoader loader, ThreadInsides insides) {
        this.loader = loader;
        this.insides = insides;
    }

    /** A sentence for each thing found; empty if none was. Never fails; keeps nothing of the loader. */
    static List<String> of(ClassLoader loader) {
        return of(loader, new ThreadInsides());
    }

    static List<String> of(ClassLoader loader, ThreadInsides insides) {
        return new LeakSuspects(loader, insides).find();
    }

    private List<String> find() {
        List<Runnable> places = List.of(
                this::threads,
                this::shutdownHooks,
                this::systemProperties,
                this::securityProviders,
                this::logHandlers,
                this::uncaughtExceptionHandler,
                this::managedBeans,
                this::meterRegistries);
        for (Runnable place : places) {
            try {
                place.run();
            } catch (RuntimeException | LinkageError e) {
                LOG.debug("a place could not be searched for what holds a plugin", e);
            }
        }
        if (found.size() <= MOST) {
            return List.copyOf(found);
        }
        List<String> most = new ArrayList<>(found.stream().limit(MOST).toList());
        most.add("and " + (found.size() - MOST) + " more");
        return List.copyOf(most);
    }

    private void threads() {
        Thread.getAllStackTraces().forEach((thread, stack) -> {
            String name = "thread '" + thread.getName() + "'";
            boolean runs = runs(name, thread, stack);
            if (thread.getContextClassLoader() == loader) {
                found.add("the context class loader of " + name + " is the plugin's");
                runs = true;
            }
            if (!runs && insides.createdBy(loader, thread)) {
                found.add(name + " was created by code of the plugin");
            }
            add("the uncaught exception handler of " + name + " is ", what(thread.getUncaughtExceptionHandler()));
            locals(name, thread);
        });
    }

    private boolean runs(String name, Thread thread, StackTraceElement[] stack) {
        String frame = outermost(stack);
        if (frame != null) {
            return found.add(name + " runs " + frame);
        }
        return add(name + " is ", what(thread)) || add(name + " was made to run ", what(insides.task(thread)));
    }

    private @Nullable String outermost(StackTraceElement[] stack) {
        if (loader instanceof GenerationClassLoader generation) {
            for (int i = stack.length - 1; i >= 0; i--) {
                if (generation.defines(stack[i].getClassName())) {
                    return stack[i].getClassName() + "." + stack[i].getMethodName();
                }
            }
        }
        return null;
    }

    private void locals(String name, Thread thread) {
        for (ThreadInsides.Local local : insides.locals(thread)) {
            if (!add("a thread local of " + name + " holds ", whatIn(local.value()))) {
                String type = local.value().getClass().getTypeName();
                add(name + " holds a " + type + " in a thread local that is ", what(local.local()));
            }
        }
    }

    private void shutdownHooks() {
        for (Thread hook : insides.shutdownHooks()) {
            if (what(hook) != null
                    || what(insides.task(hook)) != null
                    || hook.getContextClassLoader() == loader
                    || insides.createdBy(loader, hook)) {
                found.add("a shutdown hook: thread '" + hook.getName() + "'");
            }
        }
    }

    private void systemProperties() {
        Map<Object, Object> properties = System.getProperties();
        properties.forEach((key, value) -> {
            if (!add("the key of a system property is ", what(key))) {
                add("the system property '" + key + "' holds ", whatIn(value));
            }
        });
    }

    private void securityProviders() {
        for (Provider provider : Security.getProviders()) {
            add("the security provider '" + provider.getName() + "' is ", what(provider));
        }
    }

    private void logHandlers() {
        for (Handler handler : java.util.logging.Logger.getLogger("").getHandlers()) {
            add("a handler of the root logger of java.util.logging is ", what(handler));
        }
    }

    private void uncaughtExceptionHandler() {
        UncaughtExceptionHandler handler = Thread.getDefaultUncaughtExceptionHandler();
        add("the default uncaught exception handler is ", what(handler));
    }

    private void managedBeans() {
        for (MBeanServer server : MBeanServerFactory.findMBeanServer(null)) {
            for (ObjectName name : server.queryNames(null, null)) {
                try {
                    if (server.getClassLoaderFor(name) == loader) {
                        found.add("the MBean '" + name + "' is "
                                + ofType(server.getObjectInstance(name).getClassName()));
                    }
                } catch (InstanceNotFoundException unregisteredMeanwhile) {
                    LOG.trace("{} is gone", name, unregisteredMeanwhile);
                }
            }
        }
    }

    private void meterRegistries() {
        for (MeterRegistry registry : Metrics.globalRegistry.getRegistries()) {
            add("a meter registry in Micrometer's Metrics.globalRegistry is ", what(registry));
        }
    }

    private boolean add(String sentence, @Nullable String what) {
        if (what == null) {
            return false;
        }
        found.add(sentence + what);
        return true;
    }

    /** What of the loader an object is; null if nothing. */
    private @Nullable String what(@Nullable Object object) {
        if (object == null) {
            return null;
        }
        if (object == loader) {
            return "the plugin's class loader";
        }
        if (object instanceof Class<?> type && type.getClassLoader() == loader) {
            return "the class " + type.getTypeName();
        }
        return object.getClass().getClassLoader() == loader
                ? ofType(object.getClass().getTypeName())
                : null;
    }

    private static String ofType(String type) {
        int lambda = type.indexOf("$$Lambda");
        return lambda < 0 ? "a " + type : "a lambda of " + type.substring(0, lambda);
    }

    /** The same of an object or of what it consists of, where it is an array, a map or another collection of the JDK. */
    private @Nullable String whatIn(@Nullable Object object) {
        String whole = what(object);
        if (whole != null || object == null) {
            return whole;
        }
        try {
            return elements(object)
                    .limit(MOST_ELEMENTS)
                    .map(this::what)
                    .filter(Objects::nonNull)
                    .findFirst()
                    .map(what -> what + " in a " + object.getClass().getTypeName())
                    .orElse(null);
        } catch (RuntimeException changedMeanwhile) {
            return null;
        }
    }

    private static Stream<?> elements(Object object) {
        if (object instanceof Object[] array) {
            return Arrays.stream(array);
        }
        // Others may do anything when they are iterated, and by a thread they do not expect.
        if (object.getClass().getClassLoader() != null) {
            return Stream.empty();
        }
        if (object instanceof Map<?, ?> map) {
            return map.entrySet().stream().flatMap(entry -> Stream.of(entry.getKey(), entry.getValue()));
        }
        return object instanceof Collection<?> collection ? collection.stream() : Stream.empty();
    }
}
