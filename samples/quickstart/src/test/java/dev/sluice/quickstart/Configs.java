package dev.sluice.quickstart;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The quickstart's config, on ports that are free. */
final class Configs {
    private Configs() {}

    /** A copy of it in that directory. */
    static Path quickstart(Path directory) throws IOException {
        String yaml = Files.readString(Distribution.file("samples/quickstart/sluice.yaml"));
        String free = yaml.replace("port: 8080", "port: 0");
        if (free.equals(yaml)) {
            throw new IllegalStateException("the quickstart's config does not listen on 8080 any more");
        }
        return Files.writeString(directory.resolve("sluice.yaml"), free + "admin: { port: 0 }\n");
    }
}
