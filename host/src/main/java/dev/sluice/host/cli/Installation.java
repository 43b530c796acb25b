package dev.sluice.host.cli;

import dev.sluice.host.Sources;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The options that every command shares, and the sources they lead to, which are closed with it. Not thread-safe.
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

    private @Nullable Sources sources;

    /** The config file, as the operator named it. */
    Path file() {
        return file;
    }

    /** The config file and the plugins it asks for. */
    Sources sources() {
        Sources made = sources;
        if (made == null) {
            String home = System.getProperty(HOME);
            Path standard = home == null ? file.resolveSibling("plugins") : Path.of(home, "plugins");
            made = new Sources(file, standard, List.of());
            sources = made;
        }
        return made;
    }

    @Override
    public void close() {
        if (sources != null) {
            sources.close();
        }
    }
}
