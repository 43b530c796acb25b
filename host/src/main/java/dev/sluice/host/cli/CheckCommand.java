package dev.sluice.host.cli;

import dev.sluice.host.config.Config;
import dev.sluice.host.config.Config.RouteConfig;
import dev.sluice.host.config.ConfigLoader.Broken;
import dev.sluice.host.config.ConfigLoader.Loaded;
import dev.sluice.host.config.ConfigLoader.Result;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sluice check}: everything that would keep the gateway from starting, at once. */
@Command(
        name = "check",
        description = "Checks the config and the plugins it names; opens nothing. Exits with 1 if it finds problems.",
        mixinStandardHelpOptions = true)
final class CheckCommand implements Callable<Integer> {
    @Mixin
    private final Installation installation = new Installation();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws Exception {
        try (installation) {
            Result result = installation.sources().read();
            if (result instanceof Loaded loaded) {
                spec.commandLine().getOut().println(summary(loaded.config()));
                return 0;
            }
            PrintWriter err = spec.commandLine().getErr();
            ((Broken) result).problems().forEach(err::println);
            return 1;
        }
    }

    private String summary(Config config) {
        int filters = config.filters().size()
                + config.routes().stream()
                        .map(RouteConfig::filters)
                        .mapToInt(List::size)
                        .sum();
        return installation.file() + " is right: " + count(config.routes().size(), "route") + ", "
                + count(filters, "filter") + ", " + count(config.providers().size(), "provider");
    }

    private static String count(int number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }
}
