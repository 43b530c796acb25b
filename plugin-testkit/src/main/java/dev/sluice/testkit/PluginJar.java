package dev.sluice.testkit;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;

/**
 * A plugin's jar, made in its own tests out of its compiled classes and the libraries that it bundles: for a test that
 * swaps one generation for another.
 */
public final class PluginJar {
    private final String id;
    private final List<Class<?>> parts;

    private PluginJar(String id, List<Class<?>> parts) {
        this.id = id;
        this.parts = parts;
    }

    /**
     * A jar of everything that lies where these classes come from, a directory or a jar each.
     *
     * @param id the plugin's id
     */
    public static PluginJar of(String id, Class<?>... parts) {
        return new PluginJar(id, List.of(parts));
    }

    /** Writes it to a file that is not there yet or is replaced; another build makes other bytes, and so another generation. */
    public Path write(Path file, String build) {
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue("Plugin-Id", id);
        main.putValue("Plugin-Version", "0.1.0");
        main.putValue("Plugin-Requires", ">=0.1.0 & <0.2.0");
        main.putValue("State-Version", "1");
        Path near = file.resolveSibling("." + file.getFileName());
        Set<String> written = new HashSet<>();
        try {
            try (OutputStream out = Files.newOutputStream(near);
                    JarOutputStream jar = new JarOutputStream(out, manifest)) {
                for (Class<?> part : parts) {
                    Path place = Path.of(part.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI());
                    if (Files.isDirectory(place)) {
                        directory(place, jar, written);
                    } else {
                        jar(place, jar, written);
                    }
                }
                add("build.txt", build.getBytes(StandardCharsets.UTF_8), jar, written);
            }
            return Files.move(
                    near,
                    file,
                    java.nio.file.StandardCopyOption.ATOMIC_MOVE,
                    java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void directory(Path place, JarOutputStream jar, Set<String> written) throws IOException {
        try (Stream<Path> files = Files.walk(place)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                String name = place.relativize(file).toString().replace('\\', '/');
                add(name, Files.readAllBytes(file), jar, written);
            }
        }
    }

    private static void jar(Path place, JarOutputStream jar, Set<String> written) throws IOException {
        try (JarFile from = new JarFile(place.toFile())) {
            Enumeration<JarEntry> entries = from.entries();
            while (entries.hasMoreElements()) {
                JarEntry entry = entries.nextElement();
                if (entry.getName().endsWith(".class") && !entry.getName().startsWith("META-INF/")) {
                    add(entry.getName(), from.getInputStream(entry).readAllBytes(), jar, written);
                }
            }
        }
    }

    private static void add(String name, byte[] bytes, JarOutputStream jar, Set<String> written) throws IOException {
        if (written.add(name)) {
            jar.putNextEntry(new JarEntry(name));
            jar.write(bytes);
            jar.closeEntry();
        }
    }
}
