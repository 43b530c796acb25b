package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarFile;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PluginJarTest {
    @TempDir
    Path directory;

    @Test
    void aJarHoldsTheClassesOfADirectoryAndOfALibrary() throws Exception {
        PluginJar made = PluginJar.of("mine", PluginJarTest.class, Assertions.class);
        Path jar = made.write(directory.resolve("mine.jar"), "one");
        byte[] first = Files.readAllBytes(jar);
        try (JarFile opened = new JarFile(jar.toFile())) {
            assertThat(opened.getManifest().getMainAttributes().getValue("Plugin-Id"))
                    .isEqualTo("mine");
            assertThat(opened.getEntry("dev/sluice/testkit/PluginJarTest.class"))
                    .isNotNull();
            assertThat(opened.getEntry("org/assertj/core/api/Assertions.class")).isNotNull();
        }
        assertThat(Files.readAllBytes(made.write(jar, "two"))).isNotEqualTo(first);
    }
}
