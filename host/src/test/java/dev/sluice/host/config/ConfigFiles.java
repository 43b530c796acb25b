package dev.sluice.host.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.host.config.ConfigLoader.Broken;
import dev.sluice.host.config.ConfigLoader.Loaded;
import dev.sluice.host.config.ConfigLoader.Result;
import dev.sluice.host.plugin.PluginCatalog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Files in a directory of a test, and what comes of loading them. */
final class ConfigFiles {
    final Map<String, String> environment = new HashMap<>();
    PluginCatalog catalog = TestFilters.catalog();

    private final Path directory;

    ConfigFiles(Path directory) {
        this.directory = directory;
    }

    Path write(String name, String text) {
        try {
            Path file = directory.resolve(name);
            Files.createDirectories(file.getParent());
            return Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Result load(String yaml) {
        return load(write("sluice.yaml", yaml));
    }

    Result load(Path file) {
        return new ConfigLoader(directory, environment::get).load(file, catalog);
    }

    Config config(String yaml) {
        Result result = load(yaml);
        assertThat(result).isInstanceOf(Loaded.class);
        return ((Loaded) result).config();
    }

    /** The problems as an operator sees them, without the directory. */
    List<String> problems(String yaml) {
        return problems(write("sluice.yaml", yaml));
    }

    List<String> problems(Path file) {
        Result result = load(file);
        assertThat(result).isInstanceOf(Broken.class);
        return ((Broken) result)
                .problems().stream()
                        .map(problem -> problem.toString().replace(directory + "/", ""))
                        .toList();
    }
}
