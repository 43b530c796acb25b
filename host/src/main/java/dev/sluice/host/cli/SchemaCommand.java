package dev.sluice.host.cli;

import dev.sluice.host.config.ConfigSchema;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sluice schema}: what an editor needs to complete and underline sluice.yaml. */
@Command(
        name = "schema",
        description = "Prints the JSON Schema of sluice.yaml, with every installed filter in it.",
        mixinStandardHelpOptions = true)
final class SchemaCommand implements Callable<Integer> {
    @Mixin
    private final Installation installation = new Installation();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws Exception {
        try (installation) {
            spec.commandLine()
                    .getOut()
                    .println(ConfigSchema.of(installation.sources().catalogOrStandard())
                            .toPrettyString());
            return 0;
        }
    }
}
