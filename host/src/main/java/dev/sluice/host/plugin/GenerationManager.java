package dev.sluice.host.plugin;

import com.fasterxml.jackson.databind.type.TypeFactory;
import dev.sluice.api.FilterPlugin;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pf4j.JarPluginLoader;
import org.pf4j.JarPluginManager;
import org.pf4j.PluginClassLoader;
import org.pf4j.PluginDescriptor;

/** PF4J's manager of one jar, which loads its classes through a {@link GenerationClassLoader}. */
final class GenerationManager extends JarPluginManager {
    private final Path jar;
    private @Nullable String id;

    GenerationManager(Path jar, String apiVersion) {
        super(jar.toAbsolutePath().getParent());
        this.jar = jar;
        setSystemVersion(apiVersion);
    }

    @Override
    protected org.pf4j.PluginLoader createPluginLoader() {
        return new JarPluginLoader(this) {
            @Override
            protected PluginClassLoader createPluginClassLoader(Path path, PluginDescriptor descriptor) {
                return new GenerationClassLoader(pluginManager, descriptor, GenerationManager.class.getClassLoader());
            }
        };
    }

    /** Loads the jar and makes its extensions. */
    List<FilterPlugin<?>> plugins() throws RefusedException {
        Set<String> names;
        ClassLoader loader;
        try {
            id = loadPlugin(jar);
            names = getExtensionClassNames(id);
            loader = getPluginClassLoader(id);
        } catch (Throwable e) {
            throw new RefusedException("it cannot be loaded: " + RefusedException.what(e), e);
        }
        if (names.isEmpty()) {
            throw new RefusedException("it has no filters: annotate a FilterPlugin with @Extension, and build it with"
                    + " PF4J's annotation processor");
        }
        List<FilterPlugin<?>> plugins = new ArrayList<>();
        for (String name : names.stream().sorted().toList()) {
            plugins.add(plugin(name, loader));
        }
        return plugins;
    }

    /** What its static initialisers and constructors throw, errors included, must not get further than this jar. */
    private static FilterPlugin<?> plugin(String name, ClassLoader loader) throws RefusedException {
        Object extension;
        try {
            extension =
                    Class.forName(name, true, loader).getDeclaredConstructor().newInstance();
        } catch (ClassNotFoundException e) {
            throw new RefusedException(
                    "its extensions.idx names " + name + ", which it does not hold: build it anew", e);
        } catch (NoSuchMethodException e) {
            throw new RefusedException("its " + name + " has no public constructor without parameters", e);
        } catch (Throwable e) {
            throw new RefusedException("its " + name + " cannot be made: " + RefusedException.what(e), e);
        }
        if (extension instanceof FilterPlugin<?> plugin) {
            return plugin;
        }
        throw new RefusedException("its extension " + name + " is not a FilterPlugin");
    }

    /** A resource of the jar; null if it has none of that name. */
    @Nullable
    InputStream resource(String name) {
        return getPluginClassLoader(id).getResourceAsStream(name);
    }

    /** Closes its class loader, and gives it; again, or if it was never loaded: null. */
    @Nullable
    ClassLoader unload() {
        String loaded = id;
        if (loaded == null) {
            return null;
        }
        ClassLoader loader = getPluginClassLoader(loaded);
        id = null;
        unloadPlugin(loaded);
        // Mappers of the host and of all plugins share this cache by default, and it holds the classes they mapped.
        TypeFactory.defaultInstance().clearCache();
        return loader;
    }
}
