package dev.sluice.bench.compare;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import redis.embedded.core.ExecutableProvider;

/** Unpacks the Redis that comes with the test kit. */
public final class RedisBinary {
    private RedisBinary() {}

    /** Takes the path of the file it is to become. */
    public static void main(String[] args) throws IOException {
        // Unpacked, it lasts as long as this process.
        File unpacked = ExecutableProvider.newJarResourceProvider().get();
        Path copy = Files.copy(unpacked.toPath(), Path.of(args[0]));
        if (!copy.toFile().setExecutable(true)) {
            throw new IOException(copy + " cannot be made executable");
        }
    }
}
