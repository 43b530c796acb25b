package dev.sluice.host.plugin;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.core.ObjectCodec;
import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.api.FilterPlugin;
import io.micrometer.common.KeyValue;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.pf4j.ExtensionPoint;
import org.slf4j.Logger;

/** Builds plugin jars of source text, good ones and bad ones. */
public final class TestJar {
    private final Map<String, String> manifest = new LinkedHashMap<>();
    private final Map<String, String> sources = new LinkedHashMap<>();
    private final Map<String, byte[]> entries = new LinkedHashMap<>();
    private final List<String> extensions = new ArrayList<>();

    private TestJar() {}

    /** A jar with a right manifest and nothing else. */
    public static TestJar of(String id, String version) {
        return new TestJar()
                .manifest("Plugin-Id", id)
                .manifest("Plugin-Version", version)
                .manifest("Plugin-Requires", ">=0.1.0 & <0.2.0")
                .manifest("State-Version", "3");
    }

    /** A jar with one filter of an empty config. */
    public static TestJar withFilter(String id, String version, String filter) {
        return of(id, version).filter("demo.P", filter, "");
    }

    /** Loads what lies in a directory, trusting all of it; private copies go below it. */
    public static PluginCatalog load(Path directory) {
        return new PluginLoader(directory.resolve("work"), new LeakWatch(Duration.ofSeconds(30)))
                .load(directory, List.of(), List.of());
    }

    /** Sets a manifest attribute; null removes it. */
    public TestJar manifest(String name, String value) {
        if (value == null) {
            manifest.remove(name);
        } else {
            manifest.put(name, value);
        }
        return this;
    }

    /** Adds a filter with this record as config, given as its components. */
    public TestJar filter(String type, String filter, String components) {
        return filter(type, filter, components, "");
    }

    /** The same, with further members of the class. */
    public TestJar filter(String type, String filter, String components, String members) {
        String simple = type.substring(type.lastIndexOf('.') + 1);
        extensions.add(type);
        return source(type, """
                package %s;
                public class %s implements dev.sluice.api.FilterPlugin<%s.Config> {
                    public record Config(%s) {}
                    public String name() { return "%s"; }
                    public Class<Config> configType() { return Config.class; }
                    public dev.sluice.api.FilterFactory open(Config config, dev.sluice.api.Scope scope) {
                        return exchange -> dev.sluice.api.Filter.PASS;
                    }
                    %s
                }
                """.formatted(
                        type.substring(0, type.lastIndexOf('.')), simple, simple, components, filter, members));
    }

    public TestJar source(String type, String code) {
        sources.put(type, code);
        return this;
    }

    public TestJar extension(String type) {
        extensions.add(type);
        return this;
    }

    public TestJar descriptor(String filter, String json) {
        return entry(DescriptorReader.resource(filter), json.getBytes(StandardCharsets.UTF_8));
    }

    public TestJar entry(String name, byte[] bytes) {
        entries.put(name, bytes);
        return this;
    }

    /** Writes the jar. */
    public Path write(Path file) {
        Manifest written = new Manifest();
        written.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.forEach((name, value) -> written.getMainAttributes().putValue(name, value));
        try {
            Files.createDirectories(file.getParent());
            try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(file), written)) {
                for (Map.Entry<String, byte[]> entry : all().entrySet()) {
                    jar.putNextEntry(new JarEntry(entry.getKey()));
                    jar.write(entry.getValue());
                }
            }
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Map<String, byte[]> all() {
        Map<String, byte[]> all = compiled(sources);
        all.putAll(entries);
        if (!extensions.isEmpty()) {
            all.put("META-INF/extensions.idx", String.join("\n", extensions).getBytes(StandardCharsets.UTF_8));
        }
        return all;
    }

    /** Class files by entry name. */
    public static Map<String, byte[]> compiled(Map<String, String> sources) {
        Map<String, ByteArrayOutputStream> classes = new LinkedHashMap<>();
        if (!sources.isEmpty()) {
            JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
            JavaFileManager manager =
                    new ForwardingJavaFileManager<>(
                            compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
                        @Override
                        public JavaFileObject getJavaFileForOutput(
                                Location location, String name, JavaFileObject.Kind kind, FileObject sibling) {
                            return new SimpleJavaFileObject(URI.create("mem:///" + name), kind) {
                                @Override
                                public OutputStream openOutputStream() {
                                    return classes.computeIfAbsent(
                                            name.replace('.', '/') + ".class", key -> new ByteArrayOutputStream());
                                }
                            };
                        }
                    };
            List<JavaFileObject> units = new ArrayList<>();
            sources.forEach((type, code) -> units.add(
                    new SimpleJavaFileObject(
                            URI.create("mem:///" + type.replace('.', '/') + ".java"), JavaFileObject.Kind.SOURCE) {
                        @Override
                        public CharSequence getCharContent(boolean ignoreErrors) {
                            return code;
                        }
                    }));
            List<String> options = List.of("-proc:none", "--release", "17", "-classpath", classPath());
            if (!compiler.getTask(null, manager, null, options, null, units).call()) {
                throw new IllegalArgumentException("does not compile: " + sources);
            }
        }
        Map<String, byte[]> bytes = new LinkedHashMap<>();
        classes.forEach((name, out) -> bytes.put(name, out.toByteArray()));
        return bytes;
    }

    private static String classPath() {
        return Stream.of(
                        FilterPlugin.class,
                        ExtensionPoint.class,
                        JsonNode.class,
                        ObjectCodec.class,
                        JsonFormat.class,
                        MeterRegistry.class,
                        KeyValue.class,
                        Logger.class)
                .map(TestJar::location)
                .collect(Collectors.joining(java.io.File.pathSeparator));
    }

    private static String location(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString();
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }
}
