package dev.sluice.host.cli;

import dev.sluice.host.Gateway;
import dev.sluice.host.Gateway.StartException;
import dev.sluice.host.config.Config;
import dev.sluice.host.log.Logs;
import java.io.PrintWriter;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sluice run}: the gateway, until a signal ends it. */
@Command(
        name = "run",
        description = "Starts the gateway; SIGTERM or Ctrl-C lets what is under way finish. Exits with 1 if the config"
                + " has problems.",
        mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {
    @Mixin
    private final Installation installation = new Installation();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws Exception {
        PrintWriter err = spec.commandLine().getErr();
        Gateway gateway;
        try {
            gateway = Gateway.start(installation.sources());
        } catch (StartException e) {
            e.problems().forEach(err::println);
            return 1;
        }
        log(gateway);
        gateway.catalog().refused().forEach(jar -> err.println("refused: " + jar.jar() + ": " + jar.reason()));
        // Before the greeting: who reads that may send a signal at once.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(gateway), "sluice-shutdown"));
        PrintWriter out = spec.commandLine().getOut();
        out.print(Greeting.of(gateway));
        out.flush();
        // Signals end the process through the hook; nothing else counts this down.
        new CountDownLatch(1).await();
        return 0;
    }

    private static void log(Gateway gateway) {
        Config config =
                Objects.requireNonNull(gateway.snapshot(), "nothing serves").config();
        Logs.accessLog(config.accessLog(), config.file());
    }

    private static void stop(Gateway gateway) {
        boolean whole = gateway.shutdown();
        Logs.flush();
        // A graceful end is a success; left to itself the JVM would report the signal.
        Runtime.getRuntime().halt(whole ? 0 : 1);
    }
}
