package dev.sluice.host.plugin;

import java.io.IOException;
import java.net.URL;
import java.util.Enumeration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pf4j.PluginClassLoader;
import org.pf4j.PluginDescriptor;
import org.pf4j.PluginManager;

/**
 * Loads one generation's classes: the plugin API and what it speaks of from the host, the JDK's from the JDK, anything
 * else from the jar alone. So a plugin may bring any library in any version, and sees nothing of the host.
 */
final class GenerationClassLoader extends PluginClassLoader {
    private static final List<String> FROM_HOST = List.of(
            "dev.sluice.api.",
            "org.pf4j.",
            "com.fasterxml.jackson.core.",
            "com.fasterxml.jackson.databind.",
            "com.fasterxml.jackson.annotation.",
            "io.micrometer.core.",
            "io.micrometer.common.",
            "org.slf4j.",
            "org.jspecify.");
    private static final List<String> JDK_FIRST = List.of("java.", "javax.", "jdk.");

    GenerationClassLoader(PluginManager manager, PluginDescriptor descriptor, ClassLoader host) {
        super(manager, descriptor, host);
    }

    @Override
    public Class<?> loadClass(String name) throws ClassNotFoundException {
        synchronized (getClassLoadingLock(name)) {
            if (FROM_HOST.stream().anyMatch(name::startsWith)) {
                return getParent().loadClass(name);
            }
            boolean jdkFirst = JDK_FIRST.stream().anyMatch(name::startsWith);
            Class<?> found = jdkFirst ? ofJdk(name) : own(name);
            if (found == null) {
                found = jdkFirst ? own(name) : ofJdk(name);
            }
            if (found == null) {
                throw new ClassNotFoundException(name + " is neither in the plugin's jar nor in the plugin API");
            }
            return found;
        }
    }

    private @Nullable Class<?> own(String name) {
        Class<?> loaded = findLoadedClass(name);
        try {
            return loaded == null ? findClass(name) : loaded;
        } catch (ClassNotFoundException e) {
            return null;
        }
    }

    private static @Nullable Class<?> ofJdk(String name) {
        try {
            return getPlatformClassLoader().loadClass(name);
        } catch (ClassNotFoundException e) {
            return null;
        }
    }

    /** Whether a class of this name was loaded from the jar; loads none. */
    boolean defines(String className) {
        Class<?> loaded = findLoadedClass(className);
        // The JVM also finds here what was only asked of this loader, such as classes of the API.
        return loaded != null && loaded.getClassLoader() == this;
    }

    /** The jar's own, or the JDK's; never the host's. */
    @Override
    public @Nullable URL getResource(String name) {
        URL own = findResource(name);
        return own == null ? getPlatformClassLoader().getResource(name) : own;
    }

    /** The jar's own; never the host's, whose services are not the plugin's. */
    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
        return findResources(name);
    }
}
