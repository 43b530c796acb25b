package dev.sluice.host.cli;

import dev.sluice.host.plugin.InstalledFilter;
import dev.sluice.host.plugin.PluginCatalog;
import dev.sluice.host.plugin.PluginGeneration;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sluice plugins}: what is installed, and what was refused and why. */
@Command(
        name = "plugins",
        description = "Lists the installed plugins, and the jars that were refused.",
        mixinStandardHelpOptions = true)
final class PluginsCommand implements Callable<Integer> {
    private static final int SHOWN_OF_SHA = 12;

    @Mixin
    private final Installation installation = new Installation();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws Exception {
        try (installation) {
            PluginCatalog catalog = installation.sources().catalogOrStandard();
            PrintWriter out = spec.commandLine().getOut();
            List<List<String>> rows = new ArrayList<>();
            rows.add(List.of("ID", "VERSION", "API", "SHA-256", "FILTERS"));
            catalog.generations().forEach(generation -> rows.add(row(generation)));
            table(rows, out);
            catalog.refused().forEach(jar -> out.println("refused: " + jar.jar() + ": " + jar.reason()));
            return 0;
        }
    }

    private static List<String> row(PluginGeneration generation) {
        List<String> filters =
                generation.filters().stream().map(InstalledFilter::name).toList();
        return List.of(
                generation.id(),
                generation.version(),
                generation.apiRange(),
                generation.sha256().substring(0, SHOWN_OF_SHA),
                String.join(", ", filters));
    }

    private static void table(List<List<String>> rows, PrintWriter out) {
        int columns = rows.get(0).size();
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < columns; i++) {
                line.append(row.get(i))
                        .append(" ".repeat(widths[i] + 2 - row.get(i).length()));
            }
            out.println(line.toString().stripTrailing());
        }
    }
}
