package dev.sluice.host;

import dev.sluice.api.FilterPlugin;
import dev.sluice.host.config.Config.Plugins;
import dev.sluice.host.config.ConfigLoader;
import dev.sluice.host.plugin.LeakWatch;
import dev.sluice.host.plugin.PluginCatalog;
import dev.sluice.host.plugin.PluginGeneration;
import dev.sluice.host.plugin.PluginLoader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a gateway is made from: its config file with what that includes, and the plugins it asks for; read anew whenever
 * they have changed. Closing it unloads the plugins. Not thread-safe.
 */
public final class Sources implements AutoCloseable {

    /** How long an unloaded generation may wait for a collection before one is asked for. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Path file;
    private final Path standardPlugins;
    private final ConfigLoader loader;
    private final PluginCatalog classPath;
    private final LeakWatch leaks = new LeakWatch(PATIENCE);
    private PluginCatalog catalog = PluginCatalog.empty();
    private Path pluginDirectory;
    private @Nullable Path work;
    private @Nullable PluginLoader plugins;

    /**
     * The sources of a gateway; nothing is read yet.
     *
     * @param file the config file
     * @param standardPlugins the directory of plugins where the file names none
     * @param onClassPath filters beside those of jars
     */
    public Sources(Path file, Path standardPlugins, List<FilterPlugin<?>> onClassPath) {
        this.file = file;
        this.standardPlugins = standardPlugins;
        this.pluginDirectory = standardPlugins;
        this.loader = new ConfigLoader(standardPlugins);
        this.classPath = onClassPath.isEmpty() ? PluginCatalog.empty() : PluginCatalog.of(onClassPath);
    }

    /** The config file, as the operator named it. */
    public Path file() {
        return file;
    }

    /**
     * Reads the config, against the plugins that it asks for as they are now.
     *
     * @param serving generations in use, which stay where their jar is gone or refused
     */
    ConfigLoader.Result read(Collection<PluginGeneration> serving) {
        return loader.load(file, asked -> load(asked, serving));
    }

    /** Reads everything for the first time. */
    public ConfigLoader.Result read() {
        return read(List.of());
    }

    /** Reads the config against exactly these plugins. */
    ConfigLoader.Result read(PluginCatalog against) {
        return loader.load(file, against);
    }

    /** The plugins of the last reading. */
    public PluginCatalog catalog() {
        return catalog;
    }

    /** The plugins that the config asks for; the standard ones where there is no config that can be read. */
    public PluginCatalog catalogOrStandard() {
        if (Files.exists(file)) {
            read();
        }
        return plugins == null ? load(new Plugins(standardPlugins, List.of()), List.of()) : catalog;
    }

    /** The directories in which jars were last looked for. */
    Set<Path> directories() {
        return Set.of(pluginDirectory.toAbsolutePath());
    }

    /** What has become of unloaded generations. */
    LeakWatch leaks() {
        return leaks;
    }

    private PluginCatalog load(Plugins asked, Collection<PluginGeneration> serving) {
        pluginDirectory = asked.dir();
        catalog = loader().load(asked.dir(), asked.trust(), serving).with(classPath);
        return catalog;
    }

    private PluginLoader loader() {
        PluginLoader made = plugins;
        if (made == null) {
            try {
                Path directory = Files.createTempDirectory("sluice-plugins-");
                work = directory;
                made = new PluginLoader(directory, leaks);
                plugins = made;
            } catch (IOException e) {
                throw new UncheckedIOException("no temporary directory for plugins", e);
            }
        }
        return made;
    }

    /** The catalog without those whose jar is gone and that serve no longer. */
    PluginCatalog lettingGo(PluginCatalog of, Collection<PluginGeneration> serving) {
        return loader().lettingGo(of, serving);
    }

    /** Says that the one catalog has taken the place of the other. */
    void published(PluginCatalog before, PluginCatalog now) {
        loader().published(before, now);
    }

    /** Lets the next reading go back to the generation that was there before; false: there is none. */
    boolean rollBack(String plugin, PluginCatalog now) {
        return loader().rollBack(plugin, now);
    }

    void forgetRollBack(String plugin) {
        loader().forgetRollBack(plugin);
    }

    /** The plugins for which an operator went back to a generation that does not lie in the directory any more. */
    Set<PluginGeneration> rolledBack(PluginCatalog now) {
        return now.generations().stream().filter(loader()::isRollback).collect(Collectors.toUnmodifiableSet());
    }

    /** Forgets all plugins but these, and unloads what nobody holds. */
    void sweep(PluginCatalog serving) {
        catalog = serving;
        if (plugins != null) {
            plugins.sweep();
        }
    }

    @Override
    public void close() {
        if (plugins != null) {
            plugins.close();
        }
        Path directory = work;
        if (directory != null) {
            work = null;
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            } catch (IOException e) {
                throw new UncheckedIOException("the copies of plugins in " + directory + " cannot be deleted", e);
            }
        }
    }
}
