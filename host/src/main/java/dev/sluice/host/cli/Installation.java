package dev.sluice.host.cli;

import dev.sluice.host.config.Config.Plugins;
import dev.sluice.host.config.ConfigLoader;
import dev.sluice.host.plugin.PluginCatalog;
import dev.sluice.host.plugin.PluginGeneration;
import dev.sluice.host.plugin.PluginLoader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The options that every command shares, and what they lead to: the config file and the plugins it asks for. Closing it
 * unloads the plugins. Not thread-safe.
 */
final class Installation implements AutoCloseable {
    /** Set by bin/sluice to the distribution's directory. */
    private static final String HOME = "sluice.home";

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            defaultValue = "sluice.yaml",
            description = "The config file (default: ${DEFAULT-VALUE}).")
    private Path file = Path.of("sluice.yaml");

    private PluginCatalog catalog = PluginCatalog.empty();
    private @Nullable Path work;

    /** The config file, as the operator named it. */
    Path file() {
        return file;
    }

    /** Reads the config, against the plugins that it asks for. */
    ConfigLoader.Result config() {
        return loader().load(file, this::load);
    }

    /** The plugins that the config asks for; the distribution's own where there is no config that can be read. */
    PluginCatalog catalog() {
        if (Files.exists(file)) {
            config();
        }
        return work == null ? load(new Plugins(standardPlugins(), List.of())) : catalog;
    }

    /** The plugins that were loaded for the config. */
    PluginCatalog loaded() {
        return catalog;
    }

    /** The jars that were refused. */
    List<PluginCatalog.Refused> refused() {
        return catalog.refused();
    }

    private ConfigLoader loader() {
        return new ConfigLoader(standardPlugins());
    }

    private Path standardPlugins() {
        String home = System.getProperty(HOME);
        return home == null ? file.resolveSibling("plugins") : Path.of(home, "plugins");
    }

    private PluginCatalog load(Plugins plugins) {
        try {
            Path directory = Files.createTempDirectory("sluice-plugins-");
            work = directory;
            catalog = new PluginLoader(directory, plugins.trust()).load(plugins.dir());
            return catalog;
        } catch (IOException e) {
            throw new UncheckedIOException("no temporary directory for plugins", e);
        }
    }

    @Override
    public void close() throws Exception {
        for (PluginGeneration generation : catalog.generations()) {
            generation.close();
        }
        if (work != null) {
            try (Stream<Path> files = Files.walk(work)) {
                for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }
}
